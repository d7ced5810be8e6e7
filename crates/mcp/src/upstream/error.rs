//! What can go wrong with a server, in words a person can act on.

use std::time::Duration;

use crate::message::RpcError;

/// Why a request to a server has no result.
#[derive(Clone, Debug, thiserror::Error)]
pub enum UpstreamError {
    /// The server's own answer, to be passed on whole.
    #[error("{0}")]
    Rpc(#[from] RpcError),
    #[error(
        "the server did not {doing} within {after_ms} ms; raise `limits.{limit}` of this server if it may take longer"
    )]
    TimedOut { doing: &'static str, limit: &'static str, after_ms: u64 },
    /// It cannot be reached, ended, or closed the connection.
    #[error("the server is not available: {0}")]
    Unavailable(String),
    /// The circuit is open: it failed too often in a row and is left alone for a while.
    #[error(
        "the server failed {failures} times in a row and is asked again in {} s (`limits.failures_max`); last: {last}",
        retry_in.as_secs().max(1)
    )]
    Refused { failures: u32, retry_in: Duration, last: String },
    #[error(
        "the server sent a message of more than {bytes_max} bytes; raise `limits.message_bytes_max` of this server if it may"
    )]
    TooLarge { bytes_max: u64 },
    /// It does not keep to the protocol.
    #[error("the server does not keep to the protocol: {0}")]
    Protocol(String),
    /// It wants other credentials than those it was sent.
    #[error("the server refused our credentials with HTTP status {status}{}", challenge.as_deref().map(|text| format!(" ({text})")).unwrap_or_default())]
    Unauthorized { status: u16, challenge: Option<String> },
}

impl UpstreamError {
    /// Whether this says that the server is unwell. Its own errors and refused credentials do not.
    pub(crate) fn is_failure(&self) -> bool {
        matches!(
            self,
            Self::TimedOut { .. } | Self::Unavailable(_) | Self::TooLarge { .. } | Self::Protocol(_)
        )
    }

    pub(crate) fn protocol(why: impl Into<String>) -> Self {
        Self::Protocol(why.into())
    }

    pub(crate) fn unavailable(why: impl Into<String>) -> Self {
        Self::Unavailable(why.into())
    }
}
