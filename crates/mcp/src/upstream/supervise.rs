//! Connects when needed, bounds what is under way, and leaves a server alone that fails.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit, broadcast};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::breaker::Breaker;
use super::catalogue::Catalogue;
use super::connect::{Connection, Context};
use super::connections::{GOODBYE, say_goodbye};
use super::counts::Counts;
use super::legacy::Asking;
use super::link::Fault;
use super::park::ParkedCalls;
use super::parts::Parts;
use super::pipe::Stderr;
use super::slot::Slot;
use super::status::{State, Status};
use super::{UpstreamError, greeting, headers, meta, modern, params};
use crate::exchange::{Client, Discovery, Notification, Outbox, Request};
use crate::message::{Json, RpcError};
use crate::version::{Era, Version};

/// Events a reader may be behind.
const EVENTS_MAX: usize = 256;
/// Subscriptions of clients under way at the same time: they last, and so do not count as calls.
const SUBSCRIPTIONS_MAX: usize = 1_024;

pub(crate) struct Inner {
    pub context: Context,
    pub(super) parts: Parts,
    pub(super) calls: Semaphore,
    pub(super) subscriptions: Semaphore,
    pub(super) breaker: Breaker,
    pub(super) parked: ParkedCalls,
    pub(super) catalogue: Catalogue,
    /// The era found at the first connection: 0 is not known, 1 older, 2 newer.
    pub(super) era: AtomicU8,
    pub(super) shared: Arc<Slot>,
    pub(super) sessions: Mutex<HashMap<String, Arc<Slot>>>,
    pub(super) connecting: AtomicUsize,
    pub(super) greeted: ArcSwapOption<(Version, Arc<Discovery>)>,
    pub(super) closed: CancellationToken,
    pub(super) janitor: OnceLock<AbortOnDropHandle<()>>,
}

impl Inner {
    pub fn new(parts: Parts) -> Self {
        let calls_max = (parts.limits.calls_at_once_max as usize).clamp(1, Semaphore::MAX_PERMITS);
        let (events, _) = broadcast::channel(EVENTS_MAX);
        let context = Context { counts: Arc::new(Counts::default()), events, stderr: Stderr::default() };
        Self {
            context,
            calls: Semaphore::new(calls_max),
            subscriptions: Semaphore::new(SUBSCRIPTIONS_MAX),
            breaker: Breaker::new(parts.limits.failures_max),
            parked: ParkedCalls::default(),
            catalogue: Catalogue::default(),
            era: AtomicU8::new(0),
            shared: Arc::new(Slot::new()),
            sessions: Mutex::default(),
            connecting: AtomicUsize::new(0),
            greeted: ArcSwapOption::empty(),
            closed: CancellationToken::new(),
            janitor: OnceLock::new(),
            parts,
        }
    }

    pub async fn discovery(self: &Arc<Self>, client: &Arc<Client>) -> Result<Arc<Discovery>, UpstreamError> {
        let admission = self.breaker.admit()?;
        let (slot, _use) = self.slot(client)?;
        let connected = self.connection(&slot, client).await;
        admission.report(&connected);
        let discovery = connected?.link.discovery().cloned();
        discovery.ok_or_else(|| UpstreamError::protocol("it was never greeted"))
    }

    pub async fn request(self: &Arc<Self>, request: &Request, out: &Outbox) -> Result<Json, UpstreamError> {
        let admission = self.breaker.admit()?;
        let limit = self.limit(&request.method);
        let outcome = match limit {
            Some((name, ms)) => {
                let until = Instant::now() + Duration::from_millis(ms);
                let _place = self.place(&self.calls, until, ms).await?;
                match tokio::time::timeout_at(until, self.attempt(request, out)).await {
                    Ok(outcome) => outcome,
                    Err(_) => Err(UpstreamError::TimedOut { doing: "answer", limit: name, after_ms: ms }),
                }
            }
            None => {
                let _place = self.subscriptions.try_acquire().map_err(|_| {
                    UpstreamError::unavailable(format!(
                        "it has {SUBSCRIPTIONS_MAX} subscriptions, as many as may be"
                    ))
                })?;
                self.attempt(request, out).await
            }
        };
        if admission.report(&outcome) {
            // A child that hangs does not get better: the next attempt has a new one.
            self.drop_connections();
        }
        outcome
    }

    /// The setting that bounds the request, and how many milliseconds it says. None for what lasts.
    fn limit(&self, method: &str) -> Option<(&'static str, u64)> {
        let limits = &self.parts.limits;
        match method {
            "subscriptions/listen" => None,
            "tools/list" | "prompts/list" | "resources/list" | "resources/templates/list" => {
                Some(("list_ms_max", limits.list_ms_max))
            }
            _ => Some(("call_ms_max", limits.call_ms_max)),
        }
    }

    async fn place<'a>(
        &self,
        places: &'a Semaphore,
        until: Instant,
        ms: u64,
    ) -> Result<SemaphorePermit<'a>, UpstreamError> {
        match tokio::time::timeout_at(until, places.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            Ok(Err(_)) => Err(UpstreamError::unavailable("it was closed")),
            Err(_) => Err(UpstreamError::TimedOut {
                doing: "get to the request, for all that were under way already,",
                limit: "calls_at_once_max",
                after_ms: ms,
            }),
        }
    }

    /// Asks, and once more where it is certain that nothing was done the first time.
    async fn attempt(self: &Arc<Self>, request: &Request, out: &Outbox) -> Result<Json, UpstreamError> {
        let (slot, _use) = self.slot(&request.client)?;
        let mut again = true;
        loop {
            let connection = self.connection(&slot, &request.client).await?;
            let link = &connection.link;
            let is_modern = link.era() == Some(Era::Modern);
            let outcome = if is_modern {
                modern::ask(link, &self.catalogue, request, out).await
            } else {
                let (parked, catalogue) = (&self.parked, &self.catalogue);
                Asking { link, parked, catalogue, request, out }.ask().await
            };
            let fault = match outcome {
                Ok(result) => return self.learnt(request, result, link.is_http() && is_modern),
                Err(fault) => fault,
            };
            match &fault {
                Fault::SessionGone => slot.discard(&connection),
                // It is another server than it was, or one of the older era after all.
                Fault::Error(UpstreamError::Rpc(error)) if error.code == greeting::UNSUPPORTED_VERSION => {
                    self.forget_era(&slot, &connection);
                }
                Fault::Status { status, .. } if is_modern && status.is_client_error() => {
                    self.forget_era(&slot, &connection);
                    again = false;
                }
                Fault::Error(UpstreamError::Rpc(error))
                    if error.code == greeting::HEADER_MISMATCH && request.method == "tools/call" && again =>
                {
                    self.refresh_catalogue(&connection, request).await?;
                }
                _ => again = false,
            }
            if !std::mem::take(&mut again) {
                return Err(fault.into());
            }
        }
    }

    /// Remembers of a list of tools what calls will need.
    fn learnt(&self, request: &Request, result: Json, over_http: bool) -> Result<Json, UpstreamError> {
        if request.method != "tools/list" {
            return Ok(result);
        }
        let changed = self.catalogue.learn(&result, over_http, self.parts.limits.list_entries_max)?;
        Ok(changed.unwrap_or(result))
    }

    /// The headers of a call did not fit the tool: its schema has changed, or was never seen.
    async fn refresh_catalogue(
        &self,
        connection: &Arc<Connection>,
        request: &Request,
    ) -> Result<(), UpstreamError> {
        let mut cursor: Option<String> = None;
        let mut seen = 0;
        while seen < self.parts.limits.list_entries_max {
            let request = Request {
                method: "tools/list".to_owned(),
                params: cursor
                    .as_ref()
                    .map(|cursor| crate::message::json(&json!({ "cursor": cursor })))
                    .transpose()?,
                client: request.client.clone(),
            };
            let page = modern::ask(&connection.link, &self.catalogue, &request, &Outbox::closed()).await?;
            self.catalogue.learn(&page, true, self.parts.limits.list_entries_max)?;
            let page: Value = serde_json::from_str(page.get())
                .map_err(|error| UpstreamError::protocol(format!("`tools/list` cannot be read: {error}")))?;
            let tools = page["tools"].as_array().map_or(0, Vec::len);
            seen = seen.saturating_add(u32::try_from(tools).unwrap_or(u32::MAX)).saturating_add(1);
            cursor = page["nextCursor"].as_str().map(ToOwned::to_owned);
            if cursor.is_none() {
                break;
            }
        }
        Ok(())
    }

    pub async fn notify(&self, client: &Client, notification: &Notification) {
        let session = match self.sessions().get(&client.conversation) {
            Some(slot) => slot.live(),
            None => self.shared.live(),
        };
        let Some(connection) = session else { return };
        let link = &connection.link;
        let translated = match link.era() {
            Some(Era::Modern) => notification.params.clone(),
            _ => stripped(notification),
        };
        let all = match (link.is_http(), link.era()) {
            (true, Some(Era::Modern)) => headers::of(&notification.method, None),
            _ => HeaderMap::new(),
        };
        let patience = Duration::from_millis(self.parts.limits.call_ms_max.min(10_000));
        let sending = link.notify(&notification.method, translated.as_deref(), all);
        // Nobody waits for an answer: what a server does not take is lost, as the protocol has it.
        if let Ok(Err(fault)) = tokio::time::timeout(patience, sending).await {
            tracing::debug!(server = self.parts.name, ?fault, "a notification was not taken");
        }
    }

    pub fn status(&self) -> Status {
        let failures = self.breaker.failures();
        let sessions = self.slots().iter().filter(|slot| slot.live().is_some()).count();
        let state = match () {
            () if self.closed.is_cancelled() => State::Closed,
            () if self.breaker.refuses_for().is_some() => State::Refused,
            () if sessions > 0 => State::Connected,
            () if self.connecting.load(Ordering::Relaxed) > 0 => State::Connecting,
            () if failures > 0 => State::Failing,
            () => State::Idle,
        };
        let greeted = self.greeted.load();
        let discovery = greeted.as_ref().map(|greeted| &greeted.1.result);
        let own = |discovery: &Value| discovery["_meta"][meta::SERVER_INFO].clone();
        let calls_max = (self.parts.limits.calls_at_once_max as usize).clamp(1, Semaphore::MAX_PERMITS);
        Status {
            state,
            version: greeted.as_ref().map(|greeted| greeted.0.as_str()),
            server_info: discovery.map_or(Value::Null, own),
            last_error: self.breaker.last_error(),
            failures_in_a_row: failures,
            sessions,
            calls_under_way: calls_max.saturating_sub(self.calls.available_permits()),
            calls_parked: self.parked.len(),
            restarts: self.context.counts.connects.load(Ordering::Relaxed).saturating_sub(1),
            oddities: self.context.counts.oddities(),
            stderr_tail: self.context.stderr.text(),
        }
    }

    pub fn forget(&self, conversation: &str) {
        self.parked.forget(conversation);
        let slot = self.sessions().remove(conversation);
        if let Some(slot) = slot {
            say_goodbye(&slot);
        }
    }

    pub async fn close(&self) {
        self.closed.cancel();
        self.calls.close();
        self.parked.clear();
        let goodbyes = self.slots().into_iter().filter_map(|slot| slot.take()).map(|connection| async move {
            let _ = tokio::time::timeout(GOODBYE, connection.link.close()).await;
        });
        futures::future::join_all(goodbyes).await;
        self.sessions().clear();
    }
}

/// The parameters without what only the newer era knows.
fn stripped(notification: &Notification) -> Option<Json> {
    let translate = || -> Result<Json, RpcError> {
        let mut members = params::Members::read(notification.params.as_deref(), "params")?;
        let given = members.remove("_meta");
        let mut inner = params::Members::read(given.as_deref(), "_meta")?;
        meta::strip(&mut inner);
        if !inner.is_empty() {
            members.set("_meta", inner.json()?);
        }
        members.json()
    };
    notification.params.as_ref()?;
    translate().ok()
}
