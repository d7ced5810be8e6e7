import { useState } from "react";
import { type DiffLine, parseDiff } from "@/lib/diff";
import { Button } from "./button";
import styles from "./diff-view.module.css";

/** Longer diffs show their beginning until asked for the rest. */
const LINES_SHOWN = 200;

const SIGNS = { added: "+", removed: "−", context: " ", hunk: "", remark: "" };

/** A unified diff with line numbers of both sides. */
export function DiffView({ text, label }: { text: string; label: string }) {
  const [all, setAll] = useState(false);
  const { lines } = parseDiff(text);
  const shown = all ? lines : lines.slice(0, LINES_SHOWN);
  return (
    <div className={styles.diff}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <div className={styles.scroll} role="group" aria-label={label} tabIndex={0}>
        <div className={styles.lines}>
          {shown.map((line, index) => (
            <Line key={index} line={line} />
          ))}
        </div>
      </div>
      {shown.length < lines.length ? (
        <Button size="small" variant="ghost" onPress={() => setAll(true)}>
          Show {lines.length - shown.length} more lines
        </Button>
      ) : null}
    </div>
  );
}

function Line({ line }: { line: DiffLine }) {
  if (line.kind === "hunk" || line.kind === "remark") {
    return <div className={styles[line.kind]}>{line.text}</div>;
  }
  return (
    <div className={`${styles.line} ${styles[line.kind]}`}>
      <span className={styles.number}>{line.old}</span>
      <span className={styles.number}>{line.new}</span>
      <span className={styles.sign}>{SIGNS[line.kind]}</span>
      <code>{line.text}</code>
    </div>
  );
}

/** How much a diff changes, like "+3 −1". */
export function DiffStat({ text }: { text: string }) {
  const { added, removed } = parseDiff(text);
  return (
    <span className={styles.stat}>
      <span className={styles.plus}>+{added}</span> <span className={styles.minus}>−{removed}</span>
      <span className="visually-hidden"> lines</span>
    </span>
  );
}
