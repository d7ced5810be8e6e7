//! Decisions in the format of OPA's decision log, so that what reads those reads ours.
//!
//! One event is one JSON object:
//!
//! ```json
//! {
//!   "labels": {"id": "desk-1", "version": "0.1.0"},
//!   "decision_id": "0190…",
//!   "trace_id": "4bf9…", "span_id": "00f0…",
//!   "bundles": {"main": {"revision": "7"}},
//!   "path": "bailiwick",
//!   "input": {"point": "tool.call", "…": "the question"},
//!   "result": {"verdict": "deny", "deny": [{"rule": "commands.system", "message": "…"}], "ask": [], "allow": []},
//!   "erased": ["/input/arguments/token"], "masked": ["/input/arguments/password"],
//!   "requested_by": "agent 0190…",
//!   "timestamp": "2026-11-23T20:15:00.123456Z",
//!   "metrics": {"timer_rego_query_eval_ns": 31000}
//! }
//! ```
//!
//! `result` is what a rule `data.bailiwick` comes to as far as it decides: the sets, the numbers, and the verdict; helper
//! rules, which a real OPA also writes, are left out. `erased` lists what a mask removed, `masked` what one replaced:
//! paths with `/`, each name percent-encoded, as OPA writes them.
//!
//! A file holds one event a line; an upload is an array of events, gzip-compressed.

mod event;
mod mask;

pub use event::{BundleRevision, LogEvent, Made};
pub use mask::{Mask, MaskError};
