//! `/mcp` over HTTP: reads the message, chooses the era, hands it on.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{MatchedPath, OriginalUri, State};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use bytes::Bytes;
use http::header::{ACCEPT, ALLOW, CONTENT_TYPE};
use http::request::Parts;
use http::{HeaderMap, Request, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use serde_json::value::RawValue;
use tokio_util::sync::CancellationToken;

use super::incoming::{Head, Incoming};
use super::legacy::{self, Sessions};
use super::load::Load;
use super::modern::{self, code};
use super::{Options, headers, reply};
use crate::exchange::Service;
use crate::message::{RpcError, code as rpc};

/// `/mcp` over HTTP for clients of both eras; cheap to clone.
///
/// Who may come here (hosts, origins, credentials) is the business of whoever mounts it; it puts a
/// [`Credential`](super::Credential) into the extensions of each request.
#[derive(Clone)]
pub struct Endpoint {
    service: Arc<dyn Service>,
    options: Arc<Options>,
    sessions: Arc<Sessions>,
    load: Load,
    closed: CancellationToken,
}

/// The route `/mcp` of an [`Endpoint`] that nobody needs to hold.
pub fn router(service: Arc<dyn Service>, options: Options) -> Router {
    Endpoint::new(service, options).router()
}

impl Endpoint {
    pub fn new(service: Arc<dyn Service>, options: Options) -> Self {
        let options = Arc::new(options);
        let sessions = Sessions::new(Arc::clone(&service), Arc::clone(&options));
        Self { service, options, sessions, load: Load::default(), closed: CancellationToken::new() }
    }

    pub fn router(&self) -> Router {
        Router::new()
            .route("/mcp", post(self::post_mcp).get(get_mcp).delete(delete_mcp))
            .with_state(self.clone())
    }

    /// Sessions of legacy clients that are open.
    pub fn sessions(&self) -> usize {
        self.sessions.count()
    }

    /// Ends all sessions and streams, so that a server that shuts down does not wait for them.
    pub async fn close(&self) {
        self.closed.cancel();
        self.sessions.end_all().await;
    }
}

async fn post_mcp(State(endpoint): State<Endpoint>, request: Request<Body>) -> Response {
    let (mut parts, body) = request.into_parts();
    // Both keep the buffer alive in which the request arrived, and a session keeps the extensions.
    parts.extensions.remove::<OriginalUri>();
    parts.extensions.remove::<MatchedPath>();
    if !is_json(&parts.headers) {
        let error = RpcError::new(rpc::INVALID_REQUEST, "Content-Type has to be application/json");
        return json(StatusCode::UNSUPPORTED_MEDIA_TYPE, reply::error(None, &error));
    }
    if !accepts(&parts.headers, "application/json") || !accepts(&parts.headers, "text/event-stream") {
        return not_acceptable("Accept has to list both application/json and text/event-stream");
    }
    let bytes = match read(body, &endpoint.options).await {
        Ok(bytes) => bytes,
        Err(refused) => return refused,
    };
    match Incoming::read(&bytes, endpoint.options.batch_max) {
        Ok(incoming) => endpoint.take(parts, incoming).await,
        Err(refused) => refuse(refused.id.as_deref(), &refused.error),
    }
}

async fn get_mcp(State(endpoint): State<Endpoint>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    if !parts.headers.contains_key(headers::SESSION) {
        return method_not_allowed();
    }
    if !accepts(&parts.headers, "text/event-stream") {
        return not_acceptable("Accept has to list text/event-stream");
    }
    match legacy::http::session(&endpoint.sessions, &parts.headers, &parts.extensions) {
        Ok(session) => legacy::http::get(&session, &parts.headers, &endpoint.options),
        Err(refused) => *refused,
    }
}

async fn delete_mcp(State(endpoint): State<Endpoint>, request: Request<Body>) -> Response {
    let (parts, _) = request.into_parts();
    if !parts.headers.contains_key(headers::SESSION) {
        return method_not_allowed();
    }
    match legacy::http::session(&endpoint.sessions, &parts.headers, &parts.extensions) {
        Ok(session) => {
            endpoint.sessions.end(&session).await;
            StatusCode::NO_CONTENT.into_response()
        }
        Err(refused) => *refused,
    }
}

impl Endpoint {
    async fn take(&self, parts: Parts, incoming: Incoming) -> Response {
        let claims = |params: Option<&RawValue>| modern::claims(&parts.headers, &Head::of(params).meta());
        match incoming {
            Incoming::Request(call)
                if call.method == "initialize" && !claims_in_body(call.params.as_deref()) =>
            {
                legacy::http::initialize(
                    &self.service,
                    &self.sessions,
                    &call,
                    parts.extensions,
                    &self.options,
                )
                .await
            }
            Incoming::Request(call) if claims(call.params.as_deref()) => {
                modern::post(&self.service, &self.options, &self.load, &self.closed, parts, call).await
            }
            Incoming::Notification(notification) if claims(notification.params.as_deref()) => {
                modern::notify(&self.service, parts, notification).await
            }
            other if claims(None) => {
                let what =
                    if matches!(other, Incoming::Batch(_)) { "batches" } else { "responses of clients" };
                let text = format!("there are no {what} in 2026-07-28");
                refuse(None, &RpcError::new(rpc::INVALID_REQUEST, text))
            }
            other => match legacy::http::session(&self.sessions, &parts.headers, &parts.extensions) {
                Ok(session) => legacy::http::post(&session, other, parts.extensions, &self.options).await,
                Err(refused) => *refused,
            },
        }
    }
}

/// True when the message itself says that it is a modern one. An `initialize` is judged by that alone: legacy clients
/// send it before any version is agreed on, with whatever header.
fn claims_in_body(params: Option<&RawValue>) -> bool {
    Head::of(params).meta().version.is_some()
}

async fn read(body: Body, options: &Options) -> Result<Bytes, Response> {
    let limited = Limited::new(body, options.message_bytes_max);
    match tokio::time::timeout(options.body(), limited.collect()).await {
        Ok(Ok(collected)) => Ok(collected.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => {
            let max = options.message_bytes_max;
            let text = format!("a message of more than {max} bytes; `[clients] message_bytes_max` raises it");
            Err(json(StatusCode::PAYLOAD_TOO_LARGE, reply::error(None, &RpcError::new(code::LIMIT, text))))
        }
        Ok(Err(error)) => {
            Err(refuse(None, &RpcError::new(rpc::PARSE_ERROR, format!("the body ended early: {error}"))))
        }
        Err(_) => {
            let max = options.body_seconds_max;
            let text =
                format!("the body took more than {max} seconds; `[clients] body_seconds_max` raises it");
            Err(json(StatusCode::REQUEST_TIMEOUT, reply::error(None, &RpcError::new(code::LIMIT, text))))
        }
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

/// No `Accept` at all accepts everything.
fn accepts(headers: &HeaderMap, wanted: &str) -> bool {
    let kind = wanted.split('/').next().unwrap_or_default();
    let mut ranges = headers
        .get_all(ACCEPT)
        .iter()
        .flat_map(|value| value.to_str().unwrap_or_default().split(','))
        .peekable();
    ranges.peek().is_none()
        || ranges.any(|range| {
            let range = range.split(';').next().unwrap_or_default().trim();
            range == "*/*"
                || range.eq_ignore_ascii_case(wanted)
                || range.strip_suffix("/*").is_some_and(|range| range.eq_ignore_ascii_case(kind))
        })
}

fn not_acceptable(text: &str) -> Response {
    let error = RpcError::new(rpc::INVALID_REQUEST, text);
    json(StatusCode::NOT_ACCEPTABLE, reply::error(None, &error))
}

fn method_not_allowed() -> Response {
    let text = "POST is the way in; only a session of a version before 2026-07-28 can be read (GET) or ended (DELETE), \
                and the header Mcp-Session-Id names it";
    let error = RpcError::new(rpc::INVALID_REQUEST, text);
    ([(ALLOW, "POST")], json(StatusCode::METHOD_NOT_ALLOWED, reply::error(None, &error))).into_response()
}

pub(super) fn json(status: StatusCode, message: String) -> Response {
    (status, [(CONTENT_TYPE, "application/json")], message).into_response()
}

/// A message that goes no further.
pub(super) fn refuse(id: Option<&RawValue>, error: &RpcError) -> Response {
    json(status(error, true), reply::error(id, error))
}

/// The status of an error that is the whole answer. What the service answers is an answer (200), but for the errors
/// that the specification gives a status of their own; what is refused here is a bad request unless it says otherwise.
pub(super) fn status(error: &RpcError, is_refused: bool) -> StatusCode {
    match error.code {
        rpc::METHOD_NOT_FOUND => StatusCode::NOT_FOUND,
        code::HEADER_MISMATCH | code::MISSING_CAPABILITY | code::UNSUPPORTED_VERSION => {
            StatusCode::BAD_REQUEST
        }
        code::LIMIT => StatusCode::TOO_MANY_REQUESTS,
        rpc::INTERNAL_ERROR if is_refused => StatusCode::INTERNAL_SERVER_ERROR,
        _ if is_refused => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    }
}
