import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { usePendingApprovals } from "@/features/approvals/queries";
import styles from "./announcer.module.css";

/** How long a remark stays on the screen. */
const SHOWN_MS = 6_000;

interface Remark {
  id: number;
  text: string;
}

let remarks: readonly Remark[] = [];
let nextId = 0;
const listeners = new Set<() => void>();

/** Says something in the corner of the window and to screen readers. It goes away by itself. */
export function remark(text: string) {
  const id = nextId++;
  set([...remarks, { id, text }]);
  setTimeout(() => set(remarks.filter((one) => one.id !== id)), SHOWN_MS);
}

/** The corner, and the announcement of questions that are new. */
export function Announcer() {
  const shown = useSyncExternalStore(subscribe, () => remarks);
  const news = useNewQuestion();
  return (
    <>
      <div className={styles.corner} role="status">
        {shown.map((one) => (
          <p key={one.id}>{one.text}</p>
        ))}
      </div>
      <div className="visually-hidden" aria-live="assertive" data-testid="new-questions">
        {news ? <p key={news.id}>{news.text}</p> : null}
      </div>
    </>
  );
}

/** The latest question that was not there before; none for those that waited when the page was opened. */
function useNewQuestion(): { id: string; text: string } | null {
  const { data } = usePendingApprovals();
  const known = useRef<ReadonlySet<string> | null>(null);
  const [news, setNews] = useState<{ id: string; text: string } | null>(null);
  useEffect(() => {
    if (!data) return;
    const before = known.current;
    known.current = new Set(data.map((approval) => approval.id));
    const latest = before && data.findLast((approval) => !before.has(approval.id));
    if (latest) {
      const who = latest.task_id ? "the agent" : "an MCP client";
      const text = `New question: may ${who} call ${latest.tool}? Open “Waiting for you” to answer.`;
      setNews({ id: latest.id, text });
    } else if (data.length === 0) setNews(null);
  }, [data]);
  return news;
}

function set(next: readonly Remark[]) {
  remarks = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
