//! Sorts what comes over a connection that several calls share.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::broadcast;
use tokio_util::sync::CancellationToken;

use super::UpstreamError;
use super::counts::{Counts, count};
use super::mailbox::{Facts, Mailbox, ServerRequest};
use super::params::Members;
use super::wire;
use crate::exchange::Notification;
use crate::message::{Json, Malformed, Message, RawNotification, RawRequest, RpcError};
use crate::version::Era;

/// Bytes of one notification that is for everybody; a larger one is dropped. They only say that something changed.
const EVENT_BYTES_MAX: usize = 64 << 10;

/// Lines or events in a row that are no message, after which a connection is given up.
const GARBAGE_MAX: u32 = 1_000;

/// `_meta` member that says which subscription a notification is for.
pub(crate) const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";

/// The calls of one connection.
pub(crate) struct Hub {
    modern: AtomicBool,
    pub counts: Arc<Counts>,
    pub events: broadcast::Sender<Notification>,
    bytes_max: u64,
    next_id: AtomicU64,
    garbage_in_a_row: AtomicU32,
    calls: Mutex<Calls>,
    ended: CancellationToken,
}

#[derive(Default)]
struct Calls {
    open: HashMap<u64, Arc<Mailbox>>,
    /// Why no more calls can be made.
    over: Option<UpstreamError>,
}

impl Hub {
    pub fn new(counts: Arc<Counts>, events: broadcast::Sender<Notification>, bytes_max: u64) -> Self {
        let modern = AtomicBool::new(false);
        Self {
            modern,
            counts,
            events,
            bytes_max,
            next_id: AtomicU64::new(1),
            garbage_in_a_row: AtomicU32::new(0),
            calls: Mutex::default(),
            ended: CancellationToken::new(),
        }
    }

    /// Until this is said, the server counts as one of the older era.
    pub fn set_era(&self, era: Era) {
        self.modern.store(era == Era::Modern, Ordering::Relaxed);
    }

    pub fn is_modern(&self) -> bool {
        self.modern.load(Ordering::Relaxed)
    }

    pub fn next_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    /// Makes a place for what is said about call `id`.
    pub fn open(&self, id: u64, facts: Arc<Facts>) -> Result<Arc<Mailbox>, UpstreamError> {
        let mailbox = Arc::new(Mailbox::new(facts, self.bytes_max));
        let mut calls = self.lock();
        if let Some(over) = &calls.over {
            return Err(over.clone());
        }
        calls.open.insert(id, mailbox.clone());
        Ok(mailbox)
    }

    /// Forgets a call. True when it had no answer yet.
    pub fn close(&self, id: u64) -> bool {
        self.lock().open.remove(&id).is_some()
    }

    /// Ends every call, and refuses new ones.
    pub fn end(&self, why: UpstreamError) {
        let open = {
            let mut calls = self.lock();
            calls.over.get_or_insert(why.clone());
            std::mem::take(&mut calls.open)
        };
        for mailbox in open.into_values() {
            mailbox.finish(Err(why.clone()));
        }
        self.ended.cancel();
    }

    /// Resolves when it is over.
    pub async fn ended(&self) {
        self.ended.cancelled().await;
    }

    pub fn over(&self) -> Option<UpstreamError> {
        self.lock().over.clone()
    }

    /// Sorts one message, or one batch. What is returned is to be sent back to the server.
    ///
    /// What is no message is counted and otherwise ignored, until there is nothing else: then the connection is of no
    /// use.
    pub fn take(&self, bytes: &[u8]) -> Result<Vec<Vec<u8>>, UpstreamError> {
        let mut replies = Vec::new();
        let Err(why) = self.sort(bytes, true, &mut replies) else {
            self.garbage_in_a_row.store(0, Ordering::Relaxed);
            return Ok(replies);
        };
        if self.garbage_in_a_row.fetch_add(1, Ordering::Relaxed) + 1 < GARBAGE_MAX {
            return Ok(replies);
        }
        Err(UpstreamError::Protocol(format!(
            "the last {GARBAGE_MAX} things it said are no messages; the last: {why}"
        )))
    }

    fn sort(&self, bytes: &[u8], batches: bool, replies: &mut Vec<Vec<u8>>) -> Result<(), Malformed> {
        match Message::parse(bytes) {
            Ok(Message::Response(response)) => {
                let outcome = response.outcome.map(ToOwned::to_owned).map_err(UpstreamError::Rpc);
                self.answer(response.id.and_then(|id| id.get().parse().ok()), outcome);
            }
            Ok(Message::Notification(notification)) => self.tell(notification),
            Ok(Message::Request(request)) => replies.extend(self.ask(request)),
            Ok(Message::Batch(entries)) if batches => {
                for entry in entries {
                    self.sort(entry.get().as_bytes(), false, replies)?;
                }
            }
            Ok(Message::Batch(_)) => count(&self.counts.garbage),
            Err(why) => {
                count(&self.counts.garbage);
                return Err(why);
            }
        }
        Ok(())
    }

    fn answer(&self, id: Option<u64>, outcome: Result<Json, UpstreamError>) {
        let call = id.and_then(|id| self.lock().open.remove(&id));
        match call {
            Some(mailbox) => mailbox.finish(outcome),
            None => count(&self.counts.late_answers),
        }
    }

    fn tell(&self, notification: RawNotification<'_>) {
        let owned = Notification {
            method: notification.method.into_owned(),
            params: notification.params.map(ToOwned::to_owned),
        };
        let call = match owned.method.as_str() {
            "notifications/progress" => self.by_token(&owned),
            "notifications/message" => self.sole(|facts| facts.wants_log),
            "notifications/cancelled" => return self.cancelled(&owned),
            _ => match self.subscription(&owned) {
                Some(call) => Some(call),
                None => return self.publish(owned),
            },
        };
        if !call.is_some_and(|mailbox| mailbox.tell(owned)) {
            count(&self.counts.dropped_notifications);
        }
    }

    /// Tells everybody who listens to [`Upstream::events`](super::Upstream::events).
    pub fn publish(&self, notification: Notification) {
        if notification.params.as_ref().is_some_and(|params| params.get().len() > EVENT_BYTES_MAX) {
            return count(&self.counts.dropped_notifications);
        }
        // Nobody listening is fine.
        let _ = self.events.send(notification);
    }

    /// Servers of the newer era end a subscription this way; older ones take back a question, whose answer they will
    /// then ignore.
    fn cancelled(&self, notification: &Notification) {
        let id = self.is_modern().then(|| number(notification, "requestId")).flatten();
        if let Some(mailbox) = id.and_then(|id| self.lock().open.remove(&id)) {
            mailbox.finish(Err(UpstreamError::unavailable("it ended the request")));
        }
    }

    fn by_token(&self, notification: &Notification) -> Option<Arc<Mailbox>> {
        let id = number(notification, "progressToken")?;
        self.lock().open.get(&id).cloned()
    }

    fn subscription(&self, notification: &Notification) -> Option<Arc<Mailbox>> {
        let params = notification.params.as_ref()?;
        if !params.get().contains(SUBSCRIPTION_ID) {
            return None;
        }
        let params = Members::read(Some(params), "params").ok()?;
        let meta = Members::read(params.get("_meta"), "_meta").ok()?;
        let id: u64 = meta.get(SUBSCRIPTION_ID)?.get().parse().ok()?;
        self.lock().open.get(&id).cloned()
    }

    /// The latest call that fits, when all calls under way are of one conversation: a message that names no call must
    /// not reach somebody else's client.
    fn sole(&self, fits: impl Fn(&Facts) -> bool) -> Option<Arc<Mailbox>> {
        let calls = self.lock();
        let mut all = calls.open.iter().filter(|(_, mailbox)| !mailbox.facts.subscription);
        let (first_id, first) = all.next()?;
        let conversation = &first.facts.client.conversation;
        let mut latest = fits(&first.facts).then_some((*first_id, first));
        for (id, mailbox) in all {
            if mailbox.facts.client.conversation != *conversation {
                return None;
            }
            if fits(&mailbox.facts) && latest.is_none_or(|(newest, _)| *id > newest) {
                latest = Some((*id, mailbox));
            }
        }
        latest.map(|(_, mailbox)| mailbox.clone())
    }

    /// A request that came outside of any call's own stream.
    fn ask(&self, request: RawRequest<'_>) -> Option<Vec<u8>> {
        if request.method == "ping" {
            return Some(wire::result(request.id, "{}"));
        }
        if self.is_modern() {
            count(&self.counts.refused_requests);
            return None;
        }
        let owned = ServerRequest {
            id: request.id.to_owned(),
            method: request.method.into_owned(),
            params: request.params.map(ToOwned::to_owned),
        };
        let Some(call) = self.sole(|_| true) else { return Some(self.refuse(&owned)) };
        call.ask(owned).err().map(|request| self.refuse(&request))
    }

    fn refuse(&self, request: &ServerRequest) -> Vec<u8> {
        count(&self.counts.refused_requests);
        let why = format!(
            "`{}` cannot be put to anybody: no request of exactly one client is under way. A server that asks its \
             clients over a connection they share needs `sharing = \"per_client\"`",
            request.method
        );
        wire::error(&request.id, &RpcError::new(crate::message::code::METHOD_NOT_FOUND, why))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn number(notification: &Notification, member: &str) -> Option<u64> {
    let params = Members::read(notification.params.as_deref(), "params").ok()?;
    params.get(member)?.get().parse().ok()
}
