//! What is kept of a sign-in, sealed by the store.

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::credentials::Registered;
use super::error::OAuthError;
use super::store::TokenStore;

/// Tokens for one server, and all that is needed to renew them. Not `Debug`: it is all secret.
#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Tokens {
    /// The server they were got for. A record of another address is not used, whatever the server is called.
    pub server_url: String,
    /// The `resource` that was asked for, as it was sent.
    pub resource: String,
    /// `None` for servers without metadata.
    pub issuer: Option<String>,
    pub token_endpoint: String,
    pub client: Registered,
    pub access_token: String,
    pub refresh_token: Option<String>,
    /// Seconds since 1970, by our clock.
    pub obtained_at: i64,
    /// `None`: the server did not say; good until it is refused.
    pub expires_at: Option<i64>,
    /// What the token may do, as far as known.
    pub scopes: Vec<String>,
}

impl Tokens {
    /// Whether to renew now: close to the end, so that neither the clocks' difference nor the way there matters.
    pub fn is_due(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|end| {
            let life = (end - self.obtained_at).max(0);
            now >= end - (life / 5).min(SKEW_SECONDS)
        })
    }

    pub fn is_over(&self, now: i64) -> bool {
        self.expires_at.is_some_and(|end| now >= end)
    }
}

/// How long before its end a token is renewed, at most.
const SKEW_SECONDS: i64 = 60;

/// The authorization server that a client registered by hand first met; its secret goes to no other.
#[derive(Serialize, Deserialize)]
pub(super) struct KnownIssuer {
    pub issuer: String,
}

pub(super) async fn load<T: DeserializeOwned>(
    store: &dyn TokenStore,
    key: &str,
) -> Result<Option<T>, OAuthError> {
    let Some(record) = store.get(key).await? else { return Ok(None) };
    match serde_json::from_str(record.expose_secret()) {
        Ok(record) => Ok(Some(record)),
        Err(_) => {
            // Its text is secret, so the parser's error, which may quote it, is not shown.
            tracing::warn!(key, "a record of tokens is of another version and is not used; sign in again");
            Ok(None)
        }
    }
}

pub(super) async fn save(
    store: &dyn TokenStore,
    key: &str,
    record: &impl Serialize,
) -> Result<(), OAuthError> {
    let text =
        serde_json::to_string(record).map_err(|_| OAuthError::Store("the record is no JSON".into()))?;
    Ok(store.put(key, SecretString::from(text)).await?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::credentials::{Method, Source};

    fn tokens(obtained_at: i64, expires_at: Option<i64>) -> Tokens {
        Tokens {
            server_url: String::new(),
            resource: String::new(),
            issuer: None,
            token_endpoint: String::new(),
            client: Registered {
                client_id: String::new(),
                source: Source::Dynamic,
                client_secret: None,
                secret_expires_at: None,
                method: Method::None,
                redirect_uri: None,
            },
            access_token: String::new(),
            refresh_token: None,
            obtained_at,
            expires_at,
            scopes: Vec::new(),
        }
    }

    #[test]
    fn tokens_are_renewed_shortly_before_their_end() {
        let hour = tokens(0, Some(3_600));
        assert!(!hour.is_due(3_539));
        assert!(hour.is_due(3_540));
        assert!(!hour.is_over(3_599));
        assert!(hour.is_over(3_600));
        // Even the shortest token is used for most of its life.
        assert!(!tokens(0, Some(10)).is_due(7));
        assert!(tokens(0, Some(10)).is_due(8));
        assert!(!tokens(0, None).is_due(i64::MAX));
    }
}
