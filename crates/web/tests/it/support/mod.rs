//! What tests share.

mod app;
mod desk;
pub mod events;
mod gate;
pub mod samples;
mod script;

pub use app::{TestApp, json, problem};
pub use script::Turn;
