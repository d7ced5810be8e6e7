//! One request of a client under way in the service.

use std::pin::Pin;
use std::sync::Arc;

use futures::FutureExt;

use crate::exchange::{Inbox, Notification, Outbox, Request, Service};
use crate::message::{Json, RpcError};

/// Dropping it cancels the request.
pub(super) struct Exchange {
    answer: Pin<Box<dyn Future<Output = Outcome> + Send>>,
    inbox: Inbox,
    outcome: Option<Outcome>,
}

pub(super) type Outcome = Result<Json, RpcError>;

pub(super) enum Step {
    Told(Notification),
    Answered(Outcome),
}

impl Exchange {
    pub(super) fn start(service: Arc<dyn Service>, request: Request) -> Self {
        let (out, inbox) = Outbox::new();
        let answer = async move { service.request(request, out).await }.boxed();
        Self { answer, inbox, outcome: None }
    }

    /// The next notification, and after the last one the answer. Nothing is lost when this future is dropped; it
    /// must not be asked again after the answer.
    pub(super) async fn next(&mut self) -> Step {
        if self.outcome.is_none() {
            tokio::select! {
                biased;
                Some(told) = self.inbox.recv() => return Step::Told(told),
                outcome = &mut self.answer => self.outcome = Some(outcome),
            }
        }
        // The service may have told something in the very step in which it answered.
        match (self.inbox.try_recv(), self.outcome.take()) {
            (Ok(told), outcome) => {
                self.outcome = outcome;
                Step::Told(told)
            }
            (Err(_), Some(outcome)) => Step::Answered(outcome),
            (Err(_), None) => Step::Answered(Err(RpcError::internal("the request was answered before"))),
        }
    }
}
