//! The policy as its callers use it.

mod bundles;
mod compile;
mod decide;
mod differential;
mod pack;
mod questions;
