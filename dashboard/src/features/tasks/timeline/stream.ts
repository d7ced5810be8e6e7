import type { Envelope, LiveEvent, TaskSummary } from "@/api/types";
import { fold } from "./fold";
import { applyLive, forgetLive } from "./live";
import { EMPTY, type Timeline } from "./model";

export type Connection = "connecting" | "open" | "lost" | "refused";

export interface Snapshot {
  timeline: Timeline;
  connection: Connection;
}

type Arrival =
  | { kind: "journal"; envelope: Envelope }
  | { kind: "live"; event: LiveEvent }
  | { kind: "connected" };

/** Frames do not come while the tab is hidden; then the timeline is brought up to date this often. */
const HIDDEN_MS = 500;

/**
 * The live timeline of one task: an EventSource whose events are gathered and folded once a frame. The browser
 * reconnects by itself and tells the server the last journal event it saw, so none is lost or doubled.
 */
export class TaskStream {
  private snapshot: Snapshot = { timeline: EMPTY, connection: "connecting" };
  private arrivals: Arrival[] = [];
  private scheduled: (() => void) | null = null;
  private readonly listeners = new Set<() => void>();
  private readonly source: EventSource;

  constructor(
    taskId: string,
    private readonly onTask: (summary: TaskSummary) => void,
    private readonly onJournal: (envelopes: Envelope[]) => void,
  ) {
    this.source = new EventSource(`/api/v1/tasks/${taskId}/events?after=0`);
    this.source.onopen = () => this.arrived({ kind: "connected" });
    this.source.onerror = () =>
      this.publish({ connection: this.source.readyState === EventSource.CLOSED ? "refused" : "lost" });
    this.source.addEventListener("journal", (message) =>
      this.arrived({ kind: "journal", envelope: JSON.parse(message.data) }),
    );
    this.source.addEventListener("live", (message) =>
      this.arrived({ kind: "live", event: JSON.parse(message.data) }),
    );
    this.source.addEventListener("task", (message) => this.onTask(JSON.parse(message.data)));
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly read = () => this.snapshot;

  close() {
    this.source.close();
    this.scheduled?.();
    this.listeners.clear();
  }

  private arrived(arrival: Arrival) {
    this.arrivals.push(arrival);
    if (this.scheduled) return;
    if (document.hidden) {
      const timer = setTimeout(this.flush, HIDDEN_MS);
      this.scheduled = () => clearTimeout(timer);
    } else {
      const frame = requestAnimationFrame(this.flush);
      // A tab that is hidden before the frame comes would wait for it until it is shown again.
      const timer = setTimeout(this.flush, HIDDEN_MS);
      this.scheduled = () => {
        cancelAnimationFrame(frame);
        clearTimeout(timer);
      };
    }
  }

  private readonly flush = () => {
    this.scheduled?.();
    this.scheduled = null;
    const arrivals = this.arrivals;
    this.arrivals = [];
    const connected = arrivals.some((arrival) => arrival.kind === "connected");
    this.publish({
      timeline: foldArrivals(this.snapshot.timeline, arrivals),
      ...(connected ? { connection: "open" as const } : {}),
    });
    const journal = arrivals.flatMap((arrival) => (arrival.kind === "journal" ? [arrival.envelope] : []));
    if (journal.length > 0) this.onJournal(journal);
  };

  private publish(change: Partial<Snapshot>) {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}

/** Folds runs of the same kind together, in the order in which they came. */
export function foldArrivals(timeline: Timeline, arrivals: readonly Arrival[]): Timeline {
  let result = timeline;
  for (let at = 0; at < arrivals.length; ) {
    const kind = arrivals[at]?.kind;
    const end = arrivals.findIndex((arrival, index) => index > at && arrival.kind !== kind);
    const run = arrivals.slice(at, end < 0 ? undefined : end);
    if (kind === "connected") result = forgetLive(result);
    if (kind === "journal") {
      result = fold(
        result,
        run.flatMap((arrival) => (arrival.kind === "journal" ? [arrival.envelope] : [])),
      );
    }
    if (kind === "live") {
      result = applyLive(
        result,
        run.flatMap((arrival) => (arrival.kind === "live" ? [arrival.event] : [])),
      );
    }
    at += run.length;
  }
  return result;
}
