//! One POST or GET, and what comes back: nothing, one message, or a stream of events.

use std::collections::VecDeque;

use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use reqwest::Response;
use url::Url;

use super::UpstreamError;
use super::parts::{HttpParts, Refusal};
use super::sse::{Decoder, Event};

pub(crate) const SESSION_ID: HeaderName = HeaderName::from_static("mcp-session-id");
pub(crate) const PROTOCOL_VERSION: HeaderName = HeaderName::from_static("mcp-protocol-version");
const LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");
/// Of the body of an answer that is an error without being a message; only kept for the error's text.
const ERROR_TEXT_BYTES_MAX: u64 = 16 << 10;

/// What a server answered, its head and as much of the body as fits the kind.
pub(crate) enum Reply {
    /// 2xx without a message.
    Accepted,
    /// A body that says it is JSON, whatever the status.
    Json {
        status: StatusCode,
        headers: HeaderMap,
        body: Vec<u8>,
    },
    Stream {
        headers: HeaderMap,
        events: Box<Events>,
    },
    /// Any other status.
    Failed {
        status: StatusCode,
        text: String,
    },
}

/// Sends one message. A refusal of the credentials is tried once more when they could be renewed.
pub(crate) async fn post(
    parts: &HttpParts,
    url: &Url,
    extra: HeaderMap,
    body: Vec<u8>,
    bytes_max: u64,
) -> Result<Reply, UpstreamError> {
    let body = bytes::Bytes::from(body);
    exchange(parts, url, Method::POST, extra, Some(body), bytes_max).await
}

/// Opens the server's own stream, or goes on with one that was cut.
pub(crate) async fn get(
    parts: &HttpParts,
    url: &Url,
    mut extra: HeaderMap,
    last_event_id: Option<&str>,
    bytes_max: u64,
) -> Result<Reply, UpstreamError> {
    if let Some(id) = last_event_id.and_then(|id| HeaderValue::from_str(id).ok()) {
        extra.insert(LAST_EVENT_ID, id);
    }
    exchange(parts, url, Method::GET, extra, None, bytes_max).await
}

/// Says that the session is not needed any more. Whatever is answered is fine.
pub(crate) async fn delete(parts: &HttpParts, url: &Url, extra: HeaderMap) {
    let _ = exchange(parts, url, Method::DELETE, extra, None, ERROR_TEXT_BYTES_MAX).await;
}

async fn exchange(
    parts: &HttpParts,
    url: &Url,
    method: Method,
    extra: HeaderMap,
    body: Option<bytes::Bytes>,
    bytes_max: u64,
) -> Result<Reply, UpstreamError> {
    let mut tried = false;
    loop {
        let mut headers = parts.headers.headers().await?;
        let authorization = headers.get(AUTHORIZATION).cloned();
        headers.extend(extra.clone());
        headers.insert(ACCEPT, accept(&method));
        let mut request = parts.http.request(method.clone(), url.clone());
        if let Some(body) = &body {
            headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            request = request.body(body.clone());
        }
        let response = request.headers(headers).send().await.map_err(unreachable)?;
        let status = response.status();
        if !matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
            return read(response, bytes_max).await;
        }
        let challenge = challenge(response.headers());
        let refusal = Refusal { status: status.as_u16(), challenge: challenge.clone(), authorization };
        if tried || !parts.headers.refused(refusal).await? {
            return Err(UpstreamError::Unauthorized { status: status.as_u16(), challenge });
        }
        tried = true;
    }
}

fn accept(method: &Method) -> HeaderValue {
    HeaderValue::from_static(match *method {
        Method::GET => "text/event-stream",
        _ => "application/json, text/event-stream",
    })
}

fn challenge(headers: &HeaderMap) -> Option<String> {
    let all: Vec<_> =
        headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok()).collect();
    (!all.is_empty()).then(|| all.join(", "))
}

async fn read(mut response: Response, bytes_max: u64) -> Result<Reply, UpstreamError> {
    let status = response.status();
    let content_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let kind = content_type.and_then(|text| text.split(';').next()).unwrap_or_default().trim();
    if kind.eq_ignore_ascii_case("application/json") {
        let headers = std::mem::take(response.headers_mut());
        let body = body(response, bytes_max).await?;
        // Some servers put the type on an empty acceptance.
        if body.is_empty() && status.is_success() {
            return Ok(Reply::Accepted);
        }
        return Ok(Reply::Json { status, headers, body });
    }
    if status.is_success() && kind.eq_ignore_ascii_case("text/event-stream") {
        let headers = std::mem::take(response.headers_mut());
        return Ok(Reply::Stream { headers, events: Box::new(Events::new(response, bytes_max)) });
    }
    if matches!(status, StatusCode::ACCEPTED | StatusCode::NO_CONTENT) {
        return Ok(Reply::Accepted);
    }
    let kind = kind.to_owned();
    let text = match body(response, ERROR_TEXT_BYTES_MAX).await {
        Ok(body) => String::from_utf8_lossy(&body).chars().take(300).collect(),
        Err(_) => String::new(),
    };
    if status.is_success() && text.is_empty() {
        return Ok(Reply::Accepted);
    }
    let text = if status.is_success() { format!("a body of type `{kind}`: {text}") } else { text };
    Ok(Reply::Failed { status, text })
}

/// The whole body, given up as soon as it is longer than allowed.
async fn body(mut response: Response, bytes_max: u64) -> Result<Vec<u8>, UpstreamError> {
    if response.content_length().is_some_and(|length| length > bytes_max) {
        return Err(UpstreamError::TooLarge { bytes_max });
    }
    // The length the server claims is no reason to set memory aside before anything came.
    let mut body = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(unreachable)? {
        if (body.len() + piece.len()) as u64 > bytes_max {
            return Err(UpstreamError::TooLarge { bytes_max });
        }
        body.extend_from_slice(&piece);
    }
    Ok(body)
}

/// A stream of server-sent events.
pub(crate) struct Events {
    response: Response,
    decoder: Decoder,
    ready: VecDeque<Event>,
}

impl Events {
    fn new(response: Response, bytes_max: u64) -> Self {
        Self { response, decoder: Decoder::new(bytes_max), ready: VecDeque::new() }
    }

    /// The next event, or none when the server closed the stream. Safe to drop and call again.
    pub async fn next(&mut self) -> Result<Option<Event>, UpstreamError> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Ok(Some(event));
            }
            match self.response.chunk().await.map_err(unreachable)? {
                Some(piece) => self.decoder.push(&piece, &mut self.ready)?,
                None => return Ok(None),
            }
        }
    }

    pub fn last_event_id(&self) -> Option<&str> {
        self.decoder.last_event_id()
    }

    pub fn retry_ms(&self) -> Option<u64> {
        self.decoder.retry_ms()
    }
}

/// The whole chain of causes: the outermost says little. The address may hold a secret and is left out.
fn unreachable(error: reqwest::Error) -> UpstreamError {
    let error = error.without_url();
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(&error);
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text = format!("{text}: {inner_text}");
        }
        cause = inner.source();
    }
    UpstreamError::Unavailable(text)
}
