import type { Envelope, LiveEvent, TaskSummary } from "@/api/types";
import { Connection } from "./connection";
import { fold } from "./fold";
import { applyLive, forgetLive } from "./live";
import { EMPTY, type Timeline } from "./model";

export interface Snapshot {
  timeline: Timeline;
  connected: "not yet" | "yes" | "lost";
}

type Arrival =
  | { kind: "journal"; envelope: Envelope }
  | { kind: "live"; event: LiveEvent }
  | { kind: "connected" };

/** Frames do not come while the tab is hidden; then the timeline is brought up to date this often. */
const HIDDEN_MS = 500;

/** The live timeline of one task: what arrives is gathered and folded once a frame. */
export class TaskStream {
  private snapshot: Snapshot = { timeline: EMPTY, connected: "not yet" };
  private arrivals: Arrival[] = [];
  private frame = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly listeners = new Set<() => void>();
  private readonly connection: Connection;

  constructor(
    taskId: string,
    onTask: (summary: TaskSummary) => void,
    private readonly onJournal: (envelopes: Envelope[]) => void,
  ) {
    this.connection = new Connection(taskId, {
      connected: () => this.arrived({ kind: "connected" }),
      lost: () => this.publish({ connected: "lost" }),
      journal: (envelope) => this.arrived({ kind: "journal", envelope }),
      live: (event) => this.arrived({ kind: "live", event }),
      task: onTask,
    });
  }

  readonly subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  readonly read = () => this.snapshot;

  close() {
    this.connection.close();
    this.unschedule();
    this.listeners.clear();
  }

  private arrived(arrival: Arrival) {
    this.arrivals.push(arrival);
    if (this.timer !== undefined) return;
    this.frame = requestAnimationFrame(this.flush);
    // The frame of a tab that is hidden, or about to be, comes when it is shown again.
    this.timer = setTimeout(this.flush, HIDDEN_MS);
  }

  private readonly flush = () => {
    this.unschedule();
    const arrivals = this.arrivals;
    this.arrivals = [];
    const connected = arrivals.some((arrival) => arrival.kind === "connected");
    this.publish({
      timeline: foldArrivals(this.snapshot.timeline, arrivals),
      ...(connected ? { connected: "yes" as const } : {}),
    });
    const journal = arrivals.flatMap((arrival) => (arrival.kind === "journal" ? [arrival.envelope] : []));
    if (journal.length > 0) this.onJournal(journal);
  };

  private unschedule() {
    cancelAnimationFrame(this.frame);
    clearTimeout(this.timer);
    this.timer = undefined;
  }

  private publish(change: Partial<Snapshot>) {
    this.snapshot = { ...this.snapshot, ...change };
    for (const listener of this.listeners) listener();
  }
}

/** Folds what arrived in its order, runs of the same kind together. */
export function foldArrivals(timeline: Timeline, arrivals: readonly Arrival[]): Timeline {
  let result = timeline;
  let journal: Envelope[] = [];
  let live: LiveEvent[] = [];
  const settle = () => {
    if (journal.length > 0) result = fold(result, journal);
    if (live.length > 0) result = applyLive(result, live);
    journal = [];
    live = [];
  };
  for (const arrival of arrivals) {
    // Either list is empty whenever the other grows, so their order is that of arrival.
    if (arrival.kind !== "journal" && journal.length > 0) settle();
    if (arrival.kind !== "live" && live.length > 0) settle();
    if (arrival.kind === "journal") journal.push(arrival.envelope);
    else if (arrival.kind === "live") live.push(arrival.event);
    else result = forgetLive(result);
  }
  settle();
  return result;
}
