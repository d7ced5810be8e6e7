import type { Reason } from "@/api/types";
import styles from "./reasons.module.css";

/** The rules that spoke, each with its sentence. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) return <p className={styles.none}>No rule spoke.</p>;
  return (
    <ul className={styles.reasons}>
      {reasons.map((reason) => (
        <li key={`${reason.verdict} ${reason.rule} ${reason.message}`} data-verdict={reason.verdict}>
          <span>{sentence(reason.message)}</span>
          <code>
            <span className="visually-hidden">rule </span>
            {reason.verdict}
            {reason.rule ? ` · ${reason.rule}` : ""}
          </code>
        </li>
      ))}
    </ul>
  );
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
