//! The connections of a server: made when needed, one or one a client, and freed when nobody uses them.

use std::collections::HashMap;
use std::sync::atomic::Ordering;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use domain::server::Sharing;
use serde_json::json;
use tokio_util::task::AbortOnDropHandle;

use super::connect::{self, Connection};
use super::parts::TransportParts;
use super::slot::{Slot, Use};
use super::supervise::Inner;
use super::{UpstreamError, meta};
use crate::exchange::Client;
use crate::version::{Era, Version};

/// Sessions of a server that has one for each client.
const SESSIONS_MAX: usize = 1_024;

impl Inner {
    /// The connection of a slot, made now if there is none.
    pub(super) async fn connection(
        self: &Arc<Self>,
        slot: &Arc<Slot>,
        client: &Arc<Client>,
    ) -> Result<Arc<Connection>, UpstreamError> {
        if let Some(connection) = slot.live() {
            return Ok(connection);
        }
        let turn = slot.connecting.clone().lock_owned().await;
        if let Some(connection) = slot.live() {
            return Ok(connection);
        }
        if let Some(retry_in) = self.breaker.refuses_for() {
            let last = self.breaker.last_error().unwrap_or_default();
            return Err(UpstreamError::Refused { failures: self.breaker.failures(), retry_in, last });
        }
        self.start_janitor();
        let (inner, slot, client) = (self.clone(), slot.clone(), client.clone());
        // Goes on when whoever asked first gives up: the next one finds it done.
        let work = tokio::spawn(async move {
            let _turn = turn;
            inner.connecting.fetch_add(1, Ordering::Relaxed);
            let outcome = inner.connect(&slot, &client).await;
            inner.connecting.fetch_sub(1, Ordering::Relaxed);
            outcome
        });
        work.await
            .unwrap_or_else(|error| Err(UpstreamError::unavailable(format!("connecting broke off: {error}"))))
    }

    async fn connect(&self, slot: &Slot, client: &Arc<Client>) -> Result<Arc<Connection>, UpstreamError> {
        let ms = self.parts.limits.connect_ms_max;
        let work = async {
            tokio::time::sleep(self.breaker.pause().min(Duration::from_millis(ms))).await;
            let introduced = match self.parts.sharing {
                Sharing::PerClient => client.clone(),
                Sharing::Shared => Arc::new(unknown_client("")),
            };
            let attempt = connect::connect(&self.parts, &self.context, self.known_era(), &introduced);
            match tokio::time::timeout(Duration::from_millis(ms), attempt).await {
                Ok(connected) => connected,
                Err(_) => {
                    Err(UpstreamError::TimedOut { doing: "connect", limit: "connect_ms_max", after_ms: ms })
                }
            }
        };
        let connected = tokio::select! {
            connected = work => connected,
            () = self.closed.cancelled() => Err(UpstreamError::unavailable("it was closed")),
        };
        let connection = match connected {
            Ok(connection) => Arc::new(connection),
            Err(why) => {
                self.era.store(0, Ordering::Relaxed);
                return Err(why);
            }
        };
        let link = &connection.link;
        if let (Some(version), Some(discovery)) = (link.version(), link.discovery()) {
            self.era.store(if version.era() == Era::Modern { 2 } else { 1 }, Ordering::Relaxed);
            self.greeted.store(Some(Arc::new((version, discovery.clone()))));
        }
        slot.put(connection.clone());
        Ok(connection)
    }

    fn known_era(&self) -> Option<Era> {
        match self.era.load(Ordering::Relaxed) {
            1 => Some(Era::Legacy),
            2 => Some(Era::Modern),
            _ => None,
        }
    }

    pub(super) fn forget_era(&self, slot: &Slot, connection: &Arc<Connection>) {
        self.era.store(0, Ordering::Relaxed);
        slot.discard(connection);
    }

    /// Where the connection for this client is. A server of the newer era on HTTP has no sessions to keep apart.
    pub(super) fn slot(&self, client: &Client) -> Result<(Arc<Slot>, Use), UpstreamError> {
        if self.closed.is_cancelled() {
            return Err(UpstreamError::unavailable("it was closed"));
        }
        let stateless =
            matches!(self.parts.transport, TransportParts::Http(_)) && self.known_era() == Some(Era::Modern);
        if self.parts.sharing == Sharing::Shared || stateless {
            return Ok((self.shared.clone(), self.shared.hold()));
        }
        let mut sessions = self.sessions();
        if let Some(slot) = sessions.get(&client.conversation) {
            return Ok((slot.clone(), slot.hold()));
        }
        if sessions.len() >= SESSIONS_MAX {
            let idlest = sessions.iter().filter_map(|(key, slot)| Some((slot.idle_seconds()?, key))).max();
            let Some(key) = idlest.map(|(_, key)| key.clone()) else {
                let text = format!("it has {SESSIONS_MAX} clients at once, as many as may be");
                return Err(UpstreamError::Unavailable(text));
            };
            sessions.remove(&key).into_iter().for_each(|slot| say_goodbye(&slot));
        }
        let slot = Arc::new(Slot::new());
        let hold = slot.hold();
        sessions.insert(client.conversation.clone(), slot.clone());
        Ok((slot, hold))
    }

    pub(super) fn drop_connections(&self) {
        if matches!(self.parts.transport, TransportParts::Stdio(_)) {
            self.slots().iter().for_each(say_goodbye);
        }
    }

    pub(super) fn slots(&self) -> Vec<Arc<Slot>> {
        let mut slots: Vec<_> = self.sessions().values().cloned().collect();
        slots.push(self.shared.clone());
        slots
    }

    /// Frees what nobody used for a while.
    fn sweep(&self) {
        self.parked.expire();
        let is_idle = |slot: &Arc<Slot>| {
            slot.idle_seconds().is_some_and(|idle| idle >= self.parts.limits.idle_seconds_max)
        };
        let mut idle: Vec<_> =
            self.sessions().extract_if(|_, slot| is_idle(slot)).map(|(_, slot)| slot).collect();
        if is_idle(&self.shared) {
            idle.push(self.shared.clone());
        }
        idle.iter().for_each(say_goodbye);
    }

    fn start_janitor(self: &Arc<Self>) {
        self.janitor.get_or_init(|| {
            let inner = Arc::downgrade(self);
            let every = Duration::from_millis(self.parts.limits.idle_seconds_max.saturating_mul(250));
            let every = every.clamp(Duration::from_millis(250), Duration::from_secs(30));
            AbortOnDropHandle::new(tokio::spawn(async move {
                loop {
                    tokio::time::sleep(every).await;
                    let Some(inner) = inner.upgrade() else { return };
                    inner.sweep();
                }
            }))
        });
    }

    pub(super) fn sessions(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Slot>>> {
        self.sessions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a server may take to hear that a session is over.
pub(super) const GOODBYE: Duration = Duration::from_secs(3);

/// Ends the connection of a slot in the background, if there is one. Calls that are parked on it hold it a little longer.
pub(super) fn say_goodbye(slot: &Arc<Slot>) {
    let Some(connection) = slot.take() else { return };
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        runtime.spawn(async move {
            let _ = tokio::time::timeout(GOODBYE, connection.link.close()).await;
        });
    }
}

/// Whom a connection is made for when no client is known: one that may be asked everything that does not depend on who
/// it is. Roots do, so a session that clients share has none. A question that the client of a call does not understand
/// is answered with an error when it comes.
pub(crate) fn unknown_client(conversation: &str) -> Client {
    Client {
        version: Version::LATEST,
        info: meta::OUR_INFO.clone(),
        capabilities: json!({"elicitation": {"form": {}, "url": {}}, "sampling": {"tools": {}}}),
        conversation: conversation.to_owned(),
        extensions: http::Extensions::new(),
    }
}
