import { Link } from "@tanstack/react-router";
import type { RecordEntry } from "@/api/types";
import { Reasons } from "@/features/approvals/reasons";
import { VerdictBadge } from "@/features/policy/verdict";
import { fullTime } from "@/lib/format";
import { CopyableCode } from "@/ui/code";
import { More } from "@/ui/more";
import { tell } from "./entry";
import styles from "./record-page.module.css";

/** One entry on a line; opened, all of it. */
export function EntryRow({ entry }: { entry: RecordEntry }) {
  const told = tell(entry);
  return (
    <li>
      <More
        summary={
          <span className={styles.line}>
            <span className={`${styles.seq} numbers`}>{entry.seq}</span>
            <time dateTime={entry.at}>{fullTime(entry.at)}</time>
            <span className={styles.what}>{told.what}</span>
            <span className={styles.subject}>{told.subject}</span>
            <span className={styles.verdict}>
              {told.verdict ? <VerdictBadge verdict={told.verdict} /> : told.by ? `by ${told.by}` : null}
            </span>
          </span>
        }
      >
        {told.reasons.length > 0 ? <Reasons reasons={told.reasons} /> : null}
        <p className={styles.links}>
          {told.decisionId ? (
            <Link to="/policy/explain" search={{ decision: told.decisionId }}>
              Explain this decision
            </Link>
          ) : null}
          {told.taskId ? (
            <Link to="/tasks/$taskId" params={{ taskId: told.taskId }}>
              Its task
            </Link>
          ) : null}
        </p>
        <CopyableCode text={JSON.stringify(entry.body, null, 2)} label={`entry ${entry.seq}`} />
        <p className={styles.hash}>
          Sealed as <span className="mono">{entry.hash}</span>
        </p>
      </More>
    </li>
  );
}
