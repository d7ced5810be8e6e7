//! The life of a call, with a real store and the shipped policy.

mod approvals;
mod calls;
mod models;
mod results;
mod room;
mod rules;
