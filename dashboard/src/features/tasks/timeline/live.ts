import type { LiveEvent, ToolProgress } from "@/api/types";
import { Draft, turnKey } from "./draft";
import { type Call, newTurn, type Timeline, type Turn } from "./model";

/** Live output kept of one call, characters; older text goes first. The outcome has it all. */
const OUTPUT_CHARS_MAX = 64 << 10;

/**
 * Adds what happens between two journal events. A delta of a request or call that has ended in the journal is
 * passed over: the event supersedes it.
 */
export function applyLive(timeline: Timeline, events: readonly LiveEvent[]): Timeline {
  const draft = new Draft(timeline);
  for (const event of events) {
    if (event.type === "tool_progress") {
      draft.call(event.call_id, (call) => (accepts(call) ? { live: joined(call.live, event.progress) } : {}));
      continue;
    }
    ensureTurn(draft, event.request_id);
    draft.turn(event.request_id, (turn) => (turn.state === "streaming" ? grown(turn, event) : {}));
  }
  return draft.finish();
}

/** Forgets what gathered live. A connection made anew sends it again from the last journal event on. */
export function forgetLive(timeline: Timeline): Timeline {
  const draft = new Draft(timeline);
  draft.each("turn", (turn) =>
    turn.state === "streaming" && (turn.text || turn.reasoning || turn.retries.length)
      ? { text: "", reasoning: "", retries: [] }
      : null,
  );
  draft.each("call", (call) => (call.live.length > 0 ? { live: [] } : null));
  return draft.finish();
}

function grown(turn: Turn, event: Exclude<LiveEvent, { type: "tool_progress" }>): Partial<Turn> {
  switch (event.type) {
    case "text":
      return { text: turn.text + event.delta };
    case "reasoning":
      return { reasoning: turn.reasoning + event.delta };
    case "retrying":
      // What the failed attempt had said is said again by the next one.
      return {
        text: "",
        reasoning: "",
        retries: [...turn.retries, { attempt: event.attempt, waitMs: event.wait_ms, why: event.why }],
      };
  }
}

/** The first words may overtake the journal event of their request. */
function ensureTurn(draft: Draft, requestId: string) {
  const key = turnKey(requestId);
  if (!draft.has(key)) draft.push(newTurn(key, "", "turn"));
}

function accepts(call: Call): boolean {
  return call.outcome === undefined && (call.state === "running" || call.state === "proposed");
}

function joined(live: readonly ToolProgress[], next: ToolProgress): readonly ToolProgress[] {
  const last = live.at(-1);
  const parts =
    last?.kind === next.kind && next.kind !== "message"
      ? [...live.slice(0, -1), { ...last, text: last.text + next.text }]
      : [...live, next];
  return capped(parts);
}

function capped(parts: ToolProgress[]): ToolProgress[] {
  let over = parts.reduce((sum, part) => sum + part.text.length, 0) - OUTPUT_CHARS_MAX;
  while (over > 0 && parts[0]) {
    const first = parts[0];
    if (first.text.length <= over) parts.shift();
    else parts[0] = { ...first, text: first.text.slice(over) };
    over -= first.text.length;
  }
  return parts;
}
