/** What the API sends, written after `crates/domain` until the generated types take over. */

export type Verdict = "allow" | "ask" | "deny";
export type TaskStatus = "running" | "waiting" | "paused" | "completed" | "failed" | "cancelled";
export type ApprovalKind = "tool_call" | "outcome_unknown";
export type Answer = "approve" | "deny" | "retry" | "count_as_done" | "stop";
export type LimitKind = "steps" | "tokens" | "cost" | "wall_time";

export interface Limits {
  steps_max: number;
  tokens_max: number;
  /** Millionths of a US dollar, as every amount here. */
  cost_max: number;
  wall_seconds_max: number;
}
export type LimitsChange = Partial<Limits>;

export interface Spent {
  steps: number;
  tokens: number;
  cost: number;
  wall_ms: number;
}

export interface Usage {
  input: number;
  output: number;
  cache_read: number;
  cache_write: number;
  reasoning: number;
}

export interface Reason {
  verdict: Verdict;
  rule: string;
  message: string;
}

export interface Obligations {
  redact?: string[];
  labels?: string[];
  time_limit_ms?: number;
}

export interface Decision {
  id: string;
  point: string;
  verdict: Verdict;
  reasons: Reason[];
  obligations: Obligations;
  policy_revision: string;
  took_us: number;
}

export interface RuleScope {
  server: string;
  tool: string;
  rules: string[];
  command_prefixes?: string[][];
  description: string;
}

export interface TaskRule {
  id: string;
  task_id: string;
  scope: RuleScope;
  created_by: string;
  created_at: string;
  revoked_at: string | null;
}

export interface Approval {
  id: string;
  task_id: string;
  call_id: string;
  kind: ApprovalKind;
  server: string;
  tool: string;
  arguments: unknown;
  reasons: Reason[];
  binding: { tool_digest: string; arguments_digest: string; policy_revision: string };
  always: RuleScope | null;
  status: "pending" | "resolved" | "void";
  answer: Answer | null;
  answered_by: string | null;
  note: string | null;
  created_at: string;
  resolved_at: string | null;
}

export interface Explanation {
  approval: Approval;
  decision: Decision;
  question: unknown;
  text: string;
}

export interface TaskSummary {
  id: string;
  workspace_id: string;
  title: string;
  model: string;
  status: TaskStatus;
  status_text: string | null;
  limits: Limits;
  spent: Spent;
  last_seq: number;
  created_at: string;
  updated_at: string;
}

export interface Workspace {
  id: string;
  root: string;
  name: string;
  created_at: string;
}

export type TaskDetail = TaskSummary & { workspace: Workspace; pending_approvals: Approval[] };

export interface Price {
  input: number;
  output: number;
  cache_read?: number | null;
  cache_write?: number | null;
}

export interface ModelInfo {
  name: string;
  context_tokens: number;
  max_output_tokens: number;
  price: Price | null;
  host: string | null;
}
export type OfferedModel = ModelInfo & { ready: boolean; why_not?: string | null };

export interface FenceReport {
  level: "limits" | "landlock" | "namespaces" | null;
  floor: string;
  layers: { name: string; holds: boolean; detail: string; advice: string | null }[];
}

export interface Status {
  version: string;
  model_default: string;
  models: OfferedModel[];
  default_workspace: Workspace | null;
  policy: { revision: string };
  fence: FenceReport;
}

export interface FileEntry {
  name: string;
  kind: "file" | "directory" | "symlink" | "other";
  size_bytes: number;
  modified_at: string | null;
}
export interface Folder {
  path: string;
  entries: FileEntry[];
  truncated: boolean;
}
export interface FileView {
  path: string;
  size_bytes: number;
  kind: "text" | "image" | "binary";
  text?: string | null;
  data_base64?: string | null;
  mime_type?: string | null;
  truncated: boolean;
}

export type ProviderApi = "openai_responses" | "openai_chat" | "anthropic_messages" | "gemini";
export interface ProviderView {
  name: string;
  api: ProviderApi;
  base_url: string | null;
  key_env: string | null;
  has_key: boolean;
  key_source: "credentials" | "environment" | null;
  models: ModelInfo[];
}
export interface ModelSettings {
  default_model: string;
  providers: ProviderView[];
  offered: ModelInfo[];
}
export interface ModelTest {
  ok: boolean;
  message: string;
  took_ms: number;
}

export interface ModelError {
  kind: string;
  message: string;
}

export interface ModelCall {
  provider_call_id: string;
  name: string;
  arguments: unknown;
  repaired?: string;
}

export interface ModelResponse {
  text: string;
  reasoning?: string;
  calls: ModelCall[];
  usage: Usage;
  stop: "end" | "max_tokens" | "refused" | "other";
  opaque?: unknown;
}

export interface CallTarget {
  server: string;
  tool: string;
  tool_digest: string;
  arguments_digest: string;
  read_only: boolean;
  safe_to_repeat: boolean;
}

export interface ToolOutcome {
  content: unknown[];
  structuredContent?: unknown;
  isError: boolean;
}

export type CallEnd = "completed" | "cancelled" | "failed" | "result_blocked" | "counted_as_done";
export type TaskEnd = "completed" | "failed" | "cancelled";

export type PauseReason =
  | { kind: "limit"; limit: LimitKind; used: number; max: number }
  | { kind: "model"; error: ModelError }
  | { kind: "policy"; decision: Decision }
  | { kind: "workspace" }
  | { kind: "person" }
  | { kind: "fault" };

export type Event =
  | {
      type: "task_created";
      prompt: string;
      workspace_id: string;
      model: string;
      limits: Limits;
      system_prompt: string;
    }
  | {
      type: "model_requested";
      request_id: string;
      purpose: "turn" | "compaction";
      reserved_tokens: number;
      reserved_cost: number;
      decision: Decision;
    }
  | { type: "model_responded"; request_id: string; response: ModelResponse; cost: number; took_ms: number }
  | { type: "model_failed"; request_id: string; error: ModelError; took_ms: number }
  | {
      type: "tool_call_proposed";
      call_id: string;
      request_id: string;
      provider_call_id: string;
      name: string;
      arguments: unknown;
      repaired?: string;
    }
  | { type: "decided"; call_id: string; decision: Decision; target: CallTarget }
  | { type: "approval_requested"; approval_id: string; call_id: string; kind: ApprovalKind }
  | {
      type: "approval_resolved";
      approval_id: string;
      call_id: string;
      kind: ApprovalKind;
      answer: Answer;
      by: string;
      note?: string;
      rule_id?: string;
    }
  | { type: "approval_voided"; approval_id: string; call_id: string; why: string }
  | { type: "tool_call_started"; call_id: string; safe_to_repeat: boolean }
  | {
      type: "tool_call_finished";
      call_id: string;
      outcome: ToolOutcome;
      end: CallEnd;
      took_ms: number;
      decision?: Decision;
    }
  | { type: "message_received"; text: string; by: string }
  | { type: "limits_changed"; limits: Limits; by: string }
  | { type: "paused"; reason: PauseReason; text: string }
  | { type: "resumed"; by: string }
  | { type: "cancel_requested"; by: string }
  | { type: "compacted"; request_id: string; through_seq: number; summary: string }
  | { type: "note"; text: string }
  | { type: "task_ended"; end: TaskEnd; text: string };

export interface Envelope {
  task_id: string;
  seq: number;
  at: string;
  version: number;
  event: Event;
}

export type ToolProgress = { kind: "stdout" | "stderr" | "message"; text: string };

export type LiveEvent =
  | { type: "text"; request_id: string; delta: string }
  | { type: "reasoning"; request_id: string; delta: string }
  | { type: "retrying"; request_id: string; attempt: number; wait_ms: number; why: string }
  | { type: "tool_progress"; call_id: string; progress: ToolProgress };
