import type { Envelope, LiveEvent, TaskSummary } from "@/api/types";

/** A tab nobody looks at gives its connection back after this long: browsers allow six to one server. */
const HIDDEN_MS = 20_000;
/** A server that refused is asked again after this long. */
const REFUSED_MS = 4_000;

export interface Handlers {
  connected: () => void;
  /** The browser, or this class, is trying again. */
  lost: () => void;
  journal: (envelope: Envelope) => void;
  live: (event: LiveEvent) => void;
  task: (summary: TaskSummary) => void;
}

/**
 * Keeps an event stream of a task open. The browser reconnects by itself and says which journal event it saw
 * last; where it gives up, and where this tab was hidden, a new stream begins after that event.
 */
export class Connection {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private lastSeq = 0;

  constructor(
    private readonly taskId: string,
    private readonly handlers: Handlers,
  ) {
    document.addEventListener("visibilitychange", this.onVisibility);
    this.open();
  }

  close() {
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.hangUp();
  }

  private readonly open = () => {
    this.hangUp();
    const source = new EventSource(`/api/v1/tasks/${this.taskId}/events?after=${this.lastSeq}`);
    this.source = source;
    source.onopen = () => this.handlers.connected();
    source.onerror = () => {
      this.handlers.lost();
      if (source.readyState === EventSource.CLOSED) this.timer = setTimeout(this.open, REFUSED_MS);
    };
    source.addEventListener("journal", (message) => {
      const envelope: Envelope = JSON.parse(message.data);
      this.lastSeq = Math.max(this.lastSeq, envelope.seq);
      this.handlers.journal(envelope);
    });
    source.addEventListener("live", (message) => this.handlers.live(JSON.parse(message.data)));
    source.addEventListener("task", (message) => this.handlers.task(JSON.parse(message.data)));
  };

  private hangUp() {
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private readonly onVisibility = () => {
    if (document.hidden) {
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.hangUp(), HIDDEN_MS);
    } else if (this.source && this.source.readyState !== EventSource.CLOSED) clearTimeout(this.timer);
    else this.open();
  };
}
