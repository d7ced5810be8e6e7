import { randomUUID } from "node:crypto";
import { Problem } from "./answers.mjs";
import { FILES, VERSIONS } from "./policy-data.mjs";
import { check, diff, test } from "./policy-reports.mjs";
import { REVISION, reason } from "./task.mjs";

export function freshPolicy(source = "version") {
  return { source, files: structuredClone(FILES), versions: structuredClone(VERSIONS) };
}

export const POLICY_ROUTES = [
  ["GET", /^\/policy$/, ({ world }) => ({ revision: REVISION, files: world.policy.files })],
  ["GET", /^\/policy\/status$/, ({ world }) => status(world.policy.source)],
  ["GET", /^\/policy\/versions$/, ({ world }) => ({ versions: world.policy.versions })],
  ["POST", /^\/policy\/check$/, ({ body }) => check(body.files)],
  ["POST", /^\/policy\/test$/, ({ body }) => test(usable(body.files))],
  ["POST", /^\/policy\/diff$/, ({ world, body }) => diff(world.policy.files, usable(body.files))],
  ["POST", /^\/policy\/replay$/, ({ body }) => replay(usable(body.files), body.last)],
  ["POST", /^\/policy\/explain$/, ({ body }) => explain(body)],
  [
    "POST",
    /^\/policy\/activate$/,
    ({ world: { policy }, body }) => {
      const { passed, failed } = test(usable(body.files)).tests;
      if (failed.length > 0) throw refused(`The draft fails its own tests: ${failed.join("; ")}`);
      if (passed.length === 0) throw refused("The draft has no tests: add a file that ends in `_test.rego`.");
      const id = randomUUID();
      const at = new Date().toISOString();
      policy.files = body.files;
      for (const version of policy.versions) version.active = false;
      policy.versions.unshift({
        id,
        note: body.note,
        created_by: "dashboard",
        created_at: at,
        active: true,
        activated_by: "dashboard",
        activated_at: at,
      });
      policy.source = "version";
      return { id };
    },
  ],
  [
    "POST",
    /^\/policy\/versions\/([^/]+)\/activate$/,
    ({ world: { policy }, ids: [id] }) => {
      for (const version of policy.versions) version.active = version.id === id;
      policy.source = id === "shipped" ? "shipped" : "version";
    },
  ],
];

function status(source) {
  const ago = (seconds) => new Date(Date.now() - seconds * 1_000).toISOString();
  const bundle = {
    name: "https://bundles.example.com/bailiwick.tar.gz",
    active_revision: "2026-11-18",
    policy_revision: REVISION,
    signed_by: "release",
    etag: '"5f3a"',
    last_activation: ago(86_000),
    last_request: ago(20),
    last_success: ago(300),
    last_error: "the bundle server answered 503",
    failures: 2,
  };
  const log = { sent: 4_812, dropped: 3, refused: 0, waiting: 12, failures: 0, last_error: null };
  return {
    engine: "embedded",
    source,
    revision: REVISION,
    bundle: source === "bundle" ? bundle : null,
    decision_log: { upload: log, file: null },
  };
}

function refused(why) {
  return new Problem(422, "policy_tests_failed", why);
}

function usable(files) {
  const error = check(files).problems.find((problem) => problem.level === "error");
  if (error)
    throw new Problem(
      422,
      "policy_unusable",
      `The rules cannot be used: ${error.file}:${error.line}:${error.column}: ${error.message}`,
    );
  return files;
}

function replay(files, last) {
  const stricter = files.some((file) => file.text.includes("pushes.main"));
  const change = (index) => ({
    id: randomUUID(),
    at: new Date(Date.parse("2026-11-20T09:00:00Z") + index * 90_000).toISOString(),
    point: "tool.call",
    server: "workspace",
    tool: "run_command",
    before: [reason("allow", "commands.known", "`git push` is a known command")],
    after: [reason("deny", "pushes.main", "nothing is pushed to main")],
    ...(index === 0 ? { inexact: [{ pointer: "/arguments/env", why: "redacted" }] } : {}),
  });
  const changes = stricter ? [change(0), change(1), change(2)] : [];
  return {
    replayed: last - 2,
    inexact: stricter ? 1 : 0,
    unchanged: last - 2 - changes.length,
    groups: changes.length > 0 ? [{ from: "allow", to: "deny", changes }] : [],
    skipped: [
      { id: randomUUID(), why: "it was decided without a rule, by gateway.quarantined" },
      { id: randomUUID(), why: "it is no question of today" },
    ],
  };
}

function explain({ decision_id: id }) {
  if (!/^[0-9a-f-]{36}$/.test(id ?? "")) throw new Problem(404, "not_found", "There is no such decision.");
  const ask = reason("ask", "labels.trifecta", "this call could send something out");
  return {
    verdict: "ask",
    reasons: [ask],
    obligations: { labels: ["private_data"] },
    policy_revision: REVISION,
    spoke: [
      {
        set: "ask",
        rule: "labels.trifecta",
        file: "labels.rego",
        line: 6,
        line_end: 10,
        said: [{ rule: ask.rule, message: ask.message }],
        conditions: [
          {
            text: 'input.point == "tool.call"',
            line: 7,
            values: [{ name: "input.point", value: "tool.call" }],
          },
          { text: "has_both", line: 8, values: [] },
        ],
        found: [{ labels: ["private_data", "untrusted_content"] }],
      },
    ],
    silent: [
      {
        set: "deny",
        rule: "secrets.path",
        file: "secrets.rego",
        line: 5,
        line_end: 9,
        held: 1,
        of: 3,
        failed: {
          text: "some path in input.resources.paths",
          line: 7,
          values: [{ name: "input.resources.paths", value: [] }],
        },
        found: [],
      },
      ...Array.from({ length: 6 }, (_, index) => ({
        set: "ask",
        rule: `far.away_${index + 1}`,
        file: "commands.rego",
        line: 4 + index,
        line_end: 9,
        held: 0,
        of: 4,
        failed: { text: 'input.point == "egress"', line: 5, values: [] },
        found: [],
      })),
    ],
    sentences: [
      "labels.trifecta asks (labels.rego:6): this call could send something out.",
      "Nearly: secrets.path (secrets.rego:5) did not speak, because `some path in input.resources.paths` (line 7) does not hold.",
    ],
  };
}
