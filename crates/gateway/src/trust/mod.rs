//! Which definitions of tools a person has seen: pins, quarantine, and what to look at twice.

mod approve;
mod diff;
mod flags;
mod lookalike;
mod pins;

pub use approve::{ApprovedTool, ToolState, ToolTrust};
pub use diff::diff;
pub use flags::{Flag, flags};
pub(crate) use pins::{PinState, Pins, twice};
