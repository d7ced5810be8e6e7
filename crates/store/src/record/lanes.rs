//! Group commit: what waits while one transaction commits goes into the next, together.
//!
//! Each tenant with something waiting has a lane: a queue, and a task that empties it batch by batch and goes
//! away with the last. Nobody who waits alone waits longer for it, and nobody who stops waiting takes an entry
//! back.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use domain::TenantId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tracing::Instrument;

use super::Draft;
use crate::{StoreError, TenantStore};

/// Entries of one transaction, unless one caller brings more.
const BATCH_ENTRIES_MAX: usize = 64;
/// Bytes of the bodies of one transaction, unless one caller brings more.
const BATCH_BYTES_MAX: usize = 4 << 20;
/// Entries that may wait in one process; whoever brings more waits for room.
const WAITING_ENTRIES_MAX: u32 = 4_096;
/// Entries that one caller may bring at once.
const GROUP_ENTRIES_MAX: usize = 1_000;

/// The queues of all tenants.
#[derive(Debug)]
pub(crate) struct Lanes {
    room: Arc<Semaphore>,
    /// A tenant is in it while a task empties its queue.
    queues: Mutex<HashMap<TenantId, VecDeque<Group>>>,
}

/// What one caller brought: recorded whole or not at all.
#[derive(Debug)]
struct Group {
    drafts: Vec<Draft>,
    done: oneshot::Sender<Result<(), StoreError>>,
    /// Its room in the queue, given back when it is dropped.
    _room: OwnedSemaphorePermit,
}

impl Default for Lanes {
    fn default() -> Self {
        Self { room: Arc::new(Semaphore::new(WAITING_ENTRIES_MAX as usize)), queues: Mutex::default() }
    }
}

impl TenantStore {
    /// Records all of it or nothing, together with what others bring at the same time.
    pub(crate) async fn record(&self, drafts: Vec<Draft>) -> Result<(), StoreError> {
        if drafts.is_empty() {
            return Ok(());
        }
        if drafts.len() > GROUP_ENTRIES_MAX {
            return Err(StoreError::Invalid(format!(
                "{} entries are too many to record at once: bring at most {GROUP_ENTRIES_MAX}",
                drafts.len()
            )));
        }
        let lanes = &self.inner.lanes;
        let room = u32::try_from(drafts.len()).unwrap_or(WAITING_ENTRIES_MAX);
        let room = Arc::clone(&lanes.room).acquire_many_owned(room).await.map_err(|_| stopping())?;
        let (done, answer) = oneshot::channel();
        if lanes.put(self.tenant_id, Group { drafts, done, _room: room }) {
            tokio::spawn(Lane { tenant: self.clone(), closed: false }.run().in_current_span());
        }
        answer.await.unwrap_or_else(|_| Err(stopping()))
    }
}

impl Lanes {
    /// Whether the tenant needs somebody to empty its queue.
    fn put(&self, tenant_id: TenantId, group: Group) -> bool {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        match queues.get_mut(&tenant_id) {
            Some(queue) => {
                queue.push_back(group);
                false
            }
            None => {
                queues.insert(tenant_id, VecDeque::from([group]));
                true
            }
        }
    }

    /// What goes into the next transaction. `None`: nothing waits, and the lane is closed.
    fn next(&self, tenant_id: TenantId) -> Option<Vec<Group>> {
        let mut queues = self.queues.lock().unwrap_or_else(PoisonError::into_inner);
        let queue = queues.get_mut(&tenant_id).filter(|queue| !queue.is_empty());
        let Some(queue) = queue else {
            queues.remove(&tenant_id);
            return None;
        };
        let (mut entries, mut bytes) = (0, 0);
        let fits = |group: &&Group| {
            entries += group.drafts.len();
            bytes += group.drafts.iter().map(|draft| draft.body.len()).sum::<usize>();
            entries <= BATCH_ENTRIES_MAX && bytes <= BATCH_BYTES_MAX
        };
        let count = queue.iter().take_while(fits).count().max(1);
        Some(queue.drain(..count).collect())
    }
}

/// Empties the queue of one tenant.
struct Lane {
    tenant: TenantStore,
    /// The queue was empty, and the lane is no longer ours.
    closed: bool,
}

impl Lane {
    async fn run(mut self) {
        while let Some(groups) = self.tenant.inner.lanes.next(self.tenant.tenant_id) {
            self.commit(groups).await;
        }
        self.closed = true;
    }

    async fn commit(&self, groups: Vec<Group>) {
        let drafts = groups.iter().flat_map(|group| &group.drafts).cloned().collect();
        match self.tenant.append_record_now(drafts).await {
            Err(error) if groups.len() > 1 && is_of_one(&error) => {
                // Somebody brought what cannot be recorded. One at a time, only they hear of it.
                for Group { drafts, done, .. } in groups {
                    let _ = done.send(self.tenant.append_record_now(drafts).await);
                }
            }
            result => {
                for group in groups {
                    let _ = group.done.send(result.clone());
                }
            }
        }
    }
}

impl Drop for Lane {
    /// Cut short by a runtime that ends, or a panic: who still waits is told, and the next one finds no lane
    /// that nobody empties.
    fn drop(&mut self) {
        if self.closed {
            return;
        }
        let mut queues = self.tenant.inner.lanes.queues.lock().unwrap_or_else(PoisonError::into_inner);
        queues.remove(&self.tenant.tenant_id);
    }
}

impl TenantStore {
    /// One transaction for all of it.
    async fn append_record_now(&self, drafts: Vec<Draft>) -> Result<(), StoreError> {
        if let Some(turn) = &self.inner.turn {
            return super::sqlite::take(turn).await?.append(self.tenant_id, drafts).await;
        }
        let tx = self.writing().await?;
        tx.append_record(drafts).await?;
        tx.commit().await
    }
}

/// Whether the error comes from what was to be recorded, and not from the database.
fn is_of_one(error: &StoreError) -> bool {
    matches!(error, StoreError::NotFound { .. } | StoreError::Invalid(_))
}

fn stopping() -> StoreError {
    StoreError::Unavailable("Bailiwick is stopping".to_owned())
}
