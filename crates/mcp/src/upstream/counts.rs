//! What a server did that it should not have, or that nobody was there for.

use std::sync::atomic::{AtomicU64, Ordering};

use serde::Serialize;

/// Counted over the life of an [`Upstream`](super::Upstream).
#[derive(Debug, Default)]
pub(crate) struct Counts {
    pub connects: AtomicU64,
    pub late_answers: AtomicU64,
    pub garbage: AtomicU64,
    pub dropped_notifications: AtomicU64,
    pub refused_requests: AtomicU64,
}

/// The numbers at one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Oddities {
    /// Answers to requests that were answered, cancelled or never made.
    pub late_answers: u64,
    /// Lines and events that are no JSON-RPC message.
    pub garbage: u64,
    /// Notifications that had to make room for newer ones, were too large, or belong to no request.
    pub dropped_notifications: u64,
    /// Requests of the server that could not be put to any client.
    pub refused_requests: u64,
}

impl Counts {
    pub fn oddities(&self) -> Oddities {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Oddities {
            late_answers: read(&self.late_answers),
            garbage: read(&self.garbage),
            dropped_notifications: read(&self.dropped_notifications),
            refused_requests: read(&self.refused_requests),
        }
    }
}

pub(crate) fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
