//! The task's journal as its executor sees it: what is in the store, folded, and the ways to append.

use std::time::Duration;

use domain::TaskId;
use domain::journal::{Envelope, Event};
use store::{Changed, Projection, StoreError, TenantStore};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use crate::Live;
use crate::state::State;
use crate::supervisor::Shared;

/// Events read at once.
const PAGE_EVENTS: u32 = 500;
/// A fact that cannot be written is tried again: it has happened, and would be lost.
const RECORD_TRIES_MAX: u32 = 5;
const RECORD_WAIT: Duration = Duration::from_millis(100);

pub(crate) struct Journal {
    pub task_id: TaskId,
    pub state: State,
    tenant: TenantStore,
    live: Live,
    changes: broadcast::Receiver<Changed>,
}

impl Journal {
    /// Reads the whole journal. Subscribes first, so that nothing is missed in between.
    pub async fn open(shared: &Shared, task_id: TaskId) -> Result<Self, StoreError> {
        let mut journal = Self {
            task_id,
            state: State::default(),
            tenant: shared.tenant.clone(),
            live: shared.live.clone(),
            changes: shared.store.subscribe(),
        };
        journal.catch_up().await?;
        Ok(journal)
    }

    /// Takes in what others have appended.
    pub async fn catch_up(&mut self) -> Result<(), StoreError> {
        loop {
            let page = self.tenant.events(self.task_id, self.state.last_seq, PAGE_EVENTS).await?;
            for envelope in &page {
                self.state.apply(envelope);
            }
            if page.len() < PAGE_EVENTS as usize {
                return Ok(());
            }
        }
    }

    /// Takes in what others have appended, if the store said that there is something. What it did not say
    /// yet is found by the sequence number of the next append.
    pub async fn catch_up_if_told(&mut self) -> Result<(), StoreError> {
        let mut told = false;
        loop {
            match self.changes.try_recv() {
                Ok(change) => told |= self.concerns(&change),
                Err(TryRecvError::Lagged(_)) => told = true,
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
        }
        if told { self.catch_up().await } else { Ok(()) }
    }

    /// Returns when the store says that others have appended something. May be dropped while waiting.
    pub async fn changed(&mut self) {
        loop {
            match self.changes.recv().await {
                Ok(change) if !self.concerns(&change) => {}
                Ok(_) | Err(RecvError::Lagged(_)) => return,
                // The store is closed: whoever waits for something else will hear of it there.
                Err(RecvError::Closed) => std::future::pending().await,
            }
        }
    }

    /// Appends what was chosen, unless the journal has moved on since the choice. `false`: it has, nothing
    /// was written, and the state knows what is new.
    pub async fn choose(&mut self, events: Vec<Event>) -> Result<bool, StoreError> {
        let projection = self.projection_after(&events);
        let expected = Some(self.state.last_seq);
        match self.tenant.append(self.task_id, expected, events, Some(projection)).await {
            Ok(written) => {
                self.take_in(&written).await?;
                Ok(true)
            }
            Err(StoreError::Conflict { .. }) => {
                self.catch_up().await?;
                Ok(false)
            }
            Err(error) => Err(error),
        }
    }

    /// Appends what has happened, behind whatever is there.
    pub async fn record(&mut self, events: Vec<Event>) -> Result<(), StoreError> {
        let projection = self.projection_after(&events);
        self.record_as(events, projection).await
    }

    /// The same, with a projection of the caller's.
    pub async fn record_as(&mut self, events: Vec<Event>, projection: Projection) -> Result<(), StoreError> {
        let mut tries = 1;
        loop {
            let (events, projection) = (events.clone(), Some(projection.clone()));
            match self.tenant.append(self.task_id, None, events, projection).await {
                Ok(written) => return self.take_in(&written).await,
                Err(StoreError::Unavailable(why)) if tries < RECORD_TRIES_MAX => {
                    tracing::warn!(task_id = %self.task_id, why, tries, "a fact could not be written yet");
                    tokio::time::sleep(RECORD_WAIT * tries).await;
                    tries += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// What a list will show of the task after these events.
    pub fn projection_after(&self, events: &[Event]) -> Projection {
        let mut ledger = self.state.ledger.clone();
        for event in events {
            ledger.apply(event);
        }
        ledger.projection()
    }

    async fn take_in(&mut self, written: &[Envelope]) -> Result<(), StoreError> {
        match written.first() {
            // Others have appended in between: read theirs, and ours after them.
            Some(first) if first.seq > self.state.last_seq + 1 => self.catch_up().await?,
            _ => written.iter().for_each(|envelope| self.state.apply(envelope)),
        }
        self.live.supersede(self.task_id, written.iter().map(|envelope| &envelope.event));
        Ok(())
    }

    fn concerns(&self, change: &Changed) -> bool {
        change.task_id == self.task_id && change.last_seq > self.state.last_seq
    }
}
