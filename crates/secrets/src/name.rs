use crate::SecretError;

pub const NAME_CHARS_MAX: usize = 64;

/// Names are for people and for settings files: short, in lower case, and clear to see where they end.
pub fn check_name(name: &str) -> Result<(), SecretError> {
    let outer = |c: Option<char>| c.is_some_and(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    let good = name.len() <= NAME_CHARS_MAX
        && outer(name.chars().next())
        && outer(name.chars().next_back())
        && name.chars().all(is_inner);
    if good { Ok(()) } else { Err(SecretError::Name(name.chars().take(NAME_CHARS_MAX + 1).collect())) }
}

/// Whether a character may stand in a name.
pub(crate) fn is_inner(c: char) -> bool {
    c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_' | '.')
}
