//! What can be told about a server without asking it.

use serde::Serialize;
use serde_json::Value;

use super::counts::Oddities;

#[derive(Clone, Debug, Serialize)]
pub struct Status {
    pub state: State,
    /// Protocol version agreed on, once there was a connection.
    pub version: Option<&'static str>,
    /// Name and version the server gave itself; null before the first connection.
    pub server_info: Value,
    /// Why the last request failed, if the server is to blame.
    pub last_error: Option<String>,
    pub failures_in_a_row: u32,
    /// Connections now.
    pub sessions: usize,
    pub calls_under_way: usize,
    /// Calls that wait for an answer of their client.
    pub calls_parked: usize,
    /// Connections made after the first.
    pub restarts: u64,
    pub oddities: Oddities,
    /// The last a child wrote to its error stream. Not scrubbed of secrets.
    pub stderr_tail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Not connected: it will be when it is needed.
    Idle,
    Connecting,
    Connected,
    /// Not connected, and the last attempt failed.
    Failing,
    /// Left alone for a while after too many failures.
    Refused,
    Closed,
}
