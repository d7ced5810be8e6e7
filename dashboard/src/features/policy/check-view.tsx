import { CircleCheck } from "lucide-react";
import type { CheckReport, Problem } from "@/api/policy-reports";
import { visible } from "@/lib/visible";
import { Badge } from "@/ui/badge";
import styles from "./reports.module.css";

/** Everything that is wrong with a draft; each place leads there. */
export function CheckView({
  report,
  goTo,
}: {
  report: CheckReport;
  goTo: (file: string, line: number) => void;
}) {
  if (report.problems.length === 0) {
    return (
      <p className={styles.good}>
        <CircleCheck size={15} aria-hidden />
        Nothing is wrong with it.
      </p>
    );
  }
  return (
    <ul className={styles.list} aria-label="Problems">
      {report.problems.map((problem, index) => (
        <li key={index} className={styles.problem}>
          <Badge tone={problem.level === "error" ? "red" : "amber"}>{problem.level}</Badge>
          <div>
            <p>{visible(problem.message)}</p>
            {problem.help ? <p className={styles.fine}>{visible(problem.help)}</p> : null}
          </div>
          <PlaceLink problem={problem} goTo={goTo} />
        </li>
      ))}
    </ul>
  );
}

function PlaceLink({ problem, goTo }: { problem: Problem; goTo: (file: string, line: number) => void }) {
  if (!problem.file) return null;
  const place = problem.line > 0 ? `${problem.file}:${problem.line}:${problem.column}` : problem.file;
  return (
    <button type="button" className={styles.place} onClick={() => goTo(problem.file, problem.line)}>
      {place}
    </button>
  );
}
