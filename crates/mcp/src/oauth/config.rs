//! What a [`Client`](super::Client) and an [`Account`](super::Account) are made of.

use std::sync::Arc;

use futures::future::BoxFuture;
use secrecy::SecretString;
use serde_json::{Value, json};
use url::Url;

use super::address::is_loopback;
use super::store::TokenStore;

/// What a process needs to sign in anywhere.
pub struct Parts {
    pub store: Arc<dyn TokenStore>,
    pub identity: Identity,
}

/// How this installation presents itself to authorization servers.
#[derive(Clone, Debug)]
pub struct Identity {
    /// Shown to the person on the consent page.
    pub client_name: String,
    /// `https` address at which [`client_metadata`] is served. It is the client id towards servers that announce
    /// client id metadata documents; without one, dynamic registration is used there too.
    pub metadata_url: Option<Url>,
    /// Where the browser may come back to, as that document lists it. A sign-in that comes back elsewhere uses
    /// dynamic registration.
    pub redirect_uris: Vec<Url>,
}

/// One server behind the gateway.
pub struct Server {
    /// Key of its records, and its name in error texts.
    pub name: String,
    /// Address of the MCP endpoint; tokens go there and nowhere else.
    pub url: Url,
    /// Must not follow redirects, and refuses addresses at connect time (`outbound`).
    pub http: reqwest::Client,
    /// Asked before each request to any address that a server named.
    pub check: UrlCheck,
    /// A client registered by hand; else a metadata document, else dynamic registration.
    pub configured: Option<Configured>,
    /// Scopes the person wants; empty: what the server asks for.
    pub scopes: Vec<String>,
    pub flow: Flow,
    /// Servers of 2025-03-26 may publish no metadata at all and have `/authorize`, `/token` and `/register` at their
    /// root. Such a server cannot announce PKCE, so this is off unless a person wants it.
    pub endpoint_fallback: bool,
}

/// Refuses an address, with the reason.
pub type UrlCheck = Arc<dyn Fn(&Url) -> Result<(), String> + Send + Sync>;

/// Gives a secret when it is needed, so that it is not held longer. The error says what to do.
pub type SecretSource = Arc<dyn Fn() -> BoxFuture<'static, Result<SecretString, String>> + Send + Sync>;

/// A client that a person registered with the authorization server.
#[derive(Clone)]
pub struct Configured {
    pub client_id: String,
    /// `None`: a public client.
    pub client_secret: Option<SecretSource>,
    /// The authorization server it is registered with; its secret goes to no other. `None`: the first that
    /// the server names.
    pub issuer: Option<String>,
}

/// Who signs in.
#[derive(Clone)]
pub enum Flow {
    /// A person in a browser, with an authorization code.
    Person,
    /// This installation for itself (`client_credentials`), with the configured client.
    Machine {
        /// Signs an assertion instead of sending a secret (`private_key_jwt`).
        key: Option<AssertionKey>,
    },
}

/// A private key that proves who the client is.
#[derive(Clone)]
pub struct AssertionKey {
    /// PKCS #8, PEM.
    pub pem: SecretSource,
    pub algorithm: jsonwebtoken::Algorithm,
    /// Which of the client's published keys it is.
    pub key_id: Option<String>,
}

/// The document to serve at [`Identity::metadata_url`]: a public client that its own address names.
pub fn client_metadata(identity: &Identity) -> Option<Value> {
    let url = identity.metadata_url.as_ref()?;
    let mut document = registration(&identity.client_name, &identity.redirect_uris, "none");
    document["client_id"] = url.as_str().into();
    Some(document)
}

/// Members that metadata documents and dynamic registration (RFC 7591) share.
pub(super) fn registration(client_name: &str, redirect_uris: &[Url], method: &str) -> Value {
    json!({
        "client_name": client_name,
        "redirect_uris": redirect_uris,
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": method,
        "application_type": if redirect_uris.iter().all(is_loopback) { "native" } else { "web" },
    })
}
