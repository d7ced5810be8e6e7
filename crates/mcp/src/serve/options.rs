//! What clients may take of this process.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `[clients]`: the limits of the clients' side. The text of an error names the one that was reached.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Options {
    /// Bytes of one message: a body over HTTP, a line over stdio.
    pub message_bytes_max: usize,
    /// Seconds a body may take to arrive.
    pub body_seconds_max: u64,
    /// Sessions of legacy clients over HTTP that may be open at once. When all are taken, the one of the same
    /// credential that was idle longest makes room.
    pub sessions_max: usize,
    /// Seconds after which a session is ended in which nothing is asked, answered or listened to.
    pub session_idle_seconds_max: u64,
    /// Bytes that a legacy client may say about itself in `initialize`: they are kept as long as its session.
    pub client_bytes_max: usize,
    /// Messages in one batch (batches exist in 2025-03-26 only; never more than 256).
    pub batch_max: usize,
    /// Requests of one conversation that may run at once, `subscriptions/listen` among them.
    pub requests_at_once_max: usize,
    /// Questions to a legacy client (elicitation, sampling, roots) that may wait for an answer, per session.
    pub pending_questions_max: usize,
    /// Seconds a legacy client (and the person before it) may take to answer one question.
    pub question_seconds_max: u64,
    /// Rounds of questions that one request of a legacy client may need.
    pub question_rounds_max: usize,
    /// Resources one conversation may be subscribed to.
    pub subscriptions_max: usize,
    /// Bytes kept per session for a legacy client that reconnects and asks for what it missed.
    pub replay_bytes_max: usize,
    /// Seconds between signs of life on a quiet stream.
    pub keep_alive_seconds: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            message_bytes_max: 16 << 20,
            body_seconds_max: 60,
            sessions_max: 10_000,
            session_idle_seconds_max: 1_800,
            client_bytes_max: 64 << 10,
            batch_max: 50,
            requests_at_once_max: 256,
            pending_questions_max: 32,
            question_seconds_max: 600,
            question_rounds_max: 16,
            subscriptions_max: 1_000,
            replay_bytes_max: 256 << 10,
            keep_alive_seconds: 15,
        }
    }
}

impl Options {
    pub(super) fn keep_alive(&self) -> Duration {
        Duration::from_secs(self.keep_alive_seconds.max(1))
    }

    pub(super) fn session_idle(&self) -> Duration {
        Duration::from_secs(self.session_idle_seconds_max.max(1))
    }

    pub(super) fn question(&self) -> Duration {
        Duration::from_secs(self.question_seconds_max.max(1))
    }

    pub(super) fn body(&self) -> Duration {
        Duration::from_secs(self.body_seconds_max.max(1))
    }
}
