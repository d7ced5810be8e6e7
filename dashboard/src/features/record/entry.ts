import type { Reason, RecordEntry } from "@/api/types";
import { visible } from "@/lib/visible";

/** What a line of the record says of an entry. */
export interface Told {
  /** Like "tool.call" or "server.put". */
  what: string;
  /** What it was about, like "delete_path of workspace". */
  subject: string;
  verdict?: Reason["verdict"] | undefined;
  /** Who did it; decisions are made by the policy. */
  by?: string | undefined;
  reasons: readonly Reason[];
  decisionId?: string | undefined;
  taskId?: string | undefined;
}

const VERDICTS = ["allow", "ask", "deny"] as const;

/** Reads an entry leniently: the record may be older than this page. */
export function tell({ kind, body }: RecordEntry): Told {
  const said = members(body);
  if (kind !== "decision") {
    const tools = toolsOf(members(said.detail)).join(", ");
    const subject = text(said.subject);
    return {
      what: kind,
      subject: visible(tools ? `${tools} of ${subject}` : subject),
      by: visible(text(said.by)),
      reasons: [],
    };
  }
  const decision = members(said.decision);
  const [server, tool] = [text(said.server), text(said.tool)];
  return {
    what: text(decision.point) || kind,
    subject: visible(tool && server ? `${tool} of ${server}` : tool || server),
    verdict: VERDICTS.find((known) => known === decision.verdict),
    reasons: Array.isArray(decision.reasons) ? decision.reasons.filter(isReason) : [],
    decisionId: text(decision.id) || undefined,
    taskId: text(said.task_id) || undefined,
  };
}

/** Tools that were approved or withdrawn stand in the detail; the subject is their server. */
function toolsOf(detail: Record<string, unknown>): string[] {
  const all = Array.isArray(detail.tools) ? detail.tools.map((one) => members(one).tool) : [detail.tool];
  return all.map(text).filter(Boolean);
}

function isReason(value: unknown): value is Reason {
  const { verdict, rule, message } = members(value);
  return typeof verdict === "string" && typeof rule === "string" && typeof message === "string";
}

function members(value: unknown): Record<string, unknown> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}
