//! The life of a call, with a real store and the shipped policy.

mod approvals;
mod calls;
mod models;
mod peer;
mod redaction;
mod relay;
mod remote;
mod results;
mod room;
mod rules;
mod search;
mod trust;
mod waiting;
