//! One connection to a server, over any transport.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock};

use http::{HeaderMap, HeaderValue, StatusCode};
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::UpstreamError;
use super::call::Call;
use super::hub::Hub;
use super::mailbox::{Facts, ServerRequest};
use super::parts::HttpParts;
use super::pipe::Pipe;
use super::web::{self, Reply};
use super::wire;
use crate::exchange::Discovery;
use crate::message::{Json, RpcError};
use crate::version::{Era, Version};

/// Log level of a session that was told none.
const NO_LEVEL: u8 = u8::MAX;

pub(crate) struct Link {
    pub hub: Arc<Hub>,
    pub wire: Wire,
    pub bytes_max: u64,
    greeting: OnceLock<Greeting>,
    session: OnceLock<HeaderValue>,
    /// Level the session was last told (0 is `debug`): the most verbose that any of its clients asked for.
    log_level: AtomicU8,
    /// Resources a session of the older era is subscribed to, each with the number of those who want to know.
    pub subscribed: Mutex<HashMap<String, usize>>,
}

pub(crate) enum Wire {
    Pipe(Pipe),
    Http(HttpParts),
    /// HTTP with server-sent events of 2024-11-05: answers come over a stream that is always open.
    Sse {
        parts: HttpParts,
        endpoint: Url,
        _stream: AbortOnDropHandle<()>,
    },
}

/// What was agreed on at the start.
pub(crate) struct Greeting {
    pub version: Version,
    pub discovery: Arc<Discovery>,
}

/// Why a message could not be sent, or was not taken.
#[derive(Debug)]
pub(crate) enum Fault {
    /// The connection ended before the request was sent, or the server does not know the session any more. Nothing was
    /// done, and a new connection may be asked the same.
    SessionGone,
    /// An HTTP answer that is neither a result nor an error of the protocol.
    Status {
        status: StatusCode,
        text: String,
    },
    Error(UpstreamError),
}

/// A request as it goes over the wire.
pub(crate) struct Outgoing<'a> {
    /// From [`Hub::next_id`]; also what the server is given as progress token.
    pub id: u64,
    pub method: &'a str,
    pub params: Option<Json>,
    /// `Mcp-*` headers of the newer era; nothing for other transports.
    pub headers: HeaderMap,
    pub facts: Facts,
}

impl Link {
    pub fn new(hub: Arc<Hub>, wire: Wire, bytes_max: u64) -> Self {
        Self {
            hub,
            wire,
            bytes_max,
            greeting: OnceLock::new(),
            session: OnceLock::new(),
            log_level: AtomicU8::new(NO_LEVEL),
            subscribed: Mutex::default(),
        }
    }

    /// Ends the negotiation.
    pub fn greet(&self, greeting: Greeting) {
        self.hub.set_era(greeting.version.era());
        let _ = self.greeting.set(greeting);
    }

    /// `None` during negotiation.
    pub fn version(&self) -> Option<Version> {
        self.greeting.get().map(|greeting| greeting.version)
    }

    pub fn era(&self) -> Option<Era> {
        self.version().map(Version::era)
    }

    pub fn discovery(&self) -> Option<&Arc<Discovery>> {
        self.greeting.get().map(|greeting| &greeting.discovery)
    }

    pub fn is_http(&self) -> bool {
        matches!(self.wire, Wire::Http(_))
    }

    pub fn set_session(&self, id: HeaderValue) {
        let _ = self.session.set(id);
    }

    /// Makes a request. The call cancels itself when it is dropped without an answer.
    pub async fn call(self: &Arc<Self>, outgoing: Outgoing<'_>) -> Result<Call, Fault> {
        let Outgoing { id, method, params, headers, facts } = outgoing;
        let message = wire::request(id, method, params.as_deref());
        // Made before anything is sent: whoever drops this future has the request cancelled as well.
        let Ok(mut call) = Call::new(self.clone(), id, method, facts) else { return Err(Fault::SessionGone) };
        match &self.wire {
            Wire::Pipe(pipe) => pipe.send(message).await.map_err(|why| self.hub.over().unwrap_or(why))?,
            Wire::Sse { parts, endpoint, .. } => {
                accepted(web::post(parts, endpoint, HeaderMap::new(), message, self.bytes_max).await?)?;
            }
            Wire::Http(parts) => {
                let mut headers = headers;
                headers.extend(self.headers());
                let reply = web::post(parts, &parts.url, headers, message, self.bytes_max).await?;
                call.answered(reply)?;
            }
        }
        Ok(call)
    }

    /// Sends what needs no answer.
    pub async fn notify(
        &self,
        method: &str,
        params: Option<&serde_json::value::RawValue>,
        mut headers: HeaderMap,
    ) -> Result<(), Fault> {
        headers.extend(self.headers());
        self.send(wire::notification(method, params), headers).await
    }

    /// Answers a request of the server.
    pub async fn reply(&self, request: &ServerRequest, outcome: Result<&str, RpcError>) -> Result<(), Fault> {
        let message = match outcome {
            Ok(result) => wire::result(&request.id, result),
            Err(error) => wire::error(&request.id, &error),
        };
        self.send(message, self.headers()).await
    }

    pub async fn send(&self, message: Vec<u8>, headers: HeaderMap) -> Result<(), Fault> {
        let (parts, url) = match &self.wire {
            Wire::Pipe(pipe) => return Ok(pipe.send(message).await?),
            Wire::Sse { parts, endpoint, .. } => (parts, endpoint),
            Wire::Http(parts) => (parts, &parts.url),
        };
        accepted(web::post(parts, url, headers, message, self.bytes_max).await?)
    }

    /// Tells the server that nobody waits for call `id` any more, without waiting.
    pub fn cancel(self: &Arc<Self>, id: u64) {
        let params = format!(r#"{{"requestId":{id},"reason":"nobody waits for the answer any more"}}"#);
        let params = serde_json::value::RawValue::from_string(params).ok();
        let message = wire::notification("notifications/cancelled", params.as_deref());
        if let Wire::Pipe(pipe) = &self.wire {
            return pipe.send_if_room(message);
        }
        // A server of the newer era has seen its stream closed.
        if self.hub.is_modern() {
            return;
        }
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let link = self.clone();
            runtime.spawn(async move {
                let patience = std::time::Duration::from_secs(5);
                let _ = tokio::time::timeout(patience, link.send(message, link.headers())).await;
            });
        }
    }

    /// Whether the session has to be told to log at `level`; then it counts as told.
    pub fn lowers_log_level(&self, level: u8) -> bool {
        let told = self.log_level.fetch_min(level, Ordering::Relaxed);
        told == NO_LEVEL || level < told
    }

    /// What every message of a negotiated connection carries.
    pub fn headers(&self) -> HeaderMap {
        let mut headers = HeaderMap::new();
        if let Some(session) = self.session.get() {
            headers.insert(web::SESSION_ID, session.clone());
        }
        if let Some(version) = self.version()
            && version >= Version::V2025_06_18
        {
            headers.insert(web::PROTOCOL_VERSION, HeaderValue::from_static(version.as_str()));
        }
        headers
    }

    pub fn has_session(&self) -> bool {
        self.session.get().is_some()
    }

    /// Says goodbye where the protocol has a way to. Children are asked to end when the link is dropped.
    pub async fn close(&self) {
        self.hub.end(UpstreamError::unavailable("it was closed"));
        if let (Wire::Http(parts), true) = (&self.wire, self.has_session()) {
            web::delete(parts, &parts.url, self.headers()).await;
        }
    }
}

fn accepted(reply: Reply) -> Result<(), Fault> {
    match reply {
        Reply::Accepted | Reply::Stream { .. } => Ok(()),
        Reply::Json { status, .. } if status.is_success() => Ok(()),
        Reply::Json { status, body, .. } => {
            let text = String::from_utf8_lossy(&body).chars().take(300).collect();
            Err(Fault::Status { status, text })
        }
        Reply::Failed { status, text } => Err(Fault::Status { status, text }),
    }
}

impl From<UpstreamError> for Fault {
    fn from(error: UpstreamError) -> Self {
        Self::Error(error)
    }
}

impl From<RpcError> for Fault {
    fn from(error: RpcError) -> Self {
        Self::Error(UpstreamError::Rpc(error))
    }
}

impl From<Fault> for UpstreamError {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::Error(error) => error,
            Fault::SessionGone => Self::unavailable("it ends every connection before a request can be made"),
            Fault::Status { status, text } if status.is_server_error() => {
                Self::unavailable(format!("HTTP status {status}: {text}"))
            }
            Fault::Status { status, text } => {
                Self::protocol(format!("it answered with HTTP status {status}: {text}"))
            }
        }
    }
}
