//! The set of servers, and refreshing what they list.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use arc_swap::ArcSwap;
use futures::future::join_all;
use tokio::sync::broadcast;

use super::lists::{Item, KnownTool};
use super::slot::{Entry, Freshness, Kind, Listed, Server, Slot};

/// Changes that may wait for a slow listener before it misses some; one that missed some reads everything anew.
const EVENTS_MAX: usize = 64;

/// Which lists may look different now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ListChanged(pub(crate) Kind);

pub(crate) struct Servers {
    slots: ArcSwap<Vec<Arc<Slot>>>,
    /// Grows when the set or any list of it was replaced: what was built of them is old then.
    version: AtomicU64,
    changed: broadcast::Sender<ListChanged>,
}

impl Servers {
    pub(crate) fn new(servers: Vec<Server>) -> Self {
        let slots = servers.into_iter().map(|server| Arc::new(Slot::new(server))).collect();
        Self {
            slots: ArcSwap::from_pointee(slots),
            version: AtomicU64::new(1),
            changed: broadcast::Sender::new(EVENTS_MAX),
        }
    }

    pub(crate) fn all(&self) -> Arc<Vec<Arc<Slot>>> {
        self.slots.load_full()
    }

    pub(crate) fn get(&self, name: &str) -> Option<Arc<Slot>> {
        self.slots.load().iter().find(|slot| slot.name == name).cloned()
    }

    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn changes(&self) -> broadcast::Receiver<ListChanged> {
        self.changed.subscribe()
    }

    /// False when there is one of that name.
    pub(crate) fn add(&self, server: Server) -> bool {
        let slot = Arc::new(Slot::new(server));
        let mut added = false;
        self.slots.rcu(|slots| {
            let mut slots = Vec::clone(slots);
            added = !slots.iter().any(|other| other.name == slot.name);
            if added {
                slots.push(slot.clone());
            }
            slots
        });
        if added {
            self.touch_all();
        }
        added
    }

    pub(crate) fn remove(&self, name: &str) -> Option<Arc<Slot>> {
        let removed = self.get(name)?;
        self.slots.rcu(|slots| {
            slots.iter().filter(|slot| !Arc::ptr_eq(slot, &removed)).cloned().collect::<Vec<_>>()
        });
        self.touch_all();
        Some(removed)
    }

    /// Something that lists are built of has changed: pins, or the set.
    pub(crate) fn touch_all(&self) {
        for kind in [Kind::Tools, Kind::Resources, Kind::Templates, Kind::Prompts] {
            self.touch(kind);
        }
    }

    pub(crate) fn touch(&self, kind: Kind) {
        self.version.fetch_add(1, Ordering::AcqRel);
        // Nobody may be listening.
        let _ = self.changed.send(ListChanged(kind));
    }

    /// Makes every list of a kind known, all servers at the same time: as long as the slowest takes, and no longer than
    /// its limit. Lists whose time is over are used, and read anew beside.
    pub(crate) async fn settle(self: &Arc<Self>, kind: Kind) {
        let slots = self.all();
        join_all(slots.iter().map(|slot| self.settle_one(slot, kind))).await;
    }

    pub(crate) async fn settle_one(self: &Arc<Self>, slot: &Arc<Slot>, kind: Kind) {
        match kind {
            Kind::Tools => self.settle_as::<KnownTool>(slot, kind).await,
            _ => self.settle_as::<Item>(slot, kind).await,
        }
    }

    async fn settle_as<T: Entry>(self: &Arc<Self>, slot: &Arc<Slot>, kind: Kind) {
        match slot.freshness::<T>(kind) {
            Freshness::Current => {}
            Freshness::Unknown => self.read(slot, kind).await,
            Freshness::Aged => {
                if slot.begin_background::<T>(kind) {
                    let (this, slot) = (self.clone(), slot.clone());
                    tokio::spawn(async move {
                        this.read(&slot, kind).await;
                        slot.end_background::<T>(kind);
                    });
                }
            }
        }
    }

    async fn read(&self, slot: &Arc<Slot>, kind: Kind) {
        let changed = match kind {
            Kind::Tools => {
                let before = slot.known::<KnownTool>(kind);
                let read = slot.refresh(kind, slot.fetch_tools()).await;
                read && differ(before.as_deref(), slot.known(kind).as_deref(), |tool| &tool.digest)
            }
            _ => {
                let before = slot.known::<Item>(kind);
                let read = slot.refresh(kind, slot.fetch_items(kind)).await;
                read && differ(before.as_deref(), slot.known(kind).as_deref(), |item| &item.digest)
            }
        };
        if changed {
            self.touch(kind);
        }
    }
}

/// Whether two readings of a list say something else.
fn differ<T, D: PartialEq>(
    before: Option<&Listed<T>>,
    after: Option<&Listed<T>>,
    digest: impl Fn(&T) -> &D,
) -> bool {
    match (before, after) {
        (Some(before), Some(after)) => {
            before.failure != after.failure
                || before.missing != after.missing
                || !before.entries.iter().map(|e| digest(e)).eq(after.entries.iter().map(|e| digest(e)))
        }
        _ => true,
    }
}
