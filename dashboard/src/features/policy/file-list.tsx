import type { ReactNode } from "react";
import styles from "./policy-page.module.css";

/** Files of rules as a list to choose from. */
export function FileList({ label, children }: { label: string; children: ReactNode }) {
  return (
    <nav className={styles.files} aria-label={label}>
      <ul>{children}</ul>
    </nav>
  );
}
