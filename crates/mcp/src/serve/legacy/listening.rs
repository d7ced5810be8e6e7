//! What a legacy client hears without asking: one `subscriptions/listen` in the background, as wide as it needs.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::json;
use tokio::task::AbortHandle;

use super::lane::Lane;
use crate::exchange::{Client, Request, Service};
use crate::message::{RpcError, json};
use crate::serve::Options;
use crate::serve::exchange::{Exchange, Step};
use crate::serve::modern::code;
use crate::serve::reply;

#[derive(Default)]
pub(super) struct Listening(Mutex<State>);

#[derive(Default)]
struct State {
    uris: BTreeSet<String>,
    task: Option<AbortHandle>,
    closed: bool,
}

impl Listening {
    /// Begins when it has not begun: the client opened a stream on which it can hear.
    pub(super) fn begin(
        &self,
        service: &Arc<dyn Service>,
        client: impl FnOnce() -> Arc<Client>,
        lane: &Lane,
    ) {
        let mut state = self.lock();
        if state.task.is_none() {
            state.restart(service, &client(), lane);
        }
    }

    pub(super) fn subscribe(
        &self,
        uri: String,
        options: &Options,
        service: &Arc<dyn Service>,
        client: &Arc<Client>,
        lane: &Lane,
    ) -> Result<(), RpcError> {
        let mut state = self.lock();
        if state.uris.len() >= options.subscriptions_max && !state.uris.contains(&uri) {
            let max = options.subscriptions_max;
            let text = format!("more than {max} resources; `[clients] subscriptions_max` raises it");
            return Err(RpcError::new(code::LIMIT, text));
        }
        if state.uris.insert(uri) {
            state.restart(service, client, lane);
        }
        Ok(())
    }

    pub(super) fn unsubscribe(
        &self,
        uri: &str,
        service: &Arc<dyn Service>,
        client: &Arc<Client>,
        lane: &Lane,
    ) {
        let mut state = self.lock();
        if state.uris.remove(uri) {
            state.restart(service, client, lane);
        }
    }

    pub(super) fn close(&self) {
        let mut state = self.lock();
        state.closed = true;
        if let Some(task) = state.task.take() {
            task.abort();
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The new one begins before the old one ends: better told twice than not at all.
    fn restart(&mut self, service: &Arc<dyn Service>, client: &Arc<Client>, lane: &Lane) {
        if self.closed {
            return;
        }
        let filter = json!({"notifications": {
            "toolsListChanged": true, "promptsListChanged": true, "resourcesListChanged": true,
            "resourceSubscriptions": self.uris,
        }});
        let Ok(params) = json(&filter) else { return };
        let request = Request {
            method: "subscriptions/listen".into(),
            params: Some(params),
            client: Arc::clone(client),
        };
        let mut exchange = Exchange::start(Arc::clone(service), request);
        let lane = lane.clone();
        let task = tokio::spawn(async move {
            loop {
                match exchange.next().await {
                    Step::Told(told) if told.method.starts_with("notifications/subscriptions/") => {}
                    Step::Told(told) => {
                        if !lane.send(reply::notification(&told)).await {
                            return;
                        }
                    }
                    Step::Answered(outcome) => {
                        if let Err(error) = outcome {
                            tracing::debug!(%error, "a legacy client hears of no changes: the service refused to tell them");
                        }
                        return;
                    }
                }
            }
        });
        if let Some(old) = self.task.replace(task.abort_handle()) {
            old.abort();
        }
    }
}
