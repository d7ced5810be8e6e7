//! The model port over the four wire formats, against a server that is as strict as the vendors.

mod errors;
mod opaque;
mod repair;
mod retries;
mod secrets;
mod support;
mod turns;
