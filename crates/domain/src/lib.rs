//! Ids and plain types that every room shares.
//!
//! No runtime, no I/O: nothing here starts a task, opens a file or reads the clock unless its name says so.
//! The two ports that cross rooms live here as well ([`model::Model`] and, in `agent`, the tool port),
//! because both their sides may not know each other.

pub mod approval;
pub mod decision;
pub mod digest;
pub mod ids;
pub mod journal;
pub mod limits;
pub mod model;
pub mod money;
pub mod server;
mod size;
pub mod task;
pub mod tool;

pub use ids::{
    ApprovalId, CallId, DecisionId, ModelRequestId, PrincipalId, RuleId, TaskId, TenantId, WorkspaceId,
};
pub use money::MicroUsd;
pub use size::json_bytes;

/// A point in time, UTC. Stored with microsecond precision on both engines.
pub type Timestamp = chrono::DateTime<chrono::Utc>;
