//! Downloads from a bundle server.

use bytes::BytesMut;
use reqwest::header::{ACCEPT, ETAG, IF_NONE_MATCH};
use reqwest::{Client, Response, StatusCode};
use secrecy::{ExposeSecret as _, SecretString};
use url::Url;

use super::{Source, SourceError};
use crate::engine::told;

/// A new archive and its ETag, or `None` when it is still the one of `etag`.
pub(super) async fn download(
    http: &Client,
    source: &Source,
    url: &Url,
    token: Option<&SecretString>,
    etag: Option<&str>,
) -> Result<Option<(BytesMut, Option<String>)>, SourceError> {
    let mut request = http
        .get(url.clone())
        .timeout(source.download_time_max())
        .header(ACCEPT, "application/gzip, application/octet-stream");
    if let Some(token) = token {
        request = request.bearer_auth(token.expose_secret());
    }
    if let Some(etag) = etag {
        request = request.header(IF_NONE_MATCH, etag);
    }
    let response = request.send().await.map_err(unreachable)?;
    match response.status() {
        StatusCode::OK => {}
        StatusCode::NOT_MODIFIED if etag.is_some() => return Ok(None),
        status if status.is_redirection() => {
            return Err(SourceError::Server(format!(
                "answered {status}; redirects are not followed, configure the last address"
            )));
        }
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            return Err(SourceError::Server(format!("answered {status}; configure the token it asks for")));
        }
        status => return Err(SourceError::Server(format!("answered {status}"))),
    }
    let etag = response.headers().get(ETAG).and_then(|etag| etag.to_str().ok()).map(str::to_owned);
    Ok(Some((body_of(response, source.limits.archive_bytes_max).await?, etag)))
}

async fn body_of(mut response: Response, bytes_max: u64) -> Result<BytesMut, SourceError> {
    let mut body = BytesMut::new();
    while let Some(chunk) = response.chunk().await.map_err(unreachable)? {
        if body.len() as u64 + chunk.len() as u64 > bytes_max {
            return Err(SourceError::Server(format!(
                "sends more than {bytes_max} bytes; raise policy.bundle.limits.archive_bytes_max to allow more"
            )));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// Without the address: it may hold a token.
fn unreachable(error: reqwest::Error) -> SourceError {
    SourceError::Server(format!("could not be asked: {}", told(&error.without_url())))
}
