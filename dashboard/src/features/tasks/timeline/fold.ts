import type { Envelope } from "@/api/types";
import { callKey, Draft, turnKey } from "./draft";
import { type Call, endState, newTurn, type Timeline, type Turn } from "./model";

/**
 * Folds journal events into a timeline. Pure: rows that do not change keep their identity, so that only what
 * changed is drawn again. Events that were folded before are passed over, which makes a repeat harmless.
 */
export function fold(timeline: Timeline, envelopes: readonly Envelope[]): Timeline {
  const draft = new Draft(timeline);
  for (const envelope of envelopes) {
    if (envelope.seq <= draft.lastSeq) continue;
    draft.lastSeq = envelope.seq;
    apply(draft, envelope);
  }
  return draft.finish();
}

function apply(draft: Draft, { seq, at, event }: Envelope) {
  const key = `seq:${seq}`;
  switch (event.type) {
    case "task_created":
      draft.systemPrompt = event.system_prompt;
      draft.push({ kind: "message", key, at, text: event.prompt, by: "" });
      break;
    case "message_received":
      draft.push({ kind: "message", key, at, text: event.text, by: event.by });
      break;
    case "model_requested":
      addLabels(draft, event.decision.obligations.labels);
      beginTurn(draft, turnKey(event.request_id), at, event.purpose);
      break;
    case "model_responded":
      draft.turn(event.request_id, () => ({
        state: "done",
        text: event.response.text,
        reasoning: event.response.reasoning ?? "",
        stop: event.response.stop,
        usage: event.response.usage,
        cost: event.cost,
        tookMs: event.took_ms,
      }));
      break;
    case "model_failed":
      draft.turn(event.request_id, () => ({ state: "failed", error: event.error, tookMs: event.took_ms }));
      break;
    case "tool_call_proposed":
      draft.push({
        kind: "call",
        key: callKey(event.call_id),
        callId: event.call_id,
        at,
        name: event.name,
        arguments: event.arguments,
        ...(event.repaired ? { repaired: event.repaired } : {}),
        state: "proposed",
        live: [],
      });
      break;
    case "decided":
      addLabels(draft, event.decision.obligations.labels);
      draft.call(event.call_id, () => ({
        decision: event.decision,
        target: event.target,
        ...(event.decision.verdict === "deny" ? { state: "denied" as const } : {}),
      }));
      break;
    case "approval_requested":
      draft.call(event.call_id, () => ({
        state: "asked",
        approval: { id: event.approval_id, kind: event.kind, state: "pending" },
      }));
      break;
    case "approval_resolved":
      draft.call(event.call_id, () => ({
        state: event.answer === "deny" ? "denied" : "proposed",
        approval: {
          id: event.approval_id,
          kind: event.kind,
          state: "answered",
          answer: event.answer,
          by: event.by,
          ...(event.note ? { note: event.note } : {}),
          ...(event.rule_id ? { always: true } : {}),
        },
      }));
      break;
    case "approval_voided":
      draft.call(event.call_id, (call) =>
        call.approval
          ? {
              approval: { ...call.approval, state: "void", why: event.why },
              ...(call.state === "asked" ? { state: "proposed" as const } : {}),
            }
          : {},
      );
      break;
    case "tool_call_started":
      draft.call(event.call_id, () => ({ state: "running", startedAt: at, live: [] }));
      break;
    case "tool_call_finished":
      addLabels(draft, event.decision?.obligations.labels);
      draft.call(event.call_id, (call) => ({
        // A refusal may be written down as a result, so that the model reads it; it stays a refusal.
        state: call.state === "denied" ? "denied" : endState(event.end, event.outcome.isError),
        outcome: event.outcome,
        tookMs: event.took_ms,
        live: [],
        ...(event.decision ? { resultDecision: event.decision } : {}),
      }));
      break;
    case "limits_changed":
      draft.push({ kind: "line", key, at, what: "limits", text: "Limits changed", limits: event.limits });
      break;
    case "paused":
      draft.each("turn", (turn) => (turn.state === "streaming" ? { state: "lost" } : null));
      draft.push({ kind: "pause", key, at, reason: event.reason, text: event.text, open: true });
      break;
    case "resumed":
      closePauses(draft);
      draft.push({ kind: "line", key, at, what: "resumed", text: "Resumed" });
      break;
    case "cancel_requested":
      draft.push({ kind: "line", key, at, what: "cancel", text: "Cancel requested" });
      break;
    case "compacted":
      draft.push({
        kind: "line",
        key,
        at,
        what: "compacted",
        text: "The conversation so far was summarised to stay inside the model's window",
        detail: event.summary,
      });
      break;
    case "note":
      draft.push({ kind: "line", key, at, what: "note", text: event.text });
      break;
    case "task_ended":
      closePauses(draft);
      draft.each("turn", (turn) => (turn.state === "streaming" ? { state: "lost" } : null));
      draft.each("call", closed);
      draft.push({ kind: "ending", key, at, end: event.end, text: event.text });
      break;
  }
}

/** Its first words may have come before it, so its row may be there. */
function beginTurn(draft: Draft, key: string, at: string, purpose: Turn["purpose"]) {
  const there = draft.has(key);
  draft.each("turn", (turn) => {
    if (turn.key === key) return { at, purpose };
    return turn.state === "streaming" ? { state: "lost" } : null;
  });
  if (!there) draft.push(newTurn(key, at, purpose));
}

function closePauses(draft: Draft) {
  draft.each("pause", (pause) => (pause.open ? { open: false } : null));
}

function closed(call: Call): Partial<Call> | null {
  if (call.state === "running") return { state: "cancelled" };
  return call.state === "proposed" || call.state === "asked" ? { state: "not_run" } : null;
}

function addLabels(draft: Draft, labels: readonly string[] = []) {
  const added = labels.filter((label) => !draft.labels.includes(label));
  if (added.length > 0) draft.labels = [...draft.labels, ...added];
}
