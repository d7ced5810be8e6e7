import type { ReactNode } from "react";
import { usePageTitle } from "@/app/page-title";
import styles from "./page.module.css";

/** A page with a heading, in the middle of the window. */
export function Page({ title, lead, children }: { title: string; lead?: ReactNode; children: ReactNode }) {
  usePageTitle(title);
  return (
    <div className={styles.page}>
      <header className={styles.head}>
        <h1>{title}</h1>
        {lead ? <p>{lead}</p> : null}
      </header>
      {children}
    </div>
  );
}
