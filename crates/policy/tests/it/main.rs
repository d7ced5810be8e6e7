//! The policy as its callers use it.

mod bundles;
mod compile;
mod conformance;
mod decide;
mod definite;
mod differential;
mod format;
mod generated;
mod hostile;
mod opa;
mod opa_server;
mod pack;
mod questions;
mod tools;
