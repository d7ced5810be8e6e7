/** Short names for the generated types that the dashboard speaks of. */
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Answer = Schemas["Answer"];
export type AnswerApproval = Schemas["AnswerApproval"];
export type Approval = Schemas["Approval"];
export type ApprovalKind = Schemas["ApprovalKind"];
export type CallEnd = Schemas["CallEnd"];
export type CallTarget = Schemas["CallTarget"];
export type Decision = Schemas["Decision"];
export type Envelope = Schemas["Envelope"];
export type Event = Schemas["Event"];
export type FileEntry = Schemas["FileEntry"];
export type FileView = Schemas["File"];
export type Limits = Schemas["Limits"];
export type LimitKind = Schemas["LimitKind"];
export type LiveEvent = Schemas["LiveEvent"];
export type ModelError = Schemas["ModelError"];
export type ModelSettings = Schemas["ModelSettings"];
export type NewLimits = Schemas["NewLimits"];
export type NewProvider = Schemas["NewProvider"];
export type NewTask = Schemas["CreateTask"];
export type OfferedModel = Schemas["ModelOffer"];
export type PauseReason = Schemas["PauseReason"];
export type ProviderApi = Schemas["ProviderApi"];
export type ProviderView = Schemas["ProviderSettings"];
export type Reason = Schemas["Reason"];
export type Status = Schemas["Status"];
export type StopReason = Schemas["StopReason"];
export type TaskDetail = Schemas["Task"];
export type TaskEnd = Schemas["TaskEnd"];
export type TaskRule = Schemas["TaskRule"];
export type TaskStatus = Schemas["TaskStatus"];
export type TaskSummary = Schemas["TaskSummary"];
export type ToolOutcome = Schemas["ToolOutcome"];
export type ToolProgress = Schemas["ToolProgress"];
export type Usage = Schemas["Usage"];
