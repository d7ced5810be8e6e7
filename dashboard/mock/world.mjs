import { randomUUID } from "node:crypto";
import { FILES, MODELS, PROVIDERS, WORKSPACES } from "./data.mjs";
import { freshGateway, question } from "./gateway.mjs";
import { freshPolicy } from "./policy.mjs";
import { freshRecord } from "./record.mjs";
import { choose } from "./stories.mjs";
import { Task } from "./task.mjs";

/** Everything the mock knows, in memory. */
export class World {
  constructor(paceMs) {
    this.paceMs = paceMs;
    this.tasks = new Map();
    this.reset({});
  }

  /**
   * Back to the beginning. `tasks` ended tasks are there already; `signed_out` answers 401 to everything; `question`
   * puts the question of an MCP client; `broken` is the entry of the record that somebody changed; `policy_source`
   * says where the rules come from.
   */
  reset({ tasks = 4, signed_out = false, pace, question: asked = false, broken = null, policy_source }) {
    for (const task of this.tasks.values()) task.abort();
    if (pace !== undefined) this.paceMs = pace;
    this.signedOut = signed_out;
    this.tasks = new Map();
    this.approvals = new Map();
    this.rules = [];
    this.models = structuredClone(MODELS);
    this.providers = structuredClone(PROVIDERS);
    this.defaultModel = "demo";
    this.workspaces = structuredClone(WORKSPACES);
    this.files = FILES;
    Object.assign(this, freshGateway(), { policy: freshPolicy(policy_source), record: freshRecord(broken) });
    if (asked) this.ask(question());
    for (let index = tasks; index > 0; index -= 1) this.past(index);
  }

  start({ prompt, workspace, model, limits }) {
    const place = this.workspaceAt(
      workspace ?? (model === "demo" ? "/tmp/bailiwick-sample" : WORKSPACES[0].root),
    );
    const task = new Task(this, { prompt, workspace: place, model: model || this.defaultModel, limits });
    this.tasks.set(task.id, task);
    task.run(choose(prompt));
    return task;
  }

  ask(approval) {
    this.approvals.set(approval.id, approval);
  }

  workspaceAt(root) {
    let found = this.workspaces.find((workspace) => workspace.root === root);
    if (!found) {
      found = { id: randomUUID(), root, name: root.split("/").pop(), created_at: new Date().toISOString() };
      this.workspaces.push(found);
    }
    return found;
  }

  summaries() {
    return [...this.tasks.values()].reverse().map((task) => task.summary);
  }

  /** A task of earlier days. */
  past(index) {
    const titles = [
      "Explain how the fence decides which layers hold",
      "Find out why the release build is slow and write down what you tried",
      "Rename `Cfg` to `Config` everywhere and run the tests",
      "Update the changelog for the coming release",
    ];
    const ends = ["completed", "failed", "completed", "cancelled"];
    const title = titles[(index - 1) % titles.length];
    const at = new Date(Date.now() - index * 5.4e7).toISOString();
    const task = new Task(this, {
      prompt: title,
      workspace: this.workspaces[0],
      model: "anthropic/claude-sonnet",
      at,
    });
    const end = ends[(index - 1) % ends.length];
    const text =
      end === "failed" ? "The model refused the request as malformed; see the last answer." : "Done.";
    task.append({ type: "task_ended", end, text }, at);
    Object.assign(task.summary, {
      status: end,
      status_text: text,
      spent: { steps: 3 + index * 4, tokens: 8_140 * index, cost: 41_300 * index, wall_ms: 61_000 * index },
      updated_at: at,
    });
    this.tasks.set(task.id, task);
  }
}
