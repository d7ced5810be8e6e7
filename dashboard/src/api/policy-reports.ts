/**
 * What the policy room says of a draft and of a call. The description of the API calls these bodies objects and no
 * more: they are the serde types of crates/policy/src/check.rs, coverage.rs, tests_of_rules.rs, diff.rs, explain.rs,
 * replay.rs and replay/question.rs, member for member, and of crates/opa/src/source/status.rs and decision_log.rs.
 */
import type { Reason, Verdict } from "./types";

/** `POST /policy/check` (check.rs: `Report`). */
export interface CheckReport {
  problems: Problem[];
}

export interface Problem {
  level: "error" | "warning";
  code: string;
  /** Empty when it is about the policy as a whole. */
  file: string;
  /** Counted from 1; 0 when it is about a whole file. */
  line: number;
  column: number;
  message: string;
  help?: string;
}

/** `POST /policy/test` (coverage.rs: `Coverage`). */
export interface Coverage {
  files: Record<string, FileCoverage>;
  covered_lines: number;
  not_covered_lines: number;
  /** Percent of lines. */
  coverage: number;
  tests: TestReport;
}

export interface FileCoverage {
  covered?: LineRange[];
  not_covered?: LineRange[];
  covered_lines: number;
  not_covered_lines: number;
  coverage: number;
}

/** Both ends included. */
export interface LineRange {
  start: { row: number };
  end: { row: number };
}

/** tests_of_rules.rs. Failed ones have the reason behind a colon. */
export interface TestReport {
  passed: string[];
  failed: string[];
}

/** `POST /policy/diff` (diff.rs). */
export interface Difference {
  rules: { added: RuleAt[]; removed: RuleAt[]; changed: RuleAt[] };
  files: { path: string; change: "added" | "removed" | "changed"; lines: string }[];
}

export interface RuleAt {
  name: string;
  file: string;
  line: number;
}

/** `POST /policy/explain` (explain.rs: `Explanation`). */
export interface Explanation {
  verdict: Verdict;
  reasons: Reason[];
  obligations: Obligations;
  policy_revision: string;
  spoke: Spoke[];
  silent: Silent[];
  sentences: string[];
}

export type Obligations = Record<string, unknown>;

export interface Place {
  set: string;
  /** Its stable name; empty when it gives only a sentence. */
  rule: string;
  file: string;
  line: number;
  line_end: number;
}

export interface Spoke extends Place {
  said: unknown[];
  conditions: Condition[];
  found: unknown[];
}

export interface Silent extends Place {
  held: number;
  of: number;
  failed: Condition;
  found: unknown[];
}

export interface Condition {
  text: string;
  line: number;
  values: { name: string; value: unknown }[];
}

/** `POST /policy/replay` (replay.rs: `Replay`). */
export interface Replay {
  replayed: number;
  inexact: number;
  unchanged: number;
  groups: ReplayGroup[];
  skipped: { id: string; why: string }[];
}

export interface ReplayGroup {
  from: Verdict;
  to: Verdict;
  changes: Changed[];
}

export interface Changed {
  id: string;
  at: string;
  point: string;
  server: string;
  tool: string;
  before: Reason[];
  after: Reason[];
  obligations?: { before: Obligations; after: Obligations };
  inexact?: { pointer: string; why: "redacted" | "shortened" | "withheld" | "missing" }[];
}

/** `PolicyStatus.bundle` (opa: source/status.rs). */
export interface BundleStatus {
  name: string;
  active_revision: string | null;
  policy_revision: string | null;
  signed_by: string | null;
  etag: string | null;
  last_activation: string | null;
  last_request: string | null;
  last_success: string | null;
  last_error: string | null;
  failures: number;
}

/** `PolicyStatus.decision_log` (opa: decision_log.rs `Counts`). */
export interface DecisionLogCounts {
  upload: LogDestination | null;
  file: LogDestination | null;
}

export interface LogDestination {
  sent: number;
  dropped: number;
  refused: number;
  waiting: number;
  failures: number;
  last_error: string | null;
}
