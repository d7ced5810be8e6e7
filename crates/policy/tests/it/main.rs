//! The policy as its callers use it.

mod compile;
mod decide;
mod differential;
mod pack;
mod questions;
