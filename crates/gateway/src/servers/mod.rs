//! The servers behind the gateway. The set changes at run time; what each lists is kept until it changes.

mod fetch;
mod lists;
mod set;
mod slot;
mod status;

pub(crate) use fetch::itself;
pub(crate) use lists::{Item, KnownTool};
pub(crate) use set::{ListChanged, Servers};
pub(crate) use slot::{Freshness, Kind, Server, Slot};
pub use status::{Collision, ServerStatus};

/// Longest name of a server, bytes.
const NAME_BYTES_MAX: usize = 64;

/// Whether a server may be called this. The error is a sentence.
pub(crate) fn check_name(name: &str) -> Result<(), String> {
    let legal = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if name.is_empty() || name.len() > NAME_BYTES_MAX || !name.chars().all(legal) {
        return Err(format!(
            "a server is named with a–z, 0–9 and `-`, at most {NAME_BYTES_MAX} of them; `{}` is not",
            name.escape_debug().take(NAME_BYTES_MAX).collect::<String>()
        ));
    }
    if crate::search::SERVER == name {
        return Err(format!("`{name}` is the gateway itself; choose another name"));
    }
    Ok(())
}
