import { ChevronRight } from "lucide-react";
import type { ReactNode } from "react";
import styles from "./more.module.css";

/** Something that opens below its heading, and can be searched for while it is closed. */
export function More({
  summary,
  children,
  open = false,
}: {
  summary: ReactNode;
  children: ReactNode;
  open?: boolean;
}) {
  return (
    <details className={styles.more} open={open}>
      <summary>
        <ChevronRight size={14} aria-hidden />
        {summary}
      </summary>
      <div className={styles.inside}>{children}</div>
    </details>
  );
}
