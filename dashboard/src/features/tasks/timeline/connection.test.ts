import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Connection } from "./connection";

/** As much of an EventSource as the connection uses; the test plays the server. */
class FakeSource extends EventTarget {
  static readonly CLOSED = 2;
  static made: FakeSource[] = [];
  readyState = 1;
  onopen: (() => void) | null = null;
  onerror: (() => void) | null = null;

  constructor(readonly url: string) {
    super();
    FakeSource.made.push(this);
  }

  close() {
    this.readyState = FakeSource.CLOSED;
  }

  send(type: string, data: unknown) {
    this.dispatchEvent(new MessageEvent(type, { data: JSON.stringify(data) }));
  }

  refuse() {
    this.readyState = FakeSource.CLOSED;
    this.onerror?.();
  }
}

const page = Object.assign(new EventTarget(), { hidden: false });
const handlers = { connected: vi.fn(), lost: vi.fn(), journal: vi.fn(), live: vi.fn(), task: vi.fn() };
const latest = () => FakeSource.made.at(-1) as FakeSource;

beforeEach(() => {
  vi.useFakeTimers();
  vi.clearAllMocks();
  FakeSource.made = [];
  page.hidden = false;
  vi.stubGlobal("EventSource", FakeSource);
  vi.stubGlobal("document", page);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("Connection", () => {
  it("begins at the beginning and hands on what comes", () => {
    new Connection("t1", handlers);
    expect(latest().url).toBe("/api/v1/tasks/t1/events?after=0");
    latest().send("journal", { seq: 1 });
    latest().send("live", { type: "text" });
    latest().send("task", { id: "t1" });
    expect(handlers.journal).toHaveBeenCalledWith({ seq: 1 });
    expect(handlers.live).toHaveBeenCalledWith({ type: "text" });
    expect(handlers.task).toHaveBeenCalledWith({ id: "t1" });
  });

  it("asks again, after the last event seen, when the server refused", () => {
    new Connection("t1", handlers);
    latest().send("journal", { seq: 7 });
    latest().refuse();
    expect(handlers.lost).toHaveBeenCalledOnce();
    expect(FakeSource.made).toHaveLength(1);
    vi.advanceTimersByTime(4_000);
    expect(FakeSource.made).toHaveLength(2);
    expect(latest().url).toBe("/api/v1/tasks/t1/events?after=7");
  });

  it("leaves reconnecting to the browser while it tries", () => {
    new Connection("t1", handlers);
    latest().readyState = 0;
    latest().onerror?.();
    vi.advanceTimersByTime(60_000);
    expect(handlers.lost).toHaveBeenCalledOnce();
    expect(FakeSource.made).toHaveLength(1);
  });

  it("gives the connection back while the tab is hidden, and goes on where it was when it is shown", () => {
    new Connection("t1", handlers);
    latest().send("journal", { seq: 3 });
    show(false);
    vi.advanceTimersByTime(19_000);
    expect(latest().readyState).toBe(1);
    vi.advanceTimersByTime(2_000);
    expect(latest().readyState).toBe(FakeSource.CLOSED);
    show(true);
    expect(latest().url).toBe("/api/v1/tasks/t1/events?after=3");
    expect(latest().readyState).toBe(1);
  });

  it("keeps the connection of a tab that is hidden only for a moment", () => {
    new Connection("t1", handlers);
    show(false);
    vi.advanceTimersByTime(5_000);
    show(true);
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.made).toHaveLength(1);
    expect(latest().readyState).toBe(1);
  });

  it("is quiet once closed", () => {
    const connection = new Connection("t1", handlers);
    latest().refuse();
    connection.close();
    show(true);
    vi.advanceTimersByTime(60_000);
    expect(FakeSource.made).toHaveLength(1);
  });
});

function show(visible: boolean) {
  page.hidden = !visible;
  page.dispatchEvent(new Event("visibilitychange"));
}
