//! The loop on a real SQLite store, with a scripted model and a scripted gate.

mod approvals;
mod cancel;
mod compaction;
mod crash;
mod faults;
mod limits;
mod messages;
mod models;
mod properties;
mod queue;
mod story;
mod support;
