import { Created, Problem, Raw } from "./answers.mjs";
import { FENCE } from "./data.mjs";
import { watch } from "./events.mjs";
import { GATEWAY_ROUTES } from "./gateway.mjs";
import { POLICY_ROUTES } from "./policy.mjs";
import { RECORD_ROUTES } from "./record.mjs";
import { REVISION } from "./task.mjs";

/** Answers what belongs to the API; false for what does not. */
export async function handle(world, request, response, url) {
  if (url.pathname === "/mock/reset") {
    world.reset(JSON.parse((await body(request)) || "{}"));
    json(response, 200, {});
    return true;
  }
  if (url.pathname === "/mock/drop") {
    for (const one of world.tasks.values()) for (const watcher of one.watchers) watcher.end();
    json(response, 200, {});
    return true;
  }
  if (!url.pathname.startsWith("/api/v1/")) return false;
  try {
    if (world.signedOut)
      throw new Problem(401, "unauthenticated", "Sign in with a link from `bailiwick sign-in`.");
    const path = url.pathname.slice("/api/v1".length);
    for (const [method, pattern, answer] of ROUTES) {
      const match = method === request.method && pattern.exec(path);
      if (!match) continue;
      const text = await body(request);
      const ids = match.slice(1).map(decodeURIComponent);
      const result = await answer({ world, request, response, url, ids, body: text ? JSON.parse(text) : {} });
      if (result instanceof Created) json(response, 201, result.body);
      else if (result instanceof Raw) response.writeHead(200, result.headers).end(result.text);
      else if (result === undefined) response.writeHead(204).end();
      else if (result !== STREAMING) json(response, 200, result);
      return true;
    }
    throw new Problem(404, "not_found", "There is nothing at this address.");
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { status, code, message } = error;
    json(
      response,
      status,
      { type: "about:blank", title: code, status, detail: message, code },
      "application/problem+json",
    );
    return true;
  }
}

const STREAMING = Symbol("streaming");

const ROUTES = [
  ...GATEWAY_ROUTES,
  ...POLICY_ROUTES,
  ...RECORD_ROUTES,
  [
    "POST",
    /^\/sign-out$/,
    ({ world }) => {
      world.signedOut = true;
    },
  ],
  [
    "GET",
    /^\/status$/,
    ({ world }) => ({
      version: "0.1.0-mock",
      model_default: world.defaultModel,
      models: world.models,
      default_workspace: world.workspaces[0],
      policy: { revision: REVISION },
      fence: FENCE,
    }),
  ],
  ["GET", /^\/tasks$/, ({ world, url }) => page(world, url.searchParams)],
  [
    "POST",
    /^\/tasks$/,
    ({ world, body }) => {
      if (!body.prompt) throw new Problem(400, "invalid", "`prompt` is empty: say what should be done.");
      if (body.workspace && !body.workspace.startsWith("/")) {
        throw new Problem(400, "invalid", `${body.workspace} is not an absolute path.`);
      }
      return new Created(world.start(body).summary);
    },
  ],
  [
    "GET",
    /^\/tasks\/([^/]+)$/,
    ({ world, ids: [id] }) => {
      const { summary, workspace } = task(world, id);
      return { ...summary, workspace, pending_approvals: pending(world, id) };
    },
  ],
  [
    "GET",
    /^\/tasks\/([^/]+)\/events$/,
    ({ world, request, response, url, ids: [id] }) => {
      watch(task(world, id), request, response, url);
      return STREAMING;
    },
  ],
  ["POST", /^\/tasks\/([^/]+)\/cancel$/, ({ world, ids: [id] }) => act(world, id, (found) => found.cancel())],
  [
    "POST",
    /^\/tasks\/([^/]+)\/resume$/,
    ({ world, ids: [id], body }) => act(world, id, (found) => found.resume(body.limits)),
  ],
  [
    "POST",
    /^\/tasks\/([^/]+)\/messages$/,
    ({ world, ids: [id], body }) => act(world, id, (found) => found.message(body.text)),
  ],
  [
    "GET",
    /^\/tasks\/([^/]+)\/rules$/,
    ({ world, ids: [id] }) => ({ rules: world.rules.filter((rule) => rule.task_id === id) }),
  ],
  [
    "DELETE",
    /^\/tasks\/([^/]+)\/rules\/([^/]+)$/,
    ({ world, ids: [, ruleId] }) => {
      const rule = world.rules.find((known) => known.id === ruleId);
      return Object.assign(rule, { revoked_at: new Date().toISOString() });
    },
  ],
  [
    "GET",
    /^\/approvals$/,
    ({ world, url }) => ({ approvals: pending(world, url.searchParams.get("task_id")) }),
  ],
  ["GET", /^\/approvals\/([^/]+)\/explain$/, ({ world, ids: [id] }) => explain(approval(world, id))],
  [
    "POST",
    /^\/approvals\/([^/]+)$/,
    ({ world, ids: [id], body }) => {
      const found = approval(world, id);
      if (found.status !== "pending")
        throw new Problem(409, "already_resolved", "This approval was already resolved.");
      if (found.task_id) task(world, found.task_id).resolve(found, body);
      else resolveCall(found, body);
      return found;
    },
  ],
  [
    "POST",
    /^\/approvals\/([^/]+)\/link$/,
    ({ world, request, ids: [id] }) => ({
      url: `http://${request.headers.host}/approve/${approval(world, id).id}.k3Jx0a`,
      expires_at: new Date(Date.now() + 600_000).toISOString(),
    }),
  ],
  ["GET", /^\/workspaces$/, ({ world }) => ({ workspaces: world.workspaces })],
  [
    "POST",
    /^\/workspaces$/,
    ({ world, body }) => {
      if (!body.path.startsWith("/home/"))
        throw new Problem(400, "invalid", `${body.path} is not an existing folder.`);
      return world.workspaceAt(body.path);
    },
  ],
  [
    "GET",
    /^\/workspaces\/[^/]+\/files$/,
    ({ world, url }) => folder(world.files, url.searchParams.get("path") ?? ""),
  ],
  ["GET", /^\/workspaces\/[^/]+\/file$/, ({ world, url }) => file(world.files, url.searchParams.get("path"))],
  ["GET", /^\/settings\/models$/, ({ world }) => settings(world)],
  [
    "PUT",
    /^\/settings\/models\/default$/,
    ({ world, body }) => {
      world.defaultModel = body.model;
      return settings(world);
    },
  ],
  [
    "PUT",
    /^\/settings\/models\/providers\/([^/]+)\/key$/,
    ({ world, ids: [name] }) => {
      Object.assign(provider(world, name), { has_key: true, key_source: "credentials" });
      return settings(world);
    },
  ],
  [
    "DELETE",
    /^\/settings\/models\/providers\/([^/]+)\/key$/,
    ({ world, ids: [name] }) => {
      Object.assign(provider(world, name), { has_key: false, key_source: null });
      return settings(world);
    },
  ],
  [
    "PUT",
    /^\/settings\/models\/providers\/([^/]+)$/,
    ({ world, ids: [name], body }) => {
      const change = { base_url: null, key_env: null, ...body };
      const known = world.providers.find((one) => one.name === name);
      if (known) Object.assign(known, change);
      else world.providers.push({ name, has_key: false, key_source: null, models: [], ...change });
      return settings(world);
    },
  ],
  [
    "POST",
    /^\/settings\/models\/test$/,
    ({ body }) =>
      body.model === "demo" || body.model.startsWith("ollama/")
        ? { ok: true, message: `${body.model} answered.`, took_ms: 412 }
        : { ok: false, message: "The vendor refused the key (401). Enter another.", took_ms: 190 },
  ],
];

function page(world, query) {
  const search = (query.get("search") ?? "").toLowerCase();
  const limit = Number(query.get("limit") ?? 50);
  const before = query.get("before");
  let rows = world
    .summaries()
    .filter(
      (row) =>
        row.title.toLowerCase().includes(search) &&
        (!query.get("status") || row.status === query.get("status")),
    );
  if (before) rows = rows.slice(rows.findIndex((row) => row.id === before) + 1);
  const tasks = rows.slice(0, limit);
  return { tasks, next_before: rows.length > limit ? tasks.at(-1).id : null };
}

function settings(world) {
  const offered = world.models.filter(({ ready }) => ready).map(({ ready, why_not, ...model }) => model);
  return { default_model: world.defaultModel, providers: world.providers, offered };
}

function explain(found) {
  return {
    approval: found,
    decision: {
      id: found.id,
      point: "tool.call",
      verdict: "ask",
      reasons: found.reasons,
      obligations: {},
      policy_revision: REVISION,
      took_us: 38,
    },
    question: {
      point: "tool.call",
      ...(found.task_id ? {} : { session: { id: "s1", client: "cursor\u200b", labels: [] } }),
      tool: { name: found.tool },
      arguments: found.arguments,
    },
    text: "The rule files.delete asks a person before anything is deleted. No rule denies the call.",
  };
}

function folder(files, path) {
  const prefix = path ? `${path}/` : "";
  const names = new Map();
  for (const [name, content] of Object.entries(files)) {
    if (!name.startsWith(prefix)) continue;
    const [first, ...rest] = name.slice(prefix.length).split("/");
    const kind = rest.length > 0 ? "directory" : "file";
    names.set(first, {
      name: first,
      kind,
      size_bytes: kind === "file" ? sizeOf(content) : 0,
      modified_at: "2026-11-20T10:00:00Z",
    });
  }
  return { path, entries: [...names.values()], truncated: false };
}

function file(files, path) {
  const content = files[path];
  if (content === undefined)
    throw new Problem(404, "not_found", `There is no file ${path} in this workspace.`);
  const shared = { path, size_bytes: sizeOf(content), truncated: false };
  return typeof content === "string" ? { ...shared, kind: "text", text: content } : { ...shared, ...content };
}

const sizeOf = (content) => (typeof content === "string" ? Buffer.byteLength(content) : 4_096);

function task(world, id) {
  const found = world.tasks.get(id);
  if (!found) throw new Problem(404, "not_found", "There is no such task.");
  return found;
}

function approval(world, id) {
  const found = world.approvals.get(id);
  if (!found) throw new Problem(404, "not_found", "There is no such approval.");
  return found;
}

function provider(world, name) {
  const found = world.providers.find((known) => known.name === name);
  if (!found) throw new Problem(404, "not_found", `There is no provider ${name}.`);
  return found;
}

function pending(world, taskId) {
  return [...world.approvals.values()].filter(
    (found) => found.status === "pending" && (!taskId || found.task_id === taskId),
  );
}

/** A question of an MCP client: nothing but the client waits for the answer. */
function resolveCall(found, { answer, note, by = "api" }) {
  Object.assign(found, {
    status: "resolved",
    answer,
    answered_by: by,
    note: note ?? null,
    resolved_at: new Date().toISOString(),
  });
}

function act(world, id, action) {
  const found = task(world, id);
  action(found);
  return found.summary;
}

async function body(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

function json(response, status, value, type = "application/json") {
  response.writeHead(status, { "content-type": type });
  response.end(JSON.stringify(value));
}
