import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog, DialogTrigger, Heading, Modal, ModalOverlay, Popover } from "react-aria-components";
import { Button } from "./button";
import styles from "./popup.module.css";

/** A small panel beside what opened it. */
export function Popup({
  trigger,
  label,
  children,
}: {
  trigger: ReactNode;
  label: string;
  children: ReactNode;
}) {
  return (
    <DialogTrigger>
      {trigger}
      <Popover className={styles.popover} offset={6}>
        <Dialog aria-label={label}>{children}</Dialog>
      </Popover>
    </DialogTrigger>
  );
}

interface ModalProps {
  trigger: ReactNode;
  title: string;
  /** At the side of the window instead of its middle. */
  side?: boolean;
  children: ReactNode;
}

export function ModalDialog({ trigger, title, side = false, children }: ModalProps) {
  return (
    <DialogTrigger>
      {trigger}
      <ModalOverlay className={side ? styles.sheetOverlay : styles.overlay} isDismissable>
        <Modal className={side ? styles.sheet : styles.modal}>
          <Dialog className={styles.dialog}>
            <header>
              <Heading slot="title" level={2}>
                {title}
              </Heading>
              <Button slot="close" variant="ghost" size="small" icon aria-label="Close">
                <X size={16} aria-hidden />
              </Button>
            </header>
            {children}
          </Dialog>
        </Modal>
      </ModalOverlay>
    </DialogTrigger>
  );
}
