//! Requests to authorization servers: checked, bounded, never redirected.

use std::time::Duration;

use futures::StreamExt as _;
use futures::future::BoxFuture;
use http::header::{ACCEPT, CONTENT_TYPE, LOCATION};
use serde::de::DeserializeOwned;
use serde_json::Value;
use url::Url;

use super::config::UrlCheck;
use super::error::OAuthError;

/// One request, from its start to its last byte.
const REQUEST_MAX: Duration = Duration::from_secs(20);
/// Largest answer that is read.
const BODY_BYTES_MAX: usize = 256 << 10;

#[derive(Clone)]
pub(super) struct Fetch {
    pub http: reqwest::Client,
    pub check: UrlCheck,
}

/// What a look for a document found.
pub(super) enum Found<T> {
    Document(T),
    /// Nothing there (a 4xx answer).
    Nothing,
    /// Something else than the document, like the page of an application that answers to every path.
    Other,
}

impl Fetch {
    /// Looks for a JSON document. A server that is out of order (5xx, 408, 425, 429) is an error, so that a moment's
    /// failure never leads to weaker metadata.
    pub async fn document<T: DeserializeOwned>(&self, url: &Url) -> Result<Found<T>, OAuthError> {
        let request = http::Request::get(url.as_str()).header(ACCEPT, "application/json").body(Vec::new());
        let response = self.send(request.map_err(|error| unreachable(url, error))?).await?;
        let status = response.status();
        match status.as_u16() {
            200 => Ok(serde_json::from_slice(response.body()).map_or(Found::Other, Found::Document)),
            408 | 425 | 429 => Err(unreachable(url, status)),
            400..=499 => Ok(Found::Nothing),
            _ => Err(unreachable(url, status)),
        }
    }

    pub async fn post_json(&self, url: &Url, body: &Value) -> Result<http::Response<Vec<u8>>, OAuthError> {
        let request = http::Request::post(url.as_str())
            .header(CONTENT_TYPE, "application/json")
            .header(ACCEPT, "application/json")
            .body(body.to_string().into_bytes());
        self.send(request.map_err(|error| unreachable(url, error))?).await
    }

    /// Sends one request of any kind; the answer may have any status but that of a redirect.
    pub async fn send(&self, request: http::Request<Vec<u8>>) -> Result<http::Response<Vec<u8>>, OAuthError> {
        let target = request.uri().to_string();
        let url = Url::parse(&target)
            .map_err(|error| OAuthError::Address { url: target.clone(), why: error.to_string() })?;
        (self.check)(&url).map_err(|why| OAuthError::Address { url: shown(&url), why })?;
        let request =
            reqwest::Request::try_from(request).map_err(|error| unreachable(&url, error.without_url()))?;
        tokio::time::timeout(REQUEST_MAX, self.exchange(request, &url)).await.unwrap_or_else(|_| {
            Err(unreachable(&url, format!("no whole answer within {} s", REQUEST_MAX.as_secs())))
        })
    }

    async fn exchange(
        &self,
        request: reqwest::Request,
        url: &Url,
    ) -> Result<http::Response<Vec<u8>>, OAuthError> {
        let failed = |error: reqwest::Error| unreachable(url, causes(&error.without_url()));
        let response = self.http.execute(request).await.map_err(failed)?;
        if response.status().is_redirection() && response.headers().contains_key(LOCATION) {
            return Err(unreachable(url, "it sends elsewhere, and redirects are not followed"));
        }
        let mut answer = http::Response::builder().status(response.status());
        for (name, value) in response.headers() {
            answer = answer.header(name, value);
        }
        let mut body = Vec::new();
        let mut chunks = response.bytes_stream();
        while let Some(chunk) = chunks.next().await {
            let chunk = chunk.map_err(failed)?;
            if body.len() + chunk.len() > BODY_BYTES_MAX {
                return Err(unreachable(url, format!("its answer is larger than {BODY_BYTES_MAX} bytes")));
            }
            body.extend_from_slice(&chunk);
        }
        answer.body(body).map_err(|error| unreachable(url, error))
    }
}

impl<'c> oauth2::AsyncHttpClient<'c> for Fetch {
    type Error = OAuthError;
    type Future = BoxFuture<'c, Result<http::Response<Vec<u8>>, OAuthError>>;

    fn call(&'c self, request: http::Request<Vec<u8>>) -> Self::Future {
        Box::pin(self.send(request))
    }
}

pub(super) fn unreachable(url: &Url, why: impl ToString) -> OAuthError {
    OAuthError::Unreachable { url: shown(url), why: why.to_string() }
}

/// Without the query, which can hold anything.
fn shown(url: &Url) -> String {
    let mut url = url.clone();
    url.set_query(None);
    url.into()
}

/// An error with what lies under it: "error sending request" alone helps nobody.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
