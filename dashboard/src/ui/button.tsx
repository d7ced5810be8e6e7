import { Button as AriaButton, type ButtonProps as AriaButtonProps } from "react-aria-components";
import styles from "./button.module.css";

interface Look {
  variant?: "default" | "primary" | "danger" | "ghost";
  size?: "medium" | "small";
  /** Holds an icon only; needs an `aria-label`. */
  icon?: boolean;
}

export interface ButtonProps extends Omit<AriaButtonProps, "className" | "style">, Look {
  /** The single-key shortcut that does the same, shown to assistive technology. */
  shortcut?: string | undefined;
}

export function Button({ variant, size, icon, shortcut, ...props }: ButtonProps) {
  return (
    <AriaButton
      {...props}
      {...(shortcut ? { "aria-keyshortcuts": shortcut } : {})}
      className={buttonClass({ variant, size, icon })}
    />
  );
}

/** For links that look like buttons. */
export function buttonClass({
  variant = "default",
  size = "medium",
  icon = false,
}: { [K in keyof Look]?: Look[K] | undefined }): string {
  const names = [styles.button];
  if (variant !== "default") names.push(styles[variant]);
  if (size === "small") names.push(styles.small);
  if (icon) names.push(styles.icon);
  return names.join(" ");
}
