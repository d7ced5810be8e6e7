import { Raw } from "./answers.mjs";
import { decision, reason } from "./task.mjs";

/** Entries of the record at the beginning. */
const ENTRIES = 73;

const ACTS = [
  ["server.put", "github", { transport: "stdio" }],
  ["pin.set", "github", { tools: [{ tool: "get_file", digest: "sha256:get_file" }] }],
  ["secret.set", "github-token", { hosts: ["api.github.com"] }],
  ["policy.activated", "sha256:7c1e0b2f", { note: "Pushes need a person" }],
];

const DECISIONS = [
  ["allow", "get_file", reason("allow", "reads.inside", "reads inside the workspace")],
  ["ask", "create_issue", reason("ask", "labels.trifecta", "this call could send something out")],
  [
    "deny",
    "search_issues",
    reason("deny", "gateway.quarantined", "its description has changed since it was approved"),
  ],
];

export function freshRecord(broken) {
  const entries = Array.from({ length: ENTRIES }, (_, index) => {
    const seq = index + 1;
    const at = new Date(Date.parse("2026-11-20T08:00:00Z") + index * 61_000).toISOString();
    return {
      seq,
      at,
      hash: `${String(seq).padStart(4, "0")}${"a1b2c3d4e5f6".repeat(5)}`,
      ...content(index, at),
    };
  });
  return { entries, broken };
}

function content(index, at) {
  if (index % 6 === 0) {
    const [kind, subject, detail] = ACTS[(index / 6) % ACTS.length];
    return { kind, body: { kind, by: "dashboard", subject, detail } };
  }
  const [verdict, tool, why] = DECISIONS[index % DECISIONS.length];
  const body = {
    decision: decision(verdict, "tool.call", [why]),
    task_id: null,
    call_id: null,
    principal_id: "0190a000-0000-7000-8000-0000000000aa",
    server: "github",
    tool,
    question: { point: "tool.call", tool: { name: tool }, arguments: { repo: "ada/tide-table" } },
    at,
  };
  return { kind: "decision", body };
}

export const RECORD_ROUTES = [
  [
    "GET",
    /^\/record$/,
    ({ world, url }) => {
      const before = Number(url.searchParams.get("before") ?? ENTRIES + 1);
      const limit = Number(url.searchParams.get("limit") ?? 50);
      const older = world.record.entries.filter((entry) => entry.seq < before);
      return { entries: older.reverse().slice(0, limit) };
    },
  ],
  [
    "POST",
    /^\/record\/verify$/,
    ({ world: { record } }) => ({
      whole: record.broken === null,
      entries: record.entries.length,
      head: record.entries.at(-1).hash,
      first_bad: record.broken,
      why: record.broken === null ? null : "Its text is not what its hash says.",
    }),
  ],
  [
    "GET",
    /^\/record\/export$/,
    ({ world: { record } }) => {
      const lines = [...record.entries, { head: { seq: record.entries.length } }];
      return new Raw(lines.map((line) => `${JSON.stringify(line)}\n`).join(""), {
        "content-type": "application/jsonl",
        "content-disposition": 'attachment; filename="bailiwick-record.jsonl"',
      });
    },
  ],
];
