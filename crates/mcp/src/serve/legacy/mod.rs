//! Clients up to 2025-11-25: `initialize`, then a conversation with a state.

mod asked;
mod conversation;
mod downgrade;
pub(super) mod http;
mod initialize;
mod known;
mod lane;
mod listening;
mod rounds;
mod sessions;
mod stream;
mod tasks;

pub(super) use conversation::Conversation;
pub(super) use initialize::open;
pub(super) use lane::Lane;
pub(super) use sessions::Sessions;
