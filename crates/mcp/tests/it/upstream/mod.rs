//! `mcp::upstream` against servers that keep to the rules, and against those that do not.

mod crowd;
mod eras;
mod hostile_http;
mod hostile_pipe;
mod questions;
mod real;
mod support;
mod web;
