import { randomUUID } from "node:crypto";

export const LIMITS = { steps_max: 100, tokens_max: 2_000_000, cost_max: 5_000_000, wall_seconds_max: 3_600 };

/** One task: its journal, its watchers, and the words with which a story drives it. */
export class Task {
  constructor(world, { prompt, workspace, model, limits = {}, at = new Date().toISOString() }) {
    this.world = world;
    this.id = randomUUID();
    this.workspace = workspace;
    this.journal = [];
    this.watchers = new Set();
    this.gathered = [];
    this.stopped = false;
    this.summary = {
      id: this.id,
      workspace_id: workspace.id,
      title: prompt.split("\n")[0].slice(0, 120),
      model,
      status: "running",
      status_text: null,
      limits: { ...LIMITS, ...limits },
      spent: { steps: 0, tokens: 0, cost: 0, wall_ms: 0 },
      last_seq: 0,
      created_at: at,
      updated_at: at,
    };
    const system_prompt =
      "You work in one folder, with tools that a policy watches over.\n\n# AGENTS.md\n\nRun the tests.";
    this.append(
      {
        type: "task_created",
        prompt,
        workspace_id: workspace.id,
        model,
        limits: this.summary.limits,
        system_prompt,
      },
      at,
    );
  }

  async run(story) {
    try {
      await story(this);
    } catch (error) {
      if (error !== STOPPED) throw error;
    }
  }

  abort() {
    this.stopped = true;
    this.wake?.();
    for (const watcher of this.watchers) watcher.end();
  }

  append(event, at = new Date().toISOString()) {
    const envelope = { task_id: this.id, seq: this.journal.length + 1, at, version: 1, event };
    this.journal.push(envelope);
    this.gathered = [];
    Object.assign(this.summary, { last_seq: envelope.seq, updated_at: at });
    for (const watcher of this.watchers) {
      watcher.journal(envelope);
      watcher.task(this.summary);
    }
    return envelope;
  }

  live(event) {
    this.gathered.push(event);
    for (const watcher of this.watchers) watcher.live(event);
  }

  status(status, status_text = null) {
    Object.assign(this.summary, { status, status_text });
  }

  async pause(factor = 1) {
    await new Promise((done) => setTimeout(done, this.world.paceMs * factor));
    if (this.stopped) throw STOPPED;
  }

  /** Waits until something calls `wake`. */
  async sleep() {
    await new Promise((done) => {
      this.wake = done;
    });
    if (this.stopped) throw STOPPED;
  }

  async say(text, { reasoning = "", retries = 0 } = {}) {
    const request_id = randomUUID();
    this.append({
      type: "model_requested",
      request_id,
      purpose: "turn",
      reserved_tokens: 9_000,
      reserved_cost: 120_000,
      decision: decision("allow", "model.call", [
        reason("allow", "model.within_limits", "the model is within the limits"),
      ]),
    });
    for (let attempt = 2; attempt < retries + 2; attempt += 1) {
      this.live({
        type: "retrying",
        request_id,
        attempt,
        wait_ms: 1_200,
        why: "the vendor is overloaded (529)",
      });
      await this.pause(8);
    }
    await this.pause(8);
    for (const delta of pieces(reasoning)) {
      this.live({ type: "reasoning", request_id, delta });
      await this.pause(0.5);
    }
    for (const delta of pieces(text)) {
      this.live({ type: "text", request_id, delta });
      await this.pause();
    }
    const usage = {
      input: 2_100 + text.length,
      output: 60 + Math.round(text.length / 4),
      cache_read: 1_800,
      cache_write: 0,
      reasoning: Math.round(reasoning.length / 4),
    };
    const cost = Math.round(usage.input * 0.9 + usage.output * 15);
    const spent = this.summary.spent;
    Object.assign(spent, {
      steps: spent.steps + 1,
      tokens: spent.tokens + usage.input + usage.output,
      cost: spent.cost + cost,
      wall_ms: Date.now() - Date.parse(this.summary.created_at),
    });
    const response = { text, ...(reasoning ? { reasoning } : {}), calls: [], usage, stop: "end" };
    this.append({ type: "model_responded", request_id, response, cost, took_ms: 820 + text.length * 4 });
    return request_id;
  }

  propose(name, args, extra = {}) {
    const call_id = randomUUID();
    this.append({
      type: "tool_call_proposed",
      call_id,
      request_id: randomUUID(),
      provider_call_id: "call_0",
      name,
      arguments: args,
      ...extra,
    });
    return { call_id, name, arguments: args };
  }

  decide(call, verdict, reasons) {
    const digest = "sha256:5b0c1f6e8a7d4c3b2a190817263544536271809f0e1d2c3b4a59687786950413";
    const read_only = ["list_directory", "read_file", "search_files"].includes(call.name);
    const target = {
      server: "workspace",
      tool: call.name,
      tool_digest: digest,
      arguments_digest: digest,
      read_only,
      safe_to_repeat: read_only,
    };
    this.append({
      type: "decided",
      call_id: call.call_id,
      decision: decision(verdict, "tool.call", reasons),
      target,
    });
  }

  /** A call that the policy allows, from the proposal to the result. */
  async call(name, args, outcome, { output = [], tookMs = 12, reasons, end = "completed", extra } = {}) {
    const call = this.propose(name, args, extra);
    await this.pause(2);
    this.decide(
      call,
      "allow",
      reasons ?? [reason("allow", "files.inside", "the path is inside the workspace")],
    );
    await this.perform(call, outcome, { output, tookMs, end });
    return call;
  }

  async perform(call, outcome, { output = [], tookMs = 12, end = "completed" } = {}) {
    this.append({ type: "tool_call_started", call_id: call.call_id, safe_to_repeat: true });
    for (const text of output) {
      this.live({ type: "tool_progress", call_id: call.call_id, progress: { kind: "stdout", text } });
      await this.pause(2);
    }
    await this.pause(2);
    const allowed = decision("allow", "tool.result", []);
    this.append({
      type: "tool_call_finished",
      call_id: call.call_id,
      outcome,
      end,
      took_ms: tookMs,
      decision: allowed,
    });
  }

  async deny(name, args, reasons) {
    const call = this.propose(name, args);
    await this.pause(2);
    this.decide(call, "deny", reasons);
  }

  /** Puts a question and waits for its answer. */
  async ask(call, { reasons, always = null, kind = "tool_call" }) {
    if (kind === "tool_call") this.decide(call, "ask", reasons);
    const approval = {
      id: randomUUID(),
      task_id: this.id,
      call_id: call.call_id,
      kind,
      server: "workspace",
      tool: call.name,
      arguments: call.arguments,
      reasons,
      binding: {
        caller: `task:${this.id}`,
        tool_digest: "sha256:1",
        arguments_digest: "sha256:2",
        policy_revision: REVISION,
      },
      always,
      status: "pending",
      answer: null,
      answered_by: null,
      note: null,
      roles: [],
      created_at: new Date().toISOString(),
      resolved_at: null,
      expires_at: null,
      used_at: null,
    };
    this.world.approvals.set(approval.id, approval);
    this.status("waiting");
    this.append({ type: "approval_requested", approval_id: approval.id, call_id: call.call_id, kind });
    while (approval.status === "pending") await this.sleep();
    return approval;
  }

  resolve(approval, { answer, always = false, note, by = "api" }) {
    Object.assign(approval, {
      status: "resolved",
      answer,
      answered_by: by,
      note: note ?? null,
      resolved_at: new Date().toISOString(),
    });
    const event = {
      type: "approval_resolved",
      approval_id: approval.id,
      call_id: approval.call_id,
      kind: approval.kind,
      answer,
      by,
    };
    if (note) event.note = note;
    if (always && approval.always) {
      const rule = {
        id: randomUUID(),
        task_id: this.id,
        scope: approval.always,
        created_by: by,
        created_at: approval.resolved_at,
        revoked_at: null,
      };
      this.world.rules.push(rule);
      event.rule_id = rule.id;
    }
    this.status("running");
    this.append(event);
    this.wake?.();
  }

  async halt(reason, text) {
    this.status("paused", text);
    this.append({ type: "paused", reason, text });
    while (this.summary.status === "paused") await this.sleep();
  }

  resume(limits) {
    if (limits) {
      Object.assign(this.summary.limits, limits);
      this.append({ type: "limits_changed", limits: this.summary.limits, by: "dashboard" });
    }
    this.status("running");
    this.append({ type: "resumed", by: "dashboard" });
    this.wake?.();
  }

  end(end, text) {
    this.status(end, text);
    this.append({ type: "task_ended", end, text });
  }

  cancel() {
    this.append({ type: "cancel_requested", by: "dashboard" });
    for (const approval of this.world.approvals.values()) {
      if (approval.task_id !== this.id || approval.status !== "pending") continue;
      approval.status = "void";
      this.append({
        type: "approval_voided",
        approval_id: approval.id,
        call_id: approval.call_id,
        why: "the task was cancelled",
      });
    }
    this.end("cancelled", "Cancelled by you.");
    this.stopped = true;
    this.wake?.();
  }

  message(text) {
    this.append({ type: "message_received", text, by: "dashboard" });
    if (this.summary.status !== "running" && this.summary.status !== "waiting") {
      this.stopped = false;
      this.status("running");
      void this.run(async (task) => {
        await task.say(`You wrote: “${text}”. I am a mock and have nothing to add.`);
        task.end("completed", "Answered.");
      });
    }
  }
}

const STOPPED = new Error("the task was stopped");

export const REVISION = "sha256:7c1e0b2f9a4d6e8813c5f7a9b1d3e5f70123456789abcdef0123456789abcdef";

export function reason(verdict, rule, message) {
  return { verdict, rule, message };
}

export function decision(verdict, point, reasons) {
  return {
    id: randomUUID(),
    point,
    verdict,
    reasons,
    obligations: {},
    policy_revision: REVISION,
    took_us: 38,
  };
}

/** Text in the small pieces in which models send it. */
function pieces(text) {
  return text.match(/\s*\S{1,7}/g) ?? [];
}
