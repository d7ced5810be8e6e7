//! How a request without the right token is refused (RFC 6750 §3, RFC 9728 §5.1).

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};

use crate::problem::Problem;

use super::McpAuth;

/// Why a request is not let in. No text holds a token or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It brought no token.
    Missing,
    /// It brought one that is no good, for this reason.
    Invalid(String),
    /// Its token lacks these scopes.
    Scopes(Vec<String>),
    /// Whether the token is good cannot be found out now.
    Unavailable(String),
}

impl Denied {
    pub fn invalid(why: impl Into<String>) -> Self {
        Self::Invalid(why.into())
    }

    pub fn into_response(self, auth: Option<&McpAuth>) -> Response {
        let (status, code, error) = match &self {
            Self::Missing => (StatusCode::UNAUTHORIZED, "unauthenticated", None),
            Self::Invalid(_) => (StatusCode::UNAUTHORIZED, "invalid_token", Some("invalid_token")),
            Self::Scopes(_) => (StatusCode::FORBIDDEN, "insufficient_scope", Some("insufficient_scope")),
            Self::Unavailable(_) => (StatusCode::SERVICE_UNAVAILABLE, "unavailable", None),
        };
        let mut response = Problem::new(status, code, self.detail(auth)).into_response();
        if status != StatusCode::SERVICE_UNAVAILABLE {
            // A text of ours with nothing in it that a header cannot hold; if it did, the plain scheme says enough.
            let value = HeaderValue::try_from(self.challenge(error, auth))
                .unwrap_or(HeaderValue::from_static("Bearer realm=\"bailiwick\""));
            response.headers_mut().insert(header::WWW_AUTHENTICATE, value);
        }
        response
    }

    fn detail(&self, auth: Option<&McpAuth>) -> String {
        match self {
            Self::Missing if auth.is_some() => {
                "Send a token as `Authorization: Bearer …`: one of the authorization server that the metadata names, or \
                 the one that `bailiwick gateway connect` made for this client."
                    .into()
            }
            Self::Missing => {
                "Send a token as `Authorization: Bearer …`; `bailiwick gateway connect` makes one for a client.".into()
            }
            Self::Invalid(why) => format!("The token is not accepted: {why}."),
            Self::Scopes(scopes) => format!("The token lacks the scopes {}.", scopes.join(", ")),
            Self::Unavailable(why) => format!("Whether the token is good cannot be found out now: {why}. Try again later."),
        }
    }

    fn challenge(&self, error: Option<&str>, auth: Option<&McpAuth>) -> String {
        let mut parameters = Vec::new();
        match auth {
            Some(auth) => {
                parameters.push(format!("resource_metadata=\"{}\"", metadata_url(&auth.resource)));
                let scopes = match self {
                    Self::Scopes(scopes) => scopes.join(" "),
                    _ => auth.scopes().join(" "),
                };
                if !scopes.is_empty() {
                    parameters.push(format!("scope=\"{}\"", plain(&scopes)));
                }
            }
            None => parameters.push("realm=\"bailiwick\"".into()),
        }
        if let Some(error) = error {
            parameters.push(format!("error=\"{error}\""));
            if let Self::Invalid(why) = self {
                parameters.push(format!("error_description=\"{}\"", plain(why)));
            }
        }
        format!("Bearer {}", parameters.join(", "))
    }
}

/// Where the metadata of a resource lies (RFC 9728 §3.1): the well-known part comes between host and path.
fn metadata_url(resource: &str) -> String {
    let authority_at = resource.find("://").map_or(0, |at| at + 3);
    let path_at = resource[authority_at..].find('/').map_or(resource.len(), |at| authority_at + at);
    let (origin, path) = resource.split_at(path_at);
    format!("{origin}/.well-known/oauth-protected-resource{}", path.trim_end_matches('/'))
}

/// What a quoted string of a header may hold without escapes.
fn plain(text: &str) -> String {
    text.chars().filter(|&c| matches!(c, ' '..='~') && c != '"' && c != '\\').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metadata_lies_between_host_and_path() {
        for (resource, url) in [
            ("https://a.example/mcp", "https://a.example/.well-known/oauth-protected-resource/mcp"),
            ("https://a.example/", "https://a.example/.well-known/oauth-protected-resource"),
            ("https://a.example:1", "https://a.example:1/.well-known/oauth-protected-resource"),
        ] {
            assert_eq!(metadata_url(resource), url);
        }
    }

    #[test]
    fn nothing_breaks_out_of_a_header() {
        assert_eq!(plain("a\"b\\c\r\nd\u{e9}"), "abcd");
    }
}
