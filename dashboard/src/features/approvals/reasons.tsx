import type { Reason } from "@/api/types";
import { visible } from "@/lib/visible";
import styles from "./reasons.module.css";

/** The rules that spoke, each with its sentence. */
export function Reasons({ reasons }: { reasons: readonly Reason[] }) {
  if (reasons.length === 0) return <p className={styles.none}>No rule spoke.</p>;
  return (
    <ul className={styles.reasons}>
      {reasons.map((reason) => (
        <li key={`${reason.verdict} ${reason.rule} ${reason.message}`} data-verdict={reason.verdict}>
          <span>
            <Sentence text={reason.message} />
          </span>
          <small>
            {reason.verdict}
            {reason.rule ? ` · ${reason.rule}` : ""}
          </small>
        </li>
      ))}
    </ul>
  );
}

/**
 * The sentence of a rule as it stands (it may begin with a name), with what is in backticks set as code, and nothing
 * of what callers named in it unseen.
 */
export function Sentence({ text }: { text: string }) {
  return visible(text)
    .split("`")
    .map((part, index) => {
      const key = `${index} ${part}`;
      return index % 2 === 1 ? <code key={key}>{part}</code> : <span key={key}>{part}</span>;
    });
}
