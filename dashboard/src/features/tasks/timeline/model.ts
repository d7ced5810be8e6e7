import type {
  Answer,
  ApprovalKind,
  CallEnd,
  CallTarget,
  Decision,
  Limits,
  ModelError,
  PauseReason,
  TaskEnd,
  ToolOutcome,
  ToolProgress,
  Usage,
} from "@/api/types";

/** What the page shows of a journal: rows in order, each with a key that never changes. */
export interface Timeline {
  /** Sequence number of the last journal event folded in; 0 before the first. */
  lastSeq: number;
  items: readonly Item[];
  /** Labels that the policy put on the task, in order of appearance. */
  labels: readonly string[];
  systemPrompt: string;
}

export type Item = Message | Turn | Call | Pause | Line | Ending;

/** Words of the person: the prompt, and whatever was said later. */
export interface Message {
  kind: "message";
  key: string;
  at: string;
  text: string;
  by: string;
}

/** One request to the model and what came back. */
export interface Turn {
  kind: "turn";
  key: string;
  at: string;
  purpose: "turn" | "compaction";
  /** `lost`: the process died or the task ended while it was under way. */
  state: "streaming" | "done" | "failed" | "lost";
  text: string;
  reasoning: string;
  retries: readonly Retry[];
  /** The text was cut because the model reached its output limit, or it refused. */
  stop?: "end" | "max_tokens" | "refused" | "other";
  error?: ModelError;
  usage?: Usage;
  cost?: number;
  tookMs?: number;
}

export interface Retry {
  attempt: number;
  waitMs: number;
  why: string;
}

export type CallState =
  /** Not decided yet, or decided and about to run. */
  | "proposed"
  /** A person has to answer. */
  | "asked"
  | "running"
  | "done"
  /** The tool answered with an error of its own. */
  | "error"
  | "denied"
  | "cancelled"
  | "failed"
  | "blocked"
  | "counted_as_done"
  /** The task ended before it could run. */
  | "not_run";

export interface Call {
  kind: "call";
  key: string;
  callId: string;
  at: string;
  name: string;
  arguments: unknown;
  repaired?: string;
  state: CallState;
  /** The policy's latest answer about the call. */
  decision?: Decision;
  target?: CallTarget;
  approval?: CallApproval;
  /** Output while it runs; the outcome replaces it. */
  live: readonly ToolProgress[];
  startedAt?: string;
  outcome?: ToolOutcome;
  tookMs?: number;
  /** The policy's answer about the result. */
  resultDecision?: Decision;
}

export interface CallApproval {
  id: string;
  kind: ApprovalKind;
  state: "pending" | "answered" | "void";
  answer?: Answer;
  by?: string;
  note?: string;
  /** Answered with "always for this task". */
  always?: boolean;
  why?: string;
}

export interface Pause {
  kind: "pause";
  key: string;
  at: string;
  reason: PauseReason;
  text: string;
  /** False once the task went on. */
  open: boolean;
}

/** A small remark between the rows. */
export interface Line {
  kind: "line";
  key: string;
  at: string;
  what: "resumed" | "limits" | "cancel" | "compacted" | "note";
  text: string;
  /** More to read on demand. */
  detail?: string;
  limits?: Limits;
}

export interface Ending {
  kind: "ending";
  key: string;
  at: string;
  end: TaskEnd;
  text: string;
}

export const EMPTY: Timeline = { lastSeq: 0, items: [], labels: [], systemPrompt: "" };

/** How a finished call is shown, from how it ended. */
export function endState(end: CallEnd, isError: boolean): CallState {
  if (end === "completed") return isError ? "error" : "done";
  return end === "result_blocked" ? "blocked" : end;
}

export function newTurn(key: string, at: string, purpose: Turn["purpose"]): Turn {
  return { kind: "turn", key, at, purpose, state: "streaming", text: "", reasoning: "", retries: [] };
}
