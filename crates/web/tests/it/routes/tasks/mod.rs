//! Tasks through the API: made, listed, steered, watched.

mod create;
mod decisions;
mod events;
mod journal;
mod list;
mod rules;
mod steer;
