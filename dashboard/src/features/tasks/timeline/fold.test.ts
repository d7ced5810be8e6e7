import { describe, expect, it } from "vitest";
import type { Decision, Envelope, Event, LiveEvent } from "@/api/types";
import { fold } from "./fold";
import { applyLive, forgetLive } from "./live";
import { type Call, EMPTY, type Item, type Timeline, type Turn } from "./model";
import { foldArrivals } from "./stream";

const LIMITS = { steps_max: 10, tokens_max: 1000, cost_max: 5_000_000, wall_seconds_max: 60 };

describe("fold", () => {
  it("turns a whole task into rows in order", () => {
    const timeline = fold(
      EMPTY,
      journal(created(), ...turn("r1", "Looking."), ...allowedCall("c1"), ended()),
    );
    expect(timeline.items.map((item) => item.kind)).toEqual(["message", "turn", "call", "ending"]);
    expect(timeline.lastSeq).toBe(8);
    expect(call(timeline, "c1")).toMatchObject({ state: "done", tookMs: 7, target: { server: "workspace" } });
  });

  it("gives the same whether events come one by one, all at once or twice", () => {
    const events = journal(created(), ...turn("r1", "Looking."), ...allowedCall("c1"), ended());
    const atOnce = fold(EMPTY, events);
    const oneByOne = events.reduce((timeline, event) => fold(timeline, [event]), EMPTY);
    expect(oneByOne).toEqual(atOnce);
    expect(fold(atOnce, events)).toBe(atOnce);
  });

  it("keeps the identity of rows that did not change", () => {
    const before = fold(EMPTY, journal(created(), ...turn("r1", "Looking.")));
    const after = fold(before, journal(created(), ...turn("r1", "Looking."), ...allowedCall("c1")));
    expect(after.items[0]).toBe(before.items[0]);
    expect(after.items[1]).toBe(before.items[1]);
  });

  it("does not write to the timeline it was given", () => {
    const before = fold(EMPTY, journal(created(), ...turn("r1", "Looking."), proposed("c1")));
    const copy = structuredClone(before);
    fold(before, journal(created(), ...turn("r1", "Looking."), ...allowedCall("c1")));
    expect(before).toEqual(copy);
  });

  it("follows an approval from the question to the result", () => {
    const events = journal(
      created(),
      proposed("c1"),
      decided("c1", "ask"),
      { type: "approval_requested", approval_id: "a1", call_id: "c1", kind: "tool_call" },
      {
        type: "approval_resolved",
        approval_id: "a1",
        call_id: "c1",
        kind: "tool_call",
        answer: "approve",
        by: "dashboard",
        note: "go on",
        rule_id: "u1",
      },
      { type: "tool_call_started", call_id: "c1", safe_to_repeat: false },
      finished("c1"),
    );
    const states = events.map((_, index) => call(fold(EMPTY, events.slice(0, index + 1)), "c1")?.state);
    expect(states).toEqual([undefined, "proposed", "proposed", "asked", "proposed", "running", "done"]);
    expect(call(fold(EMPTY, events), "c1")?.approval).toEqual({
      id: "a1",
      kind: "tool_call",
      state: "answered",
      answer: "approve",
      by: "dashboard",
      note: "go on",
      always: true,
    });
  });

  it("keeps a refusal a refusal when its text comes back as a result", () => {
    const byPolicy = fold(
      EMPTY,
      journal(created(), proposed("c1"), decided("c1", "deny"), finished("c1", true)),
    );
    expect(call(byPolicy, "c1")?.state).toBe("denied");
    const byPerson = fold(
      EMPTY,
      journal(
        created(),
        proposed("c1"),
        decided("c1", "ask"),
        { type: "approval_requested", approval_id: "a1", call_id: "c1", kind: "tool_call" },
        {
          type: "approval_resolved",
          approval_id: "a1",
          call_id: "c1",
          kind: "tool_call",
          answer: "deny",
          by: "terminal",
        },
        finished("c1", true),
      ),
    );
    expect(call(byPerson, "c1")?.state).toBe("denied");
  });

  it("asks again about a call whose outcome is unknown", () => {
    const timeline = fold(
      EMPTY,
      journal(created(), ...allowedCall("c1").slice(0, 3), {
        type: "approval_requested",
        approval_id: "a2",
        call_id: "c1",
        kind: "outcome_unknown",
      }),
    );
    expect(call(timeline, "c1")).toMatchObject({ state: "asked", approval: { kind: "outcome_unknown" } });
  });

  it("takes back a question that became void", () => {
    const timeline = fold(
      EMPTY,
      journal(
        created(),
        proposed("c1"),
        { type: "approval_requested", approval_id: "a1", call_id: "c1", kind: "tool_call" },
        { type: "approval_voided", approval_id: "a1", call_id: "c1", why: "the policy moved" },
      ),
    );
    expect(call(timeline, "c1")).toMatchObject({
      state: "proposed",
      approval: { state: "void", why: "the policy moved" },
    });
  });

  it("closes a pause when the task goes on", () => {
    const pause: Event = {
      type: "paused",
      reason: { kind: "limit", limit: "steps", used: 10, max: 10 },
      text: "raise steps_max",
    };
    const paused = fold(EMPTY, journal(created(), pause));
    expect(paused.items.at(-1)).toMatchObject({ kind: "pause", open: true });
    const resumed = fold(EMPTY, journal(created(), pause, { type: "resumed", by: "dashboard" }));
    expect(resumed.items[1]).toMatchObject({ kind: "pause", open: false });
  });

  it("leaves nothing looking busy once the task has ended", () => {
    const timeline = fold(
      EMPTY,
      journal(
        created(),
        requested("r1"),
        proposed("c1"),
        proposed("c2"),
        { type: "tool_call_started", call_id: "c2", safe_to_repeat: true },
        ended("cancelled"),
      ),
    );
    expect(timeline.items.map((item) => ("state" in item ? item.state : item.kind))).toEqual([
      "message",
      "lost",
      "not_run",
      "cancelled",
      "ending",
    ]);
  });

  it("gathers the labels that the policy put on the task", () => {
    const labelled = decided("c1", "allow");
    if (labelled.type === "decided") labelled.decision.obligations = { labels: ["untrusted_content"] };
    expect(fold(EMPTY, journal(created(), proposed("c1"), labelled, labelled)).labels).toEqual([
      "untrusted_content",
    ]);
  });
});

describe("live", () => {
  it("streams text until the journal has the answer", () => {
    const asked = fold(EMPTY, journal(created(), requested("r1")));
    const streaming = applyLive(asked, [text("r1", "Look"), text("r1", "ing")]);
    expect(turnOf(streaming, "r1")).toMatchObject({ state: "streaming", text: "Looking" });
    const done = fold(streaming, journal(created(), ...turn("r1", "Looking around.")));
    expect(turnOf(done, "r1")).toMatchObject({ state: "done", text: "Looking around." });
    expect(applyLive(done, [text("r1", " late")])).toBe(done);
  });

  it("puts words that overtook their request into its row", () => {
    const early = applyLive(fold(EMPTY, journal(created())), [text("r1", "Hello")]);
    const timeline = fold(early, journal(created(), requested("r1")));
    expect(timeline.items).toHaveLength(2);
    expect(turnOf(timeline, "r1")).toMatchObject({ state: "streaming", text: "Hello" });
  });

  it("starts the text again when the model is asked again", () => {
    const asked = fold(EMPTY, journal(created(), requested("r1")));
    const retried = applyLive(asked, [
      text("r1", "Half a sen"),
      { type: "retrying", request_id: "r1", attempt: 2, wait_ms: 500, why: "the stream was cut" },
      text("r1", "Whole"),
    ]);
    expect(turnOf(retried, "r1")).toMatchObject({
      text: "Whole",
      retries: [{ attempt: 2, waitMs: 500, why: "the stream was cut" }],
    });
  });

  it("joins output of the same stream, keeps the order of both, and drops it for the result", () => {
    const running = fold(EMPTY, journal(created(), ...allowedCall("c1").slice(0, 3)));
    const shown = applyLive(running, [
      out("c1", "a"),
      out("c1", "b"),
      out("c1", "!", "stderr"),
      out("c1", "c"),
    ]);
    expect(call(shown, "c1")?.live).toEqual([
      { kind: "stdout", text: "ab" },
      { kind: "stderr", text: "!" },
      { kind: "stdout", text: "c" },
    ]);
    expect(call(fold(shown, journal(created(), ...allowedCall("c1"))), "c1")?.live).toEqual([]);
  });

  it("keeps the tail of endless output", () => {
    const running = fold(EMPTY, journal(created(), ...allowedCall("c1").slice(0, 3)));
    const shown = applyLive(running, [out("c1", "x".repeat(70_000)), out("c1", "end")]);
    const kept = call(shown, "c1")?.live[0]?.text ?? "";
    expect(kept).toHaveLength(65_536);
    expect(kept.endsWith("xend")).toBe(true);
  });

  it("forgets on a new connection, because the server repeats what has gathered", () => {
    const asked = fold(EMPTY, journal(created(), requested("r1")));
    const shown = foldArrivals(asked, [
      { kind: "live", event: text("r1", "Looking") },
      { kind: "connected" },
      { kind: "live", event: text("r1", "Looking on") },
    ]);
    expect(turnOf(shown, "r1").text).toBe("Looking on");
    expect(forgetLive(asked)).toBe(asked);
  });
});

function journal(...events: Event[]): Envelope[] {
  return events.map((event, index) => ({
    task_id: "t1",
    seq: index + 1,
    at: `2026-01-01T00:00:0${index % 10}Z`,
    version: 1,
    event,
  }));
}

function created(): Event {
  return {
    type: "task_created",
    prompt: "Look around",
    workspace_id: "w1",
    model: "demo",
    limits: LIMITS,
    system_prompt: "You work in a folder.",
  };
}

function decision(verdict: Decision["verdict"]): Decision {
  return {
    id: "d1",
    point: "tool.call",
    verdict,
    reasons: [],
    obligations: {},
    policy_revision: "sha256:0",
    took_us: 40,
  };
}

function requested(requestId: string): Event {
  return {
    type: "model_requested",
    request_id: requestId,
    purpose: "turn",
    reserved_tokens: 100,
    reserved_cost: 10,
    decision: decision("allow"),
  };
}

function turn(requestId: string, said: string): Event[] {
  return [
    requested(requestId),
    {
      type: "model_responded",
      request_id: requestId,
      response: {
        text: said,
        calls: [],
        usage: { input: 10, output: 5, cache_read: 0, cache_write: 0, reasoning: 0 },
        stop: "end",
      },
      cost: 12,
      took_ms: 30,
    },
  ];
}

function proposed(callId: string): Event {
  return {
    type: "tool_call_proposed",
    call_id: callId,
    request_id: "r1",
    provider_call_id: "call_0",
    name: "read_file",
    arguments: { path: "README.md" },
  };
}

function decided(callId: string, verdict: Decision["verdict"]): Event {
  return {
    type: "decided",
    call_id: callId,
    decision: decision(verdict),
    target: {
      server: "workspace",
      tool: "read_file",
      tool_digest: "sha256:1",
      arguments_digest: "sha256:2",
      read_only: true,
      safe_to_repeat: true,
    },
  };
}

function finished(callId: string, isError = false): Event {
  return {
    type: "tool_call_finished",
    call_id: callId,
    outcome: { content: [{ type: "text", text: "hello" }], isError },
    end: "completed",
    took_ms: 7,
  };
}

function allowedCall(callId: string): Event[] {
  return [
    proposed(callId),
    decided(callId, "allow"),
    { type: "tool_call_started", call_id: callId, safe_to_repeat: true },
    finished(callId),
  ];
}

function ended(end: "completed" | "cancelled" = "completed"): Event {
  return { type: "task_ended", end, text: "Done." };
}

function text(requestId: string, delta: string): LiveEvent {
  return { type: "text", request_id: requestId, delta };
}

function out(callId: string, said: string, kind: "stdout" | "stderr" = "stdout"): LiveEvent {
  return { type: "tool_progress", call_id: callId, progress: { kind, text: said } };
}

function call(timeline: Timeline, callId: string): Call | undefined {
  return timeline.items.find((item): item is Call => item.kind === "call" && item.callId === callId);
}

function turnOf(timeline: Timeline, requestId: string): Turn {
  const isIt = (item: Item): item is Turn => item.key === `turn:${requestId}`;
  const found = timeline.items.find(isIt);
  if (!found) throw new Error(`no row for ${requestId}`);
  return found;
}
