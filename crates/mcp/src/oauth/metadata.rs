//! Metadata of authorization servers (RFC 8414, OpenID Connect Discovery).

use serde::Deserialize;
use url::Url;

use super::address;
use super::error::{OAuthError, foreign};
use super::fetch::{Fetch, Found};

/// An authorization server whose metadata was checked: addresses may be asked, the issuer is the one expected.
#[derive(Clone, Debug)]
pub(super) struct AuthorizationServer {
    /// As the metadata spells it; `None` for the endpoints of 2025-03-26, which have no metadata.
    pub issuer: Option<String>,
    pub authorization_endpoint: Option<Url>,
    pub token_endpoint: Url,
    pub registration_endpoint: Option<Url>,
    /// Announces PKCE with S256.
    pub pkce: bool,
    /// Answers to the browser carry `iss` (RFC 9207).
    pub answers_with_iss: bool,
    pub takes_metadata_documents: bool,
    pub auth_methods: Vec<String>,
    pub scopes_supported: Vec<String>,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: Option<String>,
    token_endpoint: Option<String>,
    registration_endpoint: Option<String>,
    response_types_supported: Option<Vec<String>>,
    #[serde(default)]
    code_challenge_methods_supported: Vec<String>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    client_id_metadata_document_supported: bool,
}

/// Finds the metadata of the issuer that the metadata of `server` names.
pub(super) async fn of_issuer(
    fetch: &Fetch,
    issuer: &str,
    server: &Url,
) -> Result<AuthorizationServer, OAuthError> {
    let url = address::parse(issuer, server)?;
    find(fetch, &url, issuer, server).await?.ok_or_else(|| {
        OAuthError::Refused(format!(
            "{server} names {} as its authorization server, but that publishes no metadata",
            foreign(issuer)
        ))
    })
}

/// A server older than RFC 9728 is its own authorization server, with metadata at its root.
pub(super) async fn of_legacy(
    fetch: &Fetch,
    server: &Url,
) -> Result<Option<AuthorizationServer>, OAuthError> {
    let root = address::origin(server);
    find(fetch, &root, root.as_str(), server).await
}

/// Where servers of 2025-03-26 without any metadata have their endpoints.
pub(super) fn fallback(server: &Url) -> AuthorizationServer {
    AuthorizationServer {
        issuer: None,
        authorization_endpoint: Some(address::with_path(server, "/authorize")),
        token_endpoint: address::with_path(server, "/token"),
        registration_endpoint: Some(address::with_path(server, "/register")),
        pkce: true,
        answers_with_iss: false,
        takes_metadata_documents: false,
        auth_methods: Vec::new(),
        scopes_supported: Vec::new(),
    }
}

async fn find(
    fetch: &Fetch,
    url: &Url,
    issuer: &str,
    server: &Url,
) -> Result<Option<AuthorizationServer>, OAuthError> {
    for place in well_known(url) {
        if let Found::Document(document) = fetch.document::<Document>(&place).await? {
            return checked(document, issuer, server).map(Some);
        }
    }
    Ok(None)
}

/// RFC 8414 first, its path inserted; then OpenID Connect, inserted and appended.
fn well_known(issuer: &Url) -> Vec<Url> {
    const OAUTH: &str = "/.well-known/oauth-authorization-server";
    const OPENID: &str = "/.well-known/openid-configuration";
    let path = issuer.path().trim_end_matches('/');
    let mut places = vec![format!("{OAUTH}{path}"), format!("{OPENID}{path}")];
    if !path.is_empty() {
        places.push(format!("{path}{OPENID}"));
    }
    places.iter().map(|place| address::with_path(issuer, place)).collect()
}

fn checked(document: Document, expected: &str, server: &Url) -> Result<AuthorizationServer, OAuthError> {
    if !same_issuer(&document.issuer, expected) {
        return Err(OAuthError::Refused(format!(
            "the metadata of {} says that it is {}: one poses as the other",
            foreign(expected),
            foreign(&document.issuer)
        )));
    }
    if document
        .response_types_supported
        .as_ref()
        .is_some_and(|types| !types.iter().any(|kind| kind == "code"))
        && document.authorization_endpoint.is_some()
    {
        return Err(OAuthError::Refused(format!(
            "{} gives no authorization codes",
            foreign(&document.issuer)
        )));
    }
    let endpoint = |text: Option<&String>| text.map(|text| address::parse(text, server)).transpose();
    let token_endpoint = endpoint(document.token_endpoint.as_ref())?
        .ok_or_else(|| OAuthError::Refused(format!("{} has no token endpoint", foreign(&document.issuer))))?;
    Ok(AuthorizationServer {
        authorization_endpoint: endpoint(document.authorization_endpoint.as_ref())?,
        token_endpoint,
        registration_endpoint: endpoint(document.registration_endpoint.as_ref())?,
        pkce: document.code_challenge_methods_supported.iter().any(|method| method == "S256"),
        answers_with_iss: document.authorization_response_iss_parameter_supported,
        takes_metadata_documents: document.client_id_metadata_document_supported,
        // RFC 8414 §2: what it means to say nothing.
        auth_methods: document
            .token_endpoint_auth_methods_supported
            .unwrap_or_else(|| vec!["client_secret_basic".into()]),
        scopes_supported: document.scopes_supported,
        issuer: Some(document.issuer),
    })
}

/// The same text (RFC 8414 §3.3). An issuer without a path may be written with or without its final slash: libraries
/// that hold addresses in parsed form cannot tell the two apart, and they are one address.
fn same_issuer(one: &str, other: &str) -> bool {
    fn bare(text: &str) -> &str {
        let rootless = text.strip_suffix('/').unwrap_or(text);
        if rootless.split_once("://").is_some_and(|(_, rest)| !rest.contains('/')) { rootless } else { text }
    }
    bare(one) == bare(other)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(issuer: &str) -> Vec<String> {
        well_known(&Url::parse(issuer).unwrap()).into_iter().map(Into::into).collect()
    }

    #[test]
    fn the_places_come_in_the_order_of_the_specification() {
        assert_eq!(
            places("https://a.example/tenant1/"),
            [
                "https://a.example/.well-known/oauth-authorization-server/tenant1",
                "https://a.example/.well-known/openid-configuration/tenant1",
                "https://a.example/tenant1/.well-known/openid-configuration"
            ]
        );
        assert_eq!(
            places("https://a.example"),
            [
                "https://a.example/.well-known/oauth-authorization-server",
                "https://a.example/.well-known/openid-configuration"
            ]
        );
    }

    #[test]
    fn issuers_are_compared_as_text() {
        assert!(same_issuer("https://a.example", "https://a.example/"));
        for other in ["https://a.example/x", "https://A.example", "http://a.example", "https://a.example:443"]
        {
            assert!(!same_issuer("https://a.example", other), "{other}");
        }
        assert!(!same_issuer("https://a.example/x", "https://a.example/x/"));
    }

    #[test]
    fn endpoints_elsewhere_in_the_clear_are_refused() {
        let server = Url::parse("https://a.example/mcp").unwrap();
        let document = |token: &str| Document {
            issuer: "https://b.example".into(),
            authorization_endpoint: Some("https://b.example/authorize".into()),
            token_endpoint: Some(token.into()),
            registration_endpoint: None,
            response_types_supported: None,
            code_challenge_methods_supported: vec!["S256".into()],
            token_endpoint_auth_methods_supported: None,
            scopes_supported: Vec::new(),
            authorization_response_iss_parameter_supported: false,
            client_id_metadata_document_supported: false,
        };
        assert!(checked(document("https://b.example/token"), "https://b.example", &server).unwrap().pkce);
        for token in ["http://b.example/token", "http://127.0.0.1/token"] {
            assert!(checked(document(token), "https://b.example", &server).is_err());
        }
        assert!(checked(document("https://b.example/token"), "https://c.example", &server).is_err());
    }
}
