//! Headers of a server: those a person set, and the token of our account there.

use std::sync::Arc;

use async_trait::async_trait;
use futures::future::BoxFuture;
use http::header::{AUTHORIZATION, HeaderMap, HeaderValue};
use secrecy::{ExposeSecret as _, SecretString};

use super::account::{Account, Next};
use crate::upstream::{Headers, Refusal, UpstreamError};

/// Gives the headers that a person set, secrets filled in. Asked for each request, so that a secret that changed
/// is used at once. The error says what to do.
pub type StaticHeaders = Arc<dyn Fn() -> BoxFuture<'static, Result<HeaderMap, String>> + Send + Sync>;

/// What a server is sent with each request.
pub struct Credentials {
    pub set: StaticHeaders,
    /// Not asked when a person set `Authorization` themselves.
    pub account: Option<Account>,
}

#[async_trait]
impl Headers for Credentials {
    async fn headers(&self) -> Result<HeaderMap, UpstreamError> {
        let mut headers = (self.set)().await.map_err(UpstreamError::Unavailable)?;
        if headers.contains_key(AUTHORIZATION) {
            return Ok(headers);
        }
        if let Some(account) = &self.account {
            let token =
                account.header().await.map_err(|error| UpstreamError::Unavailable(error.to_string()))?;
            if let Some(token) = token {
                let mut value = HeaderValue::try_from(token.expose_secret())
                    .map_err(|_| UpstreamError::Unavailable("its token is not fit for a header".into()))?;
                value.set_sensitive(true);
                headers.insert(AUTHORIZATION, value);
            }
        }
        Ok(headers)
    }

    async fn refused(&self, refusal: Refusal) -> Result<bool, UpstreamError> {
        let Some(account) = &self.account else { return Ok(false) };
        let set = (self.set)().await.map_err(UpstreamError::Unavailable)?;
        if set.contains_key(AUTHORIZATION) {
            return Ok(false);
        }
        let used =
            refusal.authorization.as_ref().and_then(|value| value.to_str().ok()).map(SecretString::from);
        let next = account.challenged(refusal.status, refusal.challenge.as_deref(), used.as_ref()).await;
        match next {
            Ok(Next::Retry) => Ok(true),
            // What is wanted shows in the account's status, and the server's refusal goes up as it is.
            Ok(Next::SignIn(_) | Next::Refused(_)) => Ok(false),
            Err(error) => Err(UpstreamError::Unavailable(error.to_string())),
        }
    }
}
