import type { Call, Item, Timeline, Turn } from "./model";

/** A timeline being changed: its list is ours to write, the rows in it are replaced and never written. */
export class Draft {
  lastSeq: number;
  labels: readonly string[];
  systemPrompt: string;
  readonly items: Item[];
  private touched = false;

  constructor(private readonly from: Timeline) {
    this.lastSeq = from.lastSeq;
    this.labels = from.labels;
    this.systemPrompt = from.systemPrompt;
    this.items = [...from.items];
  }

  push(item: Item) {
    this.items.push(item);
    this.touched = true;
  }

  /** Changes the row of a model request. Rows that are asked for are near the end, so search from there. */
  turn(requestId: string, change: (turn: Turn) => Partial<Turn>) {
    this.change((item) => item.kind === "turn" && item.key === turnKey(requestId), change);
  }

  call(callId: string, change: (call: Call) => Partial<Call>) {
    this.change((item) => item.kind === "call" && item.callId === callId, change);
  }

  /** Changes every row of a kind that `change` gives something for. */
  each<Kind extends Item["kind"]>(
    kind: Kind,
    change: (item: Extract<Item, { kind: Kind }>) => Partial<Item> | null,
  ) {
    this.items.forEach((item, index) => {
      const changed = item.kind === kind && change(item as Extract<Item, { kind: Kind }>);
      if (changed) this.put(index, { ...item, ...changed } as Item);
    });
  }

  has(key: string): boolean {
    return this.items.some((item) => item.key === key);
  }

  /** The timeline that came of it; the one it came from when nothing changed. */
  finish(): Timeline {
    const same = this.lastSeq === this.from.lastSeq && !this.touched;
    const { lastSeq, labels, systemPrompt, items } = this;
    return same ? this.from : { lastSeq, labels, systemPrompt, items };
  }

  private change<Kind extends Item>(matches: (item: Item) => boolean, change: (item: Kind) => Partial<Kind>) {
    const index = this.items.findLastIndex(matches);
    if (index < 0) return;
    const item = this.items[index] as Kind;
    const changed = change(item);
    if (Object.keys(changed).length > 0) this.put(index, { ...item, ...changed });
  }

  private put(index: number, item: Item) {
    this.items[index] = item;
    this.touched = true;
  }
}

export const turnKey = (requestId: string) => `turn:${requestId}`;
export const callKey = (callId: string) => `call:${callId}`;
