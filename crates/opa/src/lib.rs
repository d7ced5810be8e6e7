//! What OPA has outside of us: bundle servers, decision logs, an OPA server as the engine.
//!
//! Formats live in `policy` ([`policy::bundle`], [`policy::decision_log`]) and have no I/O; this room moves them:
//!
//! - [`Source::watch`] keeps a policy current from a folder, an archive or a bundle server. What does not load, verify,
//!   compile or pass its own tests changes nothing: the last good policy stays in force and [`Status`] says why.
//! - [`DecisionLog`] sends decisions to where OPA's would go, and to a file. It never holds up a call: what does not
//!   fit into its buffer is dropped, oldest first, and counted.
//! - [`OpaEngine`] puts questions to a real OPA server. What is no clear answer is a deny.
//!
//! HTTP clients are given to it, so that the one who wires it decides where they may reach.

mod decision_log;
mod engine;
mod source;

pub use decision_log::{Counts, DecisionLog, DecisionLogConfig, FileConfig, LogError, UploadConfig};
pub use engine::{OpaConfig, OpaEngine};
pub use source::{Active, Place, Source, SourceError, Status, Watch};
