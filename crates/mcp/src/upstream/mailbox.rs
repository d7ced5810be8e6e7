//! Where the messages of one call wait for it.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use super::UpstreamError;
use crate::exchange::{Client, Notification};
use crate::message::Json;

/// Notifications and requests of the server that may wait for one call; the oldest notification goes first.
const WAITING_MAX: usize = 256;

/// What the server says about one call.
#[derive(Debug)]
pub(crate) enum Incoming {
    Notification(Notification),
    /// Only servers of the older era ask.
    Request(ServerRequest),
    Done(Result<Json, UpstreamError>),
}

#[derive(Debug)]
pub(crate) struct ServerRequest {
    pub id: Json,
    pub method: String,
    pub params: Option<Json>,
}

/// What has to be known of a call to tell which messages belong to it.
#[derive(Debug)]
pub(crate) struct Facts {
    pub client: Arc<Client>,
    /// Whether the client asked for log messages.
    pub wants_log: bool,
    /// Whether it is a subscription: it gets what is tagged with its number, and no answer for a long time.
    pub subscription: bool,
}

/// A queue that never blocks the one who fills it, and never grows beyond its bounds.
#[derive(Debug)]
pub(crate) struct Mailbox {
    pub facts: Arc<Facts>,
    bytes_max: usize,
    state: Mutex<State>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct State {
    waiting: VecDeque<Incoming>,
    bytes: usize,
    done: Option<Result<Json, UpstreamError>>,
}

impl Mailbox {
    /// `bytes_max`: of everything that waits, the answer not counted.
    pub fn new(facts: Arc<Facts>, bytes_max: u64) -> Self {
        let bytes_max = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        Self { facts, bytes_max, state: Mutex::default(), filled: Notify::new() }
    }

    /// Waits for the next message; what was told before the answer comes before it. Safe to drop and call again.
    pub async fn next(&self) -> Incoming {
        loop {
            if let Some(incoming) = self.take() {
                return incoming;
            }
            // A permit is kept when the box was filled between the look and the wait.
            self.filled.notified().await;
        }
    }

    /// Puts a notification in; false when another had to make room for it.
    pub fn tell(&self, notification: Notification) -> bool {
        self.push(Incoming::Notification(notification))
    }

    /// Puts a request in; gives it back when too many wait.
    pub fn ask(&self, request: ServerRequest) -> Result<(), ServerRequest> {
        let asked = |waiting: &VecDeque<Incoming>| {
            waiting.iter().filter(|incoming| matches!(incoming, Incoming::Request(_))).count()
        };
        if asked(&self.lock().waiting) >= WAITING_MAX / 4 {
            return Err(request);
        }
        self.push(Incoming::Request(request));
        Ok(())
    }

    /// The answer, or why there is none. The first counts.
    pub fn finish(&self, outcome: Result<Json, UpstreamError>) {
        self.lock().done.get_or_insert(outcome);
        self.filled.notify_one();
    }

    fn push(&self, incoming: Incoming) -> bool {
        let mut state = self.lock();
        state.bytes += weight(&incoming);
        state.waiting.push_back(incoming);
        let mut kept_all = true;
        while state.waiting.len() > WAITING_MAX || state.bytes > self.bytes_max {
            // Requests stay: the server waits for their answers.
            let oldest =
                state.waiting.iter().position(|incoming| matches!(incoming, Incoming::Notification(_)));
            let Some(dropped) = oldest.and_then(|at| state.waiting.remove(at)) else { break };
            state.bytes -= weight(&dropped);
            kept_all = false;
        }
        drop(state);
        self.filled.notify_one();
        kept_all
    }

    fn take(&self) -> Option<Incoming> {
        let mut state = self.lock();
        if let Some(incoming) = state.waiting.pop_front() {
            state.bytes -= weight(&incoming);
            return Some(incoming);
        }
        state.done.take().map(Incoming::Done)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn weight(incoming: &Incoming) -> usize {
    let params = match incoming {
        Incoming::Notification(notification) => notification.params.as_ref(),
        Incoming::Request(request) => request.params.as_ref(),
        Incoming::Done(_) => None,
    };
    params.map_or(0, |params| params.get().len())
}

impl Facts {
    /// Of a request that nobody wants to hear about before its answer.
    pub fn plain(client: &Arc<Client>) -> Self {
        Self { client: client.clone(), wants_log: false, subscription: false }
    }
}
