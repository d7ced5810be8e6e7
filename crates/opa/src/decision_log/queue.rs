//! What waits to be sent: bounded, and the oldest gives way.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::Notify;

use super::{BufferConfig, Destination};

pub(super) struct Queue {
    state: Mutex<State>,
    changed: Notify,
    events_max: usize,
    bytes_max: usize,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Bytes>,
    bytes: usize,
    /// Taken out and not yet sent.
    in_hand: u64,
    closed: bool,
    abandoned: bool,
    counts: Destination,
}

impl Queue {
    pub(super) fn new(config: &BufferConfig) -> Self {
        Self {
            state: Mutex::default(),
            changed: Notify::new(),
            events_max: config.events_max.max(1),
            bytes_max: config.bytes_max,
        }
    }

    pub(super) fn push(&self, event: Bytes) {
        let mut state = self.state();
        if state.closed {
            state.counts.dropped += 1;
            return;
        }
        state.bytes += event.len();
        state.waiting.push_back(event);
        let mut dropped = 0;
        while state.waiting.len() > self.events_max || state.bytes > self.bytes_max {
            let Some(oldest) = state.waiting.pop_front() else { break };
            state.bytes -= oldest.len();
            dropped += 1;
        }
        let began = dropped > 0 && state.counts.dropped == 0;
        state.counts.dropped += dropped;
        drop(state);
        if began {
            tracing::warn!(
                "the decision log does not keep up: its oldest events are dropped; raise policy.decision_log.buffer"
            );
        }
        self.changed.notify_one();
    }

    /// Waits until something is there; `false` when nothing is and nothing more will come.
    pub(super) async fn wait(&self) -> bool {
        loop {
            {
                let state = self.state();
                if state.abandoned {
                    return false;
                }
                if !state.waiting.is_empty() {
                    return true;
                }
                if state.closed {
                    return false;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Waits until as much is there as one batch takes, or nothing more will come.
    pub(super) async fn wait_for_bytes(&self, bytes: usize) {
        loop {
            {
                let state = self.state();
                if state.bytes >= bytes || state.closed {
                    return;
                }
            }
            self.changed.notified().await;
        }
    }

    /// Takes the oldest out, as many as fit, at least one if one is there. They count as waiting until told otherwise.
    pub(super) fn take(&self, bytes_max: usize) -> Vec<Bytes> {
        let mut state = self.state();
        let mut taken = Vec::new();
        let mut bytes = 0;
        while let Some(next) = state.waiting.front() {
            if !taken.is_empty() && bytes + next.len() + 1 > bytes_max {
                break;
            }
            bytes += next.len() + 1;
            let Some(next) = state.waiting.pop_front() else { break };
            state.bytes -= next.len();
            taken.push(next);
        }
        state.in_hand += taken.len() as u64;
        taken
    }

    pub(super) fn sent(&self, events: u64) {
        let mut state = self.state();
        state.in_hand -= events;
        state.counts.sent += events;
        state.counts.failures = 0;
        state.counts.last_error = None;
    }

    pub(super) fn refused(&self, events: u64, why: String) {
        let mut state = self.state();
        state.in_hand -= events;
        state.counts.refused += events;
        state.counts.last_error = Some(why);
    }

    pub(super) fn failed(&self, why: String) {
        let mut state = self.state();
        state.counts.failures += 1;
        state.counts.last_error = Some(why);
    }

    pub(super) fn close(&self) {
        self.state().closed = true;
        self.changed.notify_one();
    }

    /// No more tries: what waits is left behind.
    pub(super) fn abandon(&self) {
        self.state().abandoned = true;
        self.changed.notify_one();
    }

    pub(super) fn is_abandoned(&self) -> bool {
        self.state().abandoned
    }

    pub(super) fn counts(&self) -> Destination {
        let state = self.state();
        Destination { waiting: state.waiting.len() as u64 + state.in_hand, ..state.counts.clone() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_oldest_gives_way() {
        let queue = Queue::new(&BufferConfig { events_max: 3, bytes_max: 10 });
        for event in ["aaaa", "b", "c", "d"] {
            queue.push(Bytes::from(event));
        }
        assert_eq!(queue.counts().dropped, 1);
        queue.push(Bytes::from("eeeeeeeee"));
        assert_eq!(queue.take(100), ["d", "eeeeeeeee"]);
        let counts = queue.counts();
        assert_eq!((counts.dropped, counts.waiting), (3, 2), "what is in hand still waits");
        queue.sent(2);
        assert_eq!((queue.counts().sent, queue.counts().waiting), (2, 0));
        queue.push(Bytes::from("larger than everything"));
        assert_eq!(queue.counts().dropped, 4);
    }

    #[test]
    fn a_batch_takes_what_fits_and_at_least_one() {
        let queue = Queue::new(&BufferConfig::default());
        for event in ["aaaaaaaaaa", "b", "c", "d"] {
            queue.push(Bytes::from(event));
        }
        assert_eq!(queue.take(4), ["aaaaaaaaaa"]);
        assert_eq!(queue.take(4), ["b", "c"]);
        assert_eq!(queue.take(4), ["d"]);
        assert!(queue.take(4).is_empty());
    }
}
