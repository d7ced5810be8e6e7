//! A legacy client from `initialize` to its end, over whatever its messages travel.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures::future::join_all;
use serde_json::value::RawValue;
use tokio::task::AbortHandle;

use super::asked::Asked;
use super::downgrade;
use super::known::Known;
use super::lane::Lane;
use super::listening::Listening;
use crate::exchange::{Client, Notification, Service};
use crate::message::{Json, RpcError, code as rpc};
use crate::serve::Options;
use crate::serve::incoming::{Call, Incoming, id_key, text};
use crate::serve::members::{Members, raw};
use crate::serve::modern::code;
use crate::serve::reply;

/// The severity from which on a client hears log messages when it has not said: the older versions leave it to us.
const DEFAULT_LEVEL: usize = 1;

pub(in crate::serve) struct Conversation {
    pub(super) service: Arc<dyn Service>,
    pub(super) options: Arc<Options>,
    client: Known,
    /// Where to say what belongs to no request.
    lane: Lane,
    level: AtomicUsize,
    pub(super) asked: Asked,
    listening: Listening,
    running: Mutex<HashMap<String, AbortHandle>>,
}

impl Conversation {
    pub(in crate::serve) fn new(
        service: Arc<dyn Service>,
        options: Arc<Options>,
        client: Known,
        lane: Lane,
    ) -> Self {
        Self {
            service,
            options,
            client,
            lane,
            level: AtomicUsize::new(DEFAULT_LEVEL),
            asked: Asked::default(),
            listening: Listening::default(),
            running: Mutex::default(),
        }
    }

    pub(in crate::serve) fn client(&self) -> &Known {
        &self.client
    }

    /// Runs what was sent to its end in a task of its own and hands over the last message about it (none for what
    /// is not answered). Whoever sent it may go away meanwhile: legacy clients end a request by saying so.
    pub(in crate::serve) fn run(
        self: &Arc<Self>,
        work: Incoming,
        extensions: Option<http::Extensions>,
        lane: Lane,
        done: impl FnOnce(Option<String>) + Send + 'static,
    ) {
        // What was authenticated for this request counts, not what was for the first one.
        let client = Arc::new(self.client.client(extensions));
        let conversation = Arc::clone(self);
        match work {
            Incoming::Batch(all) => {
                let done = Done(Some(done));
                tokio::spawn(async move { done.with(conversation.batch(all, client, lane).await) });
            }
            single => self.run_one(single, client, lane, Done(Some(done))),
        }
    }

    fn run_one<F>(self: &Arc<Self>, work: Incoming, client: Arc<Client>, lane: Lane, done: Done<F>)
    where
        F: FnOnce(Option<String>) + Send + 'static,
    {
        let conversation = Arc::clone(self);
        match work {
            Incoming::Request(call) => self.start(call, client, lane, done),
            Incoming::Notification(notification) => {
                tokio::spawn(async move {
                    conversation.notified(notification, client).await;
                    done.with(None);
                });
            }
            Incoming::Response { id, outcome } => {
                self.asked.answered(id.as_deref(), outcome);
                done.with(None);
            }
            // Batches hold no batches: they were refused when the message was read.
            Incoming::Batch(_) => done.with(None),
        }
    }

    fn start<F>(self: &Arc<Self>, call: Call, client: Arc<Client>, lane: Lane, done: Done<F>)
    where
        F: FnOnce(Option<String>) + Send + 'static,
    {
        let key = id_key(&call.id);
        // Held over the start: the end of the request, which may come at once, removes the key.
        let mut running = self.lock();
        if let Err(error) = self.admit(&running, &key) {
            drop(running);
            return done.with(Some(reply::error(Some(&call.id), &error)));
        }
        let conversation = Arc::clone(self);
        let task = tokio::spawn({
            let key = key.clone();
            async move {
                let _end = End { conversation: &conversation, key };
                let last = conversation.answer(call, &client, &lane).await;
                done.with(Some(last));
            }
        });
        running.insert(key, task.abort_handle());
    }

    fn admit(&self, running: &HashMap<String, AbortHandle>, key: &str) -> Result<(), RpcError> {
        if running.contains_key(key) {
            return Err(RpcError::new(rpc::INVALID_REQUEST, "a request with this `id` is running"));
        }
        if running.len() >= self.options.requests_at_once_max {
            let max = self.options.requests_at_once_max;
            let text = format!(
                "{max} requests of this session are running; `[clients] requests_at_once_max` raises it"
            );
            return Err(RpcError::new(code::LIMIT, text));
        }
        Ok(())
    }

    /// Everything in a batch runs at once; its answers are one message.
    async fn batch(self: Arc<Self>, all: Vec<Incoming>, client: Arc<Client>, lane: Lane) -> Option<String> {
        let answers = join_all(all.into_iter().map(|one| {
            let (sender, answer) = tokio::sync::oneshot::channel();
            // Whoever waits for the batch may be gone.
            let done = Done(Some(|last| drop(sender.send(last))));
            self.run_one(one, Arc::clone(&client), lane.clone(), done);
            answer
        }));
        let answers: Vec<_> = answers.await.into_iter().filter_map(|answer| answer.ok().flatten()).collect();
        (!answers.is_empty()).then(|| format!("[{}]", answers.join(",")))
    }

    async fn answer(&self, call: Call, client: &Arc<Client>, lane: &Lane) -> String {
        let outcome = match call.method.as_str() {
            "ping" => Ok(raw("{}".into())),
            "logging/setLevel" => self.set_level(call.params.as_deref()),
            "resources/subscribe" => self.uri(&call).and_then(|uri| {
                self.listening.subscribe(uri, &self.options, &self.service, client, &self.lane)?;
                Ok(raw("{}".into()))
            }),
            "resources/unsubscribe" => self.uri(&call).map(|uri| {
                self.listening.unsubscribe(&uri, &self.service, client, &self.lane);
                raw("{}".into())
            }),
            "initialize" => Err(RpcError::new(rpc::INVALID_REQUEST, "this session is initialized already")),
            // Modern methods: in a legacy session they name nothing.
            "server/discover" | "subscriptions/listen" => Err(RpcError::method_not_found(&call.method)),
            _ => self.rounds(&call, client, lane).await,
        };
        reply::outcome(&call.id, &outcome)
    }

    async fn notified(&self, notification: Notification, client: Arc<Client>) {
        match notification.method.as_str() {
            "notifications/initialized" | "notifications/roots/list_changed" => {}
            "notifications/cancelled" => {
                let members = Members::of(notification.params.as_deref()).unwrap_or_default();
                if let Some(id) = members.get("requestId") {
                    self.cancel(id);
                }
            }
            _ => self.service.notify(client, notification).await,
        }
    }

    fn cancel(&self, id: &RawValue) {
        if let Some(task) = self.lock().get(&id_key(id)) {
            task.abort();
        }
    }

    /// The client can hear now what belongs to no request.
    pub(in crate::serve) fn listen(&self) {
        self.listening.begin(&self.service, || Arc::new(self.client.client(None)), &self.lane);
    }

    /// Ends everything that runs and tells the service.
    pub(in crate::serve) async fn close(&self) {
        self.listening.close();
        self.asked.close();
        let running = std::mem::take(&mut *self.lock());
        running.values().for_each(AbortHandle::abort);
        self.service.ended(&self.client.conversation).await;
    }

    pub(in crate::serve) fn is_busy(&self) -> bool {
        !self.lock().is_empty()
    }

    fn set_level(&self, params: Option<&RawValue>) -> Result<Json, RpcError> {
        let members = Members::of(params)?;
        let rank = text(members.get("level")).and_then(|level| downgrade::rank(&level));
        let rank = rank.ok_or_else(|| {
            RpcError::invalid_params(format!("`level` is one of {}", downgrade::LEVELS.join(", ")))
        })?;
        self.level.store(rank, Ordering::Relaxed);
        Ok(raw("{}".into()))
    }

    pub(super) fn level(&self) -> usize {
        self.level.load(Ordering::Relaxed)
    }

    fn uri(&self, call: &Call) -> Result<String, RpcError> {
        let members = Members::of(call.params.as_deref())?;
        text(members.get("uri"))
            .map(Cow::into_owned)
            .ok_or_else(|| RpcError::invalid_params("`uri` is missing"))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, AbortHandle>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Hands over the last message exactly once: none when the work is dropped before its end.
struct Done<F: FnOnce(Option<String>)>(Option<F>);

impl<F: FnOnce(Option<String>)> Done<F> {
    fn with(mut self, last: Option<String>) {
        if let Some(done) = self.0.take() {
            done(last);
        }
    }
}

impl<F: FnOnce(Option<String>)> Drop for Done<F> {
    fn drop(&mut self) {
        if let Some(done) = self.0.take() {
            done(None);
        }
    }
}

/// A request that no longer runs.
struct End<'a> {
    conversation: &'a Conversation,
    key: String,
}

impl Drop for End<'_> {
    fn drop(&mut self) {
        self.conversation.lock().remove(&self.key);
    }
}
