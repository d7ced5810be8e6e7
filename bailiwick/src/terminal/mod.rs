//! What a person sees and types in a terminal.

pub mod ask;
pub mod clean;
pub mod diff;
pub mod render;
pub mod say;
pub mod table;

pub use ask::Asker;
pub use clean::clean;
pub use render::Renderer;
pub(crate) use say::{remark, say};

use anstyle::{AnsiColor, Style};

pub const BOLD: Style = Style::new().bold();
pub const DIM: Style = Style::new().dimmed();
pub const GREEN: Style = AnsiColor::Green.on_default();
pub const RED: Style = AnsiColor::Red.on_default();
pub const YELLOW: Style = AnsiColor::Yellow.on_default();
pub const CYAN: Style = AnsiColor::Cyan.on_default();

/// The last characters of an id: the random ones, so that two tasks of one minute differ.
pub fn short(id: impl std::fmt::Display) -> String {
    let text = id.to_string();
    text[text.len().saturating_sub(8)..].to_owned()
}
