//! The sessions of legacy clients over HTTP: bounded in number, and ended when nobody uses them.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rand::RngCore;

use super::conversation::Conversation;
use super::known::Known;
use super::lane::Lane;
use super::stream::Stream;
use crate::exchange::Service;
use crate::message::RpcError;
use crate::serve::modern::code;
use crate::serve::{Credential, Options};

/// Streams of requests that a session remembers for a client that comes back.
const REMEMBERED_MAX: usize = 3;

pub(in crate::serve) struct Sessions {
    service: Arc<dyn Service>,
    options: Arc<Options>,
    all: Mutex<HashMap<String, Arc<Session>>>,
    is_reaping: AtomicBool,
    began: Instant,
}

pub(in crate::serve) struct Session {
    /// What the client shows; unguessable, and nowhere but here and with the client.
    pub(super) id: String,
    credential: Option<Credential>,
    pub(super) conversation: Arc<Conversation>,
    /// What belongs to no request.
    pub(super) unsolicited: Arc<Stream>,
    remembered: Mutex<VecDeque<Arc<Stream>>>,
    streams: AtomicU64,
    /// Streams that a client is reading.
    pub(super) open: Arc<AtomicUsize>,
    /// Milliseconds from the beginning of [`Sessions`] to the last sign of the client.
    seen: AtomicU64,
    replay_bytes_max: usize,
}

impl Sessions {
    pub(in crate::serve) fn new(service: Arc<dyn Service>, options: Arc<Options>) -> Arc<Self> {
        Arc::new(Self {
            service,
            options,
            all: Mutex::default(),
            is_reaping: AtomicBool::new(false),
            began: Instant::now(),
        })
    }

    pub(super) fn open(
        self: &Arc<Self>,
        client: Known,
        credential: Option<Credential>,
    ) -> Result<Arc<Session>, RpcError> {
        let mut secret = [0; 32];
        rand::rng().fill_bytes(&mut secret);
        let id = URL_SAFE_NO_PAD.encode(secret);
        // A session keeps a share for each stream it remembers and one for what belongs to no request.
        let replay_bytes_max = self.options.replay_bytes_max / (REMEMBERED_MAX + 1);
        let unsolicited = Stream::new(0, replay_bytes_max);
        let lane = Lane::Stream(Arc::clone(&unsolicited));
        let conversation =
            Arc::new(Conversation::new(Arc::clone(&self.service), Arc::clone(&self.options), client, lane));
        let session = Arc::new(Session {
            id: id.clone(),
            credential,
            conversation,
            unsolicited,
            remembered: Mutex::default(),
            streams: AtomicU64::new(0),
            open: Arc::default(),
            seen: AtomicU64::new(self.now()),
            replay_bytes_max,
        });
        let mut all = self.lock();
        if all.len() >= self.options.sessions_max {
            self.make_room(&mut all, session.credential.as_ref())?;
        }
        all.insert(id, Arc::clone(&session));
        drop(all);
        self.reap();
        Ok(session)
    }

    /// Another credential's session is none.
    pub(super) fn find(&self, id: &str, credential: Option<&Credential>) -> Option<Arc<Session>> {
        let session =
            self.lock().get(id).filter(|session| session.credential.as_ref() == credential).cloned()?;
        session.seen.store(self.now(), Ordering::Relaxed);
        Some(session)
    }

    pub(in crate::serve) async fn end(&self, session: &Session) {
        let removed = self.lock().remove(&session.id);
        if let Some(session) = removed {
            session.close().await;
        }
    }

    pub(in crate::serve) async fn end_all(&self) {
        let all = std::mem::take(&mut *self.lock());
        futures::future::join_all(all.values().map(|session| session.close())).await;
    }

    pub(in crate::serve) fn count(&self) -> usize {
        self.lock().len()
    }

    /// The idlest of the same credential goes; nobody can push out another's.
    fn make_room(
        &self,
        all: &mut HashMap<String, Arc<Session>>,
        credential: Option<&Credential>,
    ) -> Result<(), RpcError> {
        let own =
            all.values().filter(|session| session.credential.as_ref() == credential && !session.is_used());
        let idlest =
            own.min_by_key(|session| session.seen.load(Ordering::Relaxed)).map(|session| session.id.clone());
        match idlest.and_then(|id| all.remove(&id)) {
            Some(session) => {
                tokio::spawn(async move { session.close().await });
                Ok(())
            }
            None => {
                let max = self.options.sessions_max;
                let text = format!("{max} sessions are open; `[clients] sessions_max` raises it");
                Err(RpcError::new(code::LIMIT, text))
            }
        }
    }

    /// Starts the one task that ends idle sessions; it ends with the endpoint, and when there are no sessions.
    fn reap(self: &Arc<Self>) {
        if self.is_reaping.swap(true, Ordering::AcqRel) {
            return;
        }
        let every =
            (self.options.session_idle() / 4).clamp(Duration::from_millis(100), Duration::from_secs(30));
        let sessions = Arc::downgrade(self);
        tokio::spawn(async move {
            loop {
                tokio::time::sleep(every).await;
                let Some(sessions) = Weak::upgrade(&sessions) else { return };
                sessions.end_idle().await;
            }
        });
    }

    async fn end_idle(&self) {
        let limit = u64::try_from(self.options.session_idle().as_millis()).unwrap_or(u64::MAX);
        let oldest = self.now().saturating_sub(limit);
        let mut idle = Vec::new();
        self.lock().retain(|_, session| {
            let stays = session.is_used() || session.seen.load(Ordering::Relaxed) > oldest;
            if !stays {
                idle.push(Arc::clone(session));
            }
            stays
        });
        self.shrink();
        for session in idle {
            session.close().await;
        }
    }

    /// A map keeps the room of its busiest day otherwise.
    fn shrink(&self) {
        let mut all = self.lock();
        if all.capacity() > 64 && all.len() < all.capacity() / 4 {
            all.shrink_to_fit();
        }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<String, Arc<Session>>> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Session {
    /// A stream for a request; remembered only when it is told to.
    pub(super) fn stream(&self) -> Arc<Stream> {
        Stream::new(self.streams.fetch_add(1, Ordering::Relaxed) + 1, self.replay_bytes_max)
    }

    pub(super) fn remember(&self, stream: &Arc<Stream>) {
        let mut remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        if remembered.len() == REMEMBERED_MAX {
            remembered.pop_front();
        }
        remembered.push_back(Arc::clone(stream));
    }

    pub(super) fn remembered(&self, name: u64) -> Option<Arc<Stream>> {
        if name == 0 {
            return Some(Arc::clone(&self.unsolicited));
        }
        let remembered = self.remembered.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.iter().find(|stream| stream.name() == name).cloned()
    }

    fn is_used(&self) -> bool {
        self.open.load(Ordering::Relaxed) > 0 || self.conversation.is_busy()
    }

    async fn close(&self) {
        self.unsolicited.end(None);
        self.conversation.close().await;
    }
}
