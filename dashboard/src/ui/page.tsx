import type { ReactNode } from "react";
import { usePageTitle } from "@/app/page-title";
import styles from "./page.module.css";

interface Props {
  title: string;
  lead?: ReactNode;
  /** For pages that put things side by side. */
  wide?: boolean;
  children: ReactNode;
}

/** A page with a heading, in the middle of the window. */
export function Page({ title, lead, wide = false, children }: Props) {
  usePageTitle(title);
  return (
    <div className={wide ? `${styles.page} ${styles.wide}` : styles.page}>
      <header className={styles.head}>
        <h1>{title}</h1>
        {lead ? <p>{lead}</p> : null}
      </header>
      {children}
    </div>
  );
}
