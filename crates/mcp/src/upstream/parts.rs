//! What an [`Upstream`](super::Upstream) is made of: the ports that the wiring fills.

use std::any::Any;
use std::sync::Arc;

use async_trait::async_trait;
use domain::server::{ServerLimits, Sharing};
use futures::future::BoxFuture;
use http::HeaderMap;
use tokio::io::{AsyncRead, AsyncWrite};
use url::Url;

use super::UpstreamError;

pub struct Parts {
    /// The name people know the server by; only used in texts.
    pub name: String,
    pub transport: TransportParts,
    pub limits: ServerLimits,
    pub sharing: Sharing,
}

pub enum TransportParts {
    /// One JSON-RPC message a line over the streams of a child.
    Stdio(Arc<dyn Spawn>),
    /// Streamable HTTP; turns to the transport of 2024-11-05 when the server knows nothing else.
    Http(HttpParts),
    /// HTTP with server-sent events as of 2024-11-05, without trying anything newer.
    Sse(HttpParts),
}

#[derive(Clone)]
pub struct HttpParts {
    pub url: Url,
    /// Checked addresses, no redirects, no overall time-out: the limits of the server are applied here.
    pub http: reqwest::Client,
    pub headers: Arc<dyn Headers>,
}

/// Headers of the person's choice and the credentials, asked for with each request.
#[async_trait]
pub trait Headers: Send + Sync {
    async fn headers(&self) -> Result<HeaderMap, UpstreamError>;

    /// The server answered 401 or 403. True when `headers` now has something else to say, so that the request is
    /// worth sending once more.
    async fn refused(&self, refusal: Refusal) -> Result<bool, UpstreamError> {
        let _ = refusal;
        Ok(false)
    }
}

/// How a server refused.
#[derive(Clone, Debug)]
pub struct Refusal {
    pub status: u16,
    /// All `WWW-Authenticate` headers, joined by commas.
    pub challenge: Option<String>,
    /// The `Authorization` header that was refused, if one was sent: somebody else may have renewed it meanwhile.
    pub authorization: Option<http::HeaderValue>,
}

/// The same headers with every request.
#[async_trait]
impl Headers for HeaderMap {
    async fn headers(&self) -> Result<HeaderMap, UpstreamError> {
        Ok(self.clone())
    }
}

/// Starts a child that speaks over its standard streams.
#[async_trait]
pub trait Spawn: Send + Sync {
    async fn spawn(&self) -> Result<Child, UpstreamError>;
}

/// A running child.
pub struct Child {
    pub stdin: Box<dyn AsyncWrite + Send + Unpin>,
    pub stdout: Box<dyn AsyncRead + Send + Unpin>,
    pub stderr: Box<dyn AsyncRead + Send + Unpin>,
    /// Resolves when the child has ended, to a text that says how (`exit status: 1`).
    pub done: BoxFuture<'static, String>,
    /// Dropped: the whole process tree is killed.
    pub kill: Box<dyn Any + Send>,
}
