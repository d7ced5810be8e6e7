import { ArrowDown } from "lucide-react";
import { memo } from "react";
import type { Approval, TaskDetail } from "@/api/types";
import { usePendingApprovals } from "@/features/approvals/queries";
import { Button } from "@/ui/button";
import { CallCard } from "./call-card";
import type { Item, Timeline } from "./model";
import { PauseCard } from "./pause-card";
import { EndingRow, LineRow, MessageRow } from "./rows";
import styles from "./timeline.module.css";
import { TurnRow } from "./turn-row";
import { useStickToBottom } from "./use-stick-to-bottom";

interface Props {
  timeline: Timeline;
  task: TaskDetail;
  /** The live connection is being made again. */
  lost: boolean;
}

/** The story of a task, newest at the bottom; it follows what is new as long as the reader is there. */
export function TimelineView({ timeline, task, lost }: Props) {
  const { scroller, content, following, follow } = useStickToBottom();
  const pending = usePendingApprovals().data ?? task.pending_approvals;
  return (
    <div className={styles.frame}>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard */}
      <section ref={scroller} className={styles.scroller} aria-label="Timeline" tabIndex={0}>
        <ol ref={content} className={styles.items}>
          {timeline.items.map((item, index) => (
            <li key={item.key} className={styles.item} data-kind={item.kind}>
              <Row
                item={item}
                before={timeline.items[index - 1]}
                task={task}
                approval={approvalOf(item, pending)}
              />
            </li>
          ))}
        </ol>
      </section>
      {lost ? (
        <p className={styles.lost} role="status">
          The live connection is lost; trying again…
        </p>
      ) : null}
      {following ? null : (
        <div className={styles.down}>
          <Button size="small" onPress={follow}>
            <ArrowDown size={14} aria-hidden />
            Newest
          </Button>
        </div>
      )}
    </div>
  );
}

interface RowProps {
  item: Item;
  before: Item | undefined;
  task: TaskDetail;
  approval: Approval | undefined;
}

const Row = memo(
  function Row({ item, before, task, approval }: RowProps) {
    switch (item.kind) {
      case "message":
        return <MessageRow message={item} />;
      case "turn":
        return <TurnRow turn={item} />;
      case "call":
        return <CallCard call={item} approval={approval} />;
      case "pause":
        return <PauseCard pause={item} task={task} />;
      case "line":
        return <LineRow line={item} />;
      case "ending":
        return <EndingRow ending={item} before={before} />;
    }
  },
  // Only an open pause looks at the task, which changes with every step.
  (old, next) =>
    old.item === next.item &&
    old.approval === next.approval &&
    (next.item.kind !== "pause" || !next.item.open || old.task === next.task),
);

function approvalOf(item: Item, pending: readonly Approval[]): Approval | undefined {
  if (item.kind !== "call" || item.approval?.state !== "pending") return undefined;
  return pending.find((approval) => approval.id === item.approval?.id);
}
