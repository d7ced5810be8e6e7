import type { Difference, RuleAt } from "@/api/policy-reports";
import { visible } from "@/lib/visible";
import { Badge, type Tone } from "@/ui/badge";
import { DiffStat, DiffView } from "@/ui/diff-view";
import { More } from "@/ui/more";
import styles from "./reports.module.css";

interface Props {
  report: Difference;
  goTo: (file: string, line: number) => void;
}

/** Rules by name, then the lines. */
export function DifferenceView({ report, goTo }: Props) {
  const { rules, files } = report;
  if (files.length === 0) return <p className={styles.fine}>The rules are those in force.</p>;
  const any = rules.added.length + rules.changed.length + rules.removed.length > 0;
  return (
    <>
      {any ? (
        <ul className={styles.list} aria-label="Rules that differ">
          <Rules kind="added" tone="green" rules={rules.added} goTo={goTo} />
          <Rules kind="changed" tone="amber" rules={rules.changed} goTo={goTo} />
          <Rules kind="removed" tone="red" rules={rules.removed} />
        </ul>
      ) : (
        <p className={styles.fine}>Comments and spacing differ, and no rule.</p>
      )}
      {files.map((file) => (
        <More
          key={file.path}
          open={files.length < 4}
          summary={
            <>
              <span className="mono">{file.path}</span> {file.change} <DiffStat text={file.lines} />
            </>
          }
        >
          <div className={styles.diff}>
            <DiffView text={visible(file.lines)} label={`Changes of ${file.path}`} />
          </div>
        </More>
      ))}
    </>
  );
}

function Rules({
  kind,
  tone,
  rules,
  goTo,
}: {
  kind: string;
  tone: Tone;
  rules: RuleAt[];
  goTo?: Props["goTo"];
}) {
  return rules.map((rule, index) => (
    <li key={`${rule.name} ${index}`} className={styles.problem}>
      <Badge tone={tone}>{kind}</Badge>
      <code>{visible(rule.name)}</code>
      {goTo ? (
        <button type="button" className={styles.place} onClick={() => goTo(rule.file, rule.line)}>
          {rule.file}:{rule.line}
        </button>
      ) : (
        <span className={styles.fine}>
          was {rule.file}:{rule.line}
        </span>
      )}
    </li>
  ));
}
