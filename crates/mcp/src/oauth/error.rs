//! Why signing in to a server did not work, for the person who has to mend it.

/// No variant holds a token, a code or a secret. Texts of foreign servers are shortened and cleaned
/// ([`foreign`]).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OAuthError {
    /// An address that must not be asked: plain `http` to another machine, credentials in it, a refused range.
    #[error("{url} is not asked: {why}")]
    Address { url: String, why: String },
    /// Not reached, too slow, too large, or out of order.
    #[error("{url} could not be asked: {why}")]
    Unreachable { url: String, why: String },
    /// The server or its authorization server contradicts itself or lacks what is required.
    #[error("{0}")]
    Refused(String),
    /// The authorization server said no.
    #[error("the authorization server answered {code}: {description}")]
    Denied { code: String, description: String },
    /// What the browser brought back belongs to no sign-in under way.
    #[error(
        "this sign-in is not known here: it was used before, is older than ten minutes, or began before a restart. \
         Begin again from the gateway's page or with `bailiwick gateway sign-in SERVER`"
    )]
    UnknownState,
    /// The record of tokens could not be read or written.
    #[error("tokens could not be kept: {0}")]
    Store(String),
    /// A secret that the configuration names could not be resolved.
    #[error("{0}")]
    Secret(String),
}

/// Characters of a foreign text that are shown.
const FOREIGN_CHARS_MAX: usize = 200;

/// A text of another server, fit for a terminal and a log line.
pub(super) fn foreign(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(FOREIGN_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_texts_are_short_and_plain() {
        assert_eq!(foreign("no\u{1b}[31m\r\nway"), "no[31mway");
        assert_eq!(foreign(&"x".repeat(1_000)).len(), FOREIGN_CHARS_MAX);
    }
}
