//! A place for one connection, made when it is needed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Instant;

use arc_swap::ArcSwapOption;

use super::connect::Connection;

pub(crate) struct Slot {
    /// Held while somebody connects; all others wait for the outcome.
    pub connecting: Arc<tokio::sync::Mutex<()>>,
    connection: ArcSwapOption<Connection>,
    busy: AtomicUsize,
    born: Instant,
    /// Milliseconds after `born`.
    used_ms: AtomicU64,
}

/// Held while a request is under way: what is in use is not idle.
pub(crate) struct Use(Arc<Slot>);

impl Slot {
    pub fn new() -> Self {
        Self {
            connecting: Arc::default(),
            connection: ArcSwapOption::empty(),
            busy: AtomicUsize::new(0),
            born: Instant::now(),
            used_ms: AtomicU64::new(0),
        }
    }

    pub fn hold(self: &Arc<Self>) -> Use {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Use(self.clone())
    }

    /// The connection, unless it has ended.
    pub fn live(&self) -> Option<Arc<Connection>> {
        self.connection.load_full().filter(|connection| connection.link.hub.over().is_none())
    }

    pub fn put(&self, connection: Arc<Connection>) {
        self.connection.store(Some(connection));
        self.touch();
    }

    pub fn take(&self) -> Option<Arc<Connection>> {
        self.connection.swap(None)
    }

    /// Takes exactly this connection away; another that is there already stays.
    pub fn discard(&self, gone: &Arc<Connection>) {
        let held = self.connection.load();
        if held.as_ref().is_some_and(|held| Arc::ptr_eq(held, gone)) {
            self.connection.compare_and_swap(&*held, None);
        }
    }

    /// Seconds without a request; none while one is under way.
    pub fn idle_seconds(&self) -> Option<u64> {
        if self.busy.load(Ordering::Relaxed) > 0 {
            return None;
        }
        Some((self.age_ms().saturating_sub(self.used_ms.load(Ordering::Relaxed))) / 1_000)
    }

    fn touch(&self) {
        self.used_ms.store(self.age_ms(), Ordering::Relaxed);
    }

    fn age_ms(&self) -> u64 {
        u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}

impl Drop for Use {
    fn drop(&mut self) {
        self.0.touch();
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}
