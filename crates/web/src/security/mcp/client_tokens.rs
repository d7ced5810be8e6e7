//! Tokens that were made for one MCP client each. They are sessions of a kind of their own: they open `/mcp` and
//! nothing else, and the cookie of a browser does not open `/mcp`.

use domain::PrincipalId;
use store::Session;

use super::admitted::principal_of;

/// Longest name of a client.
const NAME_BYTES_MAX: usize = 64;
/// Labels of clients' sessions begin with this.
pub(crate) const CLIENT_LABELS: &str = "mcp:";

/// A client, as the person calls it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ClientName(String);

impl ClientName {
    /// Letters, digits, `-`, `_` and `.`, so that a name is fit for a rule and a listing.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        (!text.is_empty() && text.len() <= NAME_BYTES_MAX && text.chars().all(fits))
            .then(|| Self(text.to_owned()))
    }

    /// The client of a session; `None` for those of browsers.
    pub fn of(session: &Session) -> Option<Self> {
        session.label.strip_prefix(CLIENT_LABELS).and_then(Self::parse)
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Each client is someone of its own in the record.
    pub fn principal_id(&self) -> PrincipalId {
        principal_of("bailiwick mcp client", &self.0)
    }
}

/// What the session of a client's token is labelled with.
pub(crate) fn label(name: &ClientName) -> String {
    format!("{CLIENT_LABELS}{}", name.0)
}

/// Whether a session is a client's token and not a browser's.
pub(crate) fn is_client_token(session: &Session) -> bool {
    session.label.starts_with(CLIENT_LABELS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for good in ["cursor", "claude-desktop", "VS_Code.1"] {
            assert!(ClientName::parse(good).is_some(), "{good}");
        }
        for bad in ["", "a b", "a:b", "\u{e9}", "a/b", &"x".repeat(65)] {
            assert!(ClientName::parse(bad).is_none(), "{bad}");
        }
        let (one, other) = (ClientName::parse("one").unwrap(), ClientName::parse("other").unwrap());
        assert_ne!(one.principal_id(), other.principal_id());
    }
}
