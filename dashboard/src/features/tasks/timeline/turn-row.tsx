import { ChevronRight, RotateCw } from "lucide-react";
import { Button, Disclosure, DisclosurePanel } from "react-aria-components";
import { count, duration, money } from "@/lib/format";
import { Spinner } from "@/ui/states";
import { Markdown } from "./markdown";
import type { Turn } from "./model";
import styles from "./turn-row.module.css";

/** What the model said in one turn. */
export function TurnRow({ turn }: { turn: Turn }) {
  const busy = turn.state === "streaming";
  const silent = busy && !turn.text;
  return (
    <div className={styles.turn} aria-busy={busy}>
      {turn.retries.map((retry) => (
        <p key={retry.attempt} className={styles.retry}>
          <RotateCw size={13} aria-hidden />
          Attempt {retry.attempt} in {duration(retry.waitMs)}: {retry.why}
        </p>
      ))}
      {turn.reasoning ? <Reasoning text={turn.reasoning} open={silent} /> : null}
      {turn.text ? <Markdown text={turn.text} /> : null}
      {silent ? (
        <p className={styles.busy}>
          <Spinner />
          {turn.purpose === "compaction" ? "Summarising the conversation…" : "Thinking…"}
        </p>
      ) : null}
      {turn.stop === "max_tokens" ? (
        <p className={styles.remark}>The model reached its output limit; the text above is cut.</p>
      ) : null}
      {turn.stop === "refused" ? <p className={styles.remark}>The model refused to answer.</p> : null}
      {turn.state === "lost" ? <p className={styles.remark}>This answer was interrupted.</p> : null}
      {turn.error ? <p className={styles.error}>{turn.error.message}</p> : null}
      {turn.usage ? <Facts turn={turn} /> : null}
    </div>
  );
}

function Reasoning({ text, open }: { text: string; open: boolean }) {
  return (
    <Disclosure className={styles.reasoning} defaultExpanded={open}>
      <Button slot="trigger">
        <ChevronRight size={13} aria-hidden />
        Reasoning
      </Button>
      <DisclosurePanel>
        <p>{text}</p>
      </DisclosurePanel>
    </Disclosure>
  );
}

function Facts({ turn: { usage, cost = 0, tookMs = 0 } }: { turn: Turn }) {
  if (!usage || usage.input + usage.output === 0) return null;
  const cached = usage.cache_read > 0 ? `, ${count(usage.cache_read)} of them cached` : "";
  const reasoned = usage.reasoning > 0 ? `, ${count(usage.reasoning)} of them reasoning` : "";
  return (
    <p
      className={styles.facts}
      title={`${usage.input} tokens in${cached}; ${usage.output} tokens out${reasoned}`}
    >
      {count(usage.input)} in, {count(usage.output)} out · {money(cost)} · {duration(tookMs)}
    </p>
  );
}
