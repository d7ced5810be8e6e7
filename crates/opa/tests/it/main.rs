//! Bundle sources, decision logs and the OPA engine, each against the real OPA or a server of the tests.

mod engine;
mod log;
mod support;
mod watch;
