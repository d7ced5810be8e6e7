//! A client as an authorization server knows it, and how it proves that it is the one.

use chrono::Utc;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use super::assertion;
use super::config::{Flow, Server};
use super::error::OAuthError;

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Registered {
    pub client_id: String,
    pub source: Source,
    /// Of a dynamic registration. The one of a configured client stays where the person keeps it.
    pub client_secret: Option<String>,
    /// Seconds since 1970; `None`: never.
    pub secret_expires_at: Option<i64>,
    pub method: Method,
    /// A registration is for one address to come back to. `None`: no person, no browser.
    pub redirect_uri: Option<String>,
}

/// Where a client comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Source {
    Configured,
    /// The address of its metadata document is its id.
    Document,
    Dynamic,
}

/// `token_endpoint_auth_method`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Method {
    None,
    ClientSecretBasic,
    ClientSecretPost,
    PrivateKeyJwt,
}

impl Method {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::PrivateKeyJwt => "private_key_jwt",
        }
    }

    pub fn parse(text: &str) -> Option<Self> {
        [Self::None, Self::ClientSecretBasic, Self::ClientSecretPost, Self::PrivateKeyJwt]
            .into_iter()
            .find(|method| method.as_str() == text)
    }

    /// The way to send a secret that the authorization server takes.
    pub fn for_secret(supported: &[String]) -> Result<Self, OAuthError> {
        let takes = |method: Self| supported.iter().any(|name| name == method.as_str());
        match () {
            () if supported.is_empty() || takes(Self::ClientSecretBasic) => Ok(Self::ClientSecretBasic),
            () if takes(Self::ClientSecretPost) => Ok(Self::ClientSecretPost),
            () => Err(OAuthError::Refused(
                "the authorization server takes a client secret neither by `client_secret_basic` nor by \
                 `client_secret_post`"
                    .into(),
            )),
        }
    }
}

/// What is sent along with a token request.
pub(super) enum Proof {
    None,
    Basic(SecretString),
    Post(SecretString),
    Assertion(SecretString),
}

impl Registered {
    pub fn is_over(&self) -> bool {
        self.secret_expires_at.is_some_and(|end| Utc::now().timestamp() >= end)
    }

    /// Gets the proof ready for one request. `audience`: the issuer, or the token endpoint where there is none.
    pub async fn proof(&self, server: &Server, audience: &str) -> Result<Proof, OAuthError> {
        match self.method {
            Method::None => Ok(Proof::None),
            Method::ClientSecretBasic => Ok(Proof::Basic(self.secret(server).await?)),
            Method::ClientSecretPost => Ok(Proof::Post(self.secret(server).await?)),
            Method::PrivateKeyJwt => match &server.flow {
                Flow::Machine { key: Some(key) } => {
                    assertion::sign(key, &self.client_id, audience).await.map(Proof::Assertion)
                }
                _ => Err(OAuthError::Refused(format!("`{}` has no key to sign with", server.name))),
            },
        }
    }

    async fn secret(&self, server: &Server) -> Result<SecretString, OAuthError> {
        if self.source == Source::Configured {
            let source = server.configured.as_ref().and_then(|client| client.client_secret.as_ref());
            let source = source.ok_or_else(|| {
                OAuthError::Secret(format!(
                    "the client secret of `{}` is not configured any more",
                    server.name
                ))
            })?;
            return source().await.map_err(OAuthError::Secret);
        }
        let secret = self.client_secret.clone().ok_or_else(|| {
            OAuthError::Refused(format!("the registration of `{}` has no secret; sign in again", server.name))
        })?;
        Ok(SecretString::from(secret))
    }
}
