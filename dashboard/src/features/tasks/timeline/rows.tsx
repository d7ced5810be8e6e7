import { Ban, CircleCheck, CircleX, FoldVertical, Gauge, Info, Play } from "lucide-react";
import { clockTime, count, duration, fullTime, money } from "@/lib/format";
import { Button } from "@/ui/button";
import { Code } from "@/ui/code";
import { ModalDialog } from "@/ui/popup";
import { Markdown } from "./markdown";
import type { Ending, Item, Line, Message } from "./model";
import styles from "./timeline.module.css";

export function MessageRow({ message }: { message: Message }) {
  return (
    <article className={styles.message}>
      <header>
        You{message.by && message.by !== "dashboard" ? `, by ${message.by}` : ""} ·{" "}
        <Clock time={message.at} />
      </header>
      <p>{message.text}</p>
    </article>
  );
}

const LINE_ICONS = { resumed: Play, limits: Gauge, cancel: Ban, compacted: FoldVertical, note: Info };

export function LineRow({ line }: { line: Line }) {
  const Icon = LINE_ICONS[line.what];
  const { limits, detail } = line;
  return (
    <div className={styles.line}>
      <Icon size={13} aria-hidden />
      <span>
        {line.text}
        {limits
          ? `: ${limits.steps_max} steps, ${count(limits.tokens_max)} tokens, ${money(limits.cost_max)}, ${duration(limits.wall_seconds_max * 1_000)}`
          : ""}
      </span>
      {detail ? (
        <ModalDialog
          title="Summary of the conversation"
          trigger={
            <Button size="small" variant="ghost">
              Read it
            </Button>
          }
        >
          <Code label="Summary">{detail}</Code>
        </ModalDialog>
      ) : null}
    </div>
  );
}

const ENDINGS = {
  completed: { name: "Completed", icon: CircleCheck },
  failed: { name: "Failed", icon: CircleX },
  cancelled: { name: "Cancelled", icon: Ban },
};

/** The closing words are shown once: not again when the last turn has said them just before. */
export function EndingRow({ ending, before }: { ending: Ending; before: Item | undefined }) {
  const { name, icon: Icon } = ENDINGS[ending.end];
  const said = before?.kind === "turn" && before.text.trim() === ending.text.trim();
  return (
    <div className={styles.ending}>
      <header className={styles[ending.end]}>
        <Icon size={15} aria-hidden />
        {name}
        <span className={styles.by}>
          <Clock time={ending.at} />
        </span>
      </header>
      {said || !ending.text ? null : <Markdown text={ending.text} />}
    </div>
  );
}

export function Clock({ time }: { time: string }) {
  return (
    <time dateTime={time} title={fullTime(time)} className="numbers">
      {clockTime(time)}
    </time>
  );
}
