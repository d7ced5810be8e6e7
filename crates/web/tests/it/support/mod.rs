//! What tests share.

mod app;
mod desk;
pub mod events;
mod gate;
pub mod samples;
mod script;
mod shelf;

pub use app::{LOCAL_TOKEN, TestApp, json, problem};
pub use script::Turn;
pub use shelf::DIGEST;
