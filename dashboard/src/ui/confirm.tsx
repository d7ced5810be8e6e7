import type { ReactNode } from "react";
import { Button, type ButtonProps } from "./button";
import styles from "./confirm.module.css";
import { ModalDialog } from "./popup";

interface Props {
  trigger: ReactNode;
  title: string;
  /** What will be lost, in a sentence. */
  children: ReactNode;
  /** The word on the button that does it. */
  action: string;
  variant?: ButtonProps["variant"];
  onConfirm: () => void;
}

/** Asks once more before something that cannot be taken back. */
export function Confirm({ trigger, title, children, action, variant = "danger", onConfirm }: Props) {
  return (
    <ModalDialog trigger={trigger} title={title}>
      <p className={styles.text}>{children}</p>
      <div className={styles.buttons}>
        <Button slot="close" variant={variant} onPress={onConfirm}>
          {action}
        </Button>
        <Button slot="close" variant="ghost" autoFocus>
          Leave it
        </Button>
      </div>
    </ModalDialog>
  );
}
