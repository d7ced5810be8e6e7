import { createHash, randomUUID } from "node:crypto";
import { Created, Problem } from "./answers.mjs";
import { CLIENTS, SECRETS, SERVERS } from "./gateway-data.mjs";
import { REVISION, reason } from "./task.mjs";

/** Servers, secrets and clients as they are at the beginning. */
export function freshGateway() {
  return {
    servers: structuredClone(SERVERS),
    secrets: structuredClone(SECRETS),
    clients: structuredClone(CLIENTS),
  };
}

/** A question of an MCP client, which belongs to no task. */
export function question() {
  return {
    id: randomUUID(),
    task_id: null,
    call_id: randomUUID(),
    kind: "tool_call",
    server: "github",
    tool: "create_issue",
    arguments: { repo: "ada/tide-table", title: "The table is in millimetres", labels: ["bug"] },
    reasons: [
      reason(
        "ask",
        "labels.trifecta",
        "private data and content from outside have been seen, and this call could send something out",
      ),
    ],
    binding: {
      caller: "client:session:9f2c",
      tool_digest: "sha256:1",
      arguments_digest: "sha256:2",
      policy_revision: REVISION,
    },
    always: null,
    status: "pending",
    answer: null,
    answered_by: null,
    note: null,
    roles: ["admin"],
    created_at: new Date().toISOString(),
    resolved_at: null,
    expires_at: new Date(Date.now() + 290_000).toISOString(),
    used_at: null,
  };
}

export const GATEWAY_ROUTES = [
  ["GET", /^\/servers$/, ({ world }) => ({ servers: world.servers.map(listed) })],
  [
    "POST",
    /^\/servers$/,
    ({ world, body: { name, ...spec } }) => {
      if (world.servers.some((known) => known.name === name))
        throw new Problem(422, "invalid", `There is a server called ${name} already.`);
      const added = { ...structuredClone(BLANK), name, spec, origin: "added" };
      world.servers.push(added);
      return new Created(shown(added));
    },
  ],
  ["GET", /^\/servers\/([^/]+)$/, ({ world, ids: [name] }) => shown(server(world, name))],
  [
    "DELETE",
    /^\/servers\/([^/]+)$/,
    ({ world, ids: [name] }) => {
      world.servers.splice(world.servers.indexOf(server(world, name)), 1);
    },
  ],
  [
    "POST",
    /^\/servers\/([^/]+)\/approve$/,
    ({ world, ids: [name], body }) => {
      const found = server(world, name);
      for (const { name: tool, digest } of body.tools) {
        if (find(found, tool).digest !== digest)
          throw new Problem(422, "invalid", `The description of ${tool} is no longer the one that was read.`);
      }
      for (const { name: tool } of body.tools) {
        Object.assign(find(found, tool), {
          state: "pinned",
          exposed: `${name}__${tool}`,
          diff: null,
          approved_by: "dashboard",
          approved_at: new Date().toISOString(),
        });
      }
      return shown(found);
    },
  ],
  [
    "POST",
    /^\/servers\/([^/]+)\/withdraw$/,
    ({ world, ids: [name], body }) => {
      const found = server(world, name);
      for (const tool of body.tools) {
        if (find(found, tool).state === "gone") found.tools = found.tools.filter((one) => one.name !== tool);
        else Object.assign(find(found, tool), { state: "new", exposed: null, approved_at: null });
      }
      return shown(found);
    },
  ],
  [
    "POST",
    /^\/servers\/([^/]+)\/restart$/,
    ({ world, ids: [name] }) => {
      const found = server(world, name);
      Object.assign(found, { state: "ready", problem: null, failures: 0, restarts: found.restarts + 1 });
      return shown(found);
    },
  ],
  [
    "POST",
    /^\/servers\/([^/]+)\/sign-in$/,
    ({ request }) => ({ url: `http://${request.headers.host}/mock/authorize` }),
  ],
  // Not of the API: the server describes a tool otherwise from now on.
  [
    "POST",
    /^\/mock\/servers\/([^/]+)\/describe$/,
    ({ world, ids: [name], body }) => {
      const tool = find(server(world, name), body.tool);
      tool.definition.description = body.description;
      tool.digest = digest(tool.definition);
      return {};
    },
  ],

  ["GET", /^\/secrets$/, ({ world }) => ({ secrets: world.secrets })],
  [
    "PUT",
    /^\/secrets\/([^/]+)$/,
    ({ world, ids: [name], body }) => {
      if (!/^[a-z0-9-]+$/.test(name))
        throw new Problem(422, "invalid", "A secret is named with a–z, 0–9 and `-`.");
      const known = world.secrets.find((one) => one.name === name);
      const change = { hosts: body.hosts, updated_at: new Date().toISOString() };
      if (known) Object.assign(known, change);
      else world.secrets.push({ name, used_by: [], ...change });
    },
  ],
  [
    "DELETE",
    /^\/secrets\/([^/]+)$/,
    ({ world, ids: [name] }) => {
      world.secrets = world.secrets.filter((one) => one.name !== name);
    },
  ],

  ["GET", /^\/mcp-clients$/, ({ world }) => ({ clients: world.clients })],
  [
    "POST",
    /^\/mcp-clients$/,
    ({ world, body: { name } }) => {
      if (!/^[\w.-]+$/.test(name))
        throw new Problem(
          400,
          "invalid",
          "A client is named with 1 to 64 letters, digits, `-`, `_` and `.`.",
        );
      const expires_at = new Date(Date.now() + 90 * 86_400_000).toISOString();
      world.clients = [
        { name, created_at: new Date().toISOString(), expires_at },
        ...world.clients.filter((one) => one.name !== name),
      ];
      return new Created({ token: `bw_mcp_${"x7Qk".repeat(10)}`, expires_at });
    },
  ],
  [
    "DELETE",
    /^\/mcp-clients\/([^/]+)$/,
    ({ world, ids: [name] }) => {
      world.clients = world.clients.filter((one) => one.name !== name);
    },
  ],
];

const BLANK = {
  state: "ready",
  version: "2025-11-25",
  server_name: "fresh",
  server_version: "1.0.0",
  problem: null,
  failures: 0,
  restarts: 0,
  sessions: 1,
  collisions: [],
  grants: ["It has no network."],
  stderr: "",
  discovery: {},
  tools: [
    {
      name: "greet",
      exposed: null,
      state: "new",
      digest: "sha256:greet",
      definition: { name: "greet", description: "Says hello.", inputSchema: { type: "object" } },
      diff: null,
      flags: [],
      approved_by: null,
      approved_at: null,
    },
  ],
};

function server(world, name) {
  const found = world.servers.find((one) => one.name === name);
  if (!found) throw new Problem(404, "not_found", `There is no server called ${name}.`);
  return found;
}

function find(server, name) {
  const found = server.tools.find((tool) => tool.name === name);
  if (!found) throw new Problem(404, "not_found", `${server.name} has no tool called ${name}.`);
  return found;
}

const count = (tools, states) => tools.filter((tool) => states.includes(tool.state)).length;

function shown(server) {
  return {
    ...server,
    tools_pinned: count(server.tools, ["pinned"]),
    tools_waiting: count(server.tools, ["new", "changed"]),
  };
}

function listed(server) {
  const { tools, collisions, grants, stderr, discovery, ...rest } = shown(server);
  return rest;
}

function digest(definition) {
  return `sha256:${createHash("sha256").update(JSON.stringify(definition)).digest("hex")}`;
}
