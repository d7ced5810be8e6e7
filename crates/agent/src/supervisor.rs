//! One executor per task that has something to do, and what happens when one of them fails.

use std::any::Any;
use std::collections::HashMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use domain::TaskId;
use domain::journal::{Event, PauseReason};
use domain::model::ModelSource;
use domain::task::TaskStatus;
use futures::FutureExt as _;
use store::{Projection, Store, StoreError, TenantStore};
use tokio::sync::Semaphore;
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::ports::Gate;
use crate::{Config, Live, executor};

/// How long dropped work may take to be gone. It takes no time, unless something blocks where it must not.
const ABANDON_WAIT: Duration = Duration::from_secs(5);

/// How long until a pause that could not be written is tried again.
const PAUSE_RETRY: Duration = Duration::from_secs(2);

/// What every executor of this process shares.
pub(crate) struct Shared {
    pub config: Config,
    pub store: Store,
    pub tenant: TenantStore,
    pub models: Arc<dyn ModelSource>,
    pub gate: Arc<dyn Gate>,
    pub live: Live,
    /// One for each task that may run at the same time.
    pub slots: Arc<Semaphore>,
    /// Set when this process is to stop: nothing new begins.
    pub draining: CancellationToken,
    executors: Mutex<HashMap<TaskId, Executor>>,
    /// Knows all executors and the tools they run.
    pub tracker: TaskTracker,
}

/// One running executor.
struct Executor {
    /// How often something happened that it must look at before it may go.
    wakes: u64,
    abort: AbortHandle,
}

impl Shared {
    pub fn new(
        config: Config,
        store: Store,
        tenant: TenantStore,
        models: Arc<dyn ModelSource>,
        gate: Arc<dyn Gate>,
    ) -> Self {
        let slots = Arc::new(Semaphore::new(config.concurrent_tasks_max.clamp(1, Semaphore::MAX_PERMITS)));
        Self {
            config,
            store,
            tenant,
            models,
            gate,
            live: Live::default(),
            slots,
            draining: CancellationToken::new(),
            executors: Mutex::default(),
            tracker: TaskTracker::new(),
        }
    }

    /// Sees to it that an executor looks at this task from now on, whatever its last one is about to do.
    pub fn wake(self: &Arc<Self>, id: TaskId) {
        let mut executors = self.lock();
        if self.draining.is_cancelled() {
            return; // The next start takes it up.
        }
        if let Some(executor) = executors.get_mut(&id) {
            executor.wakes += 1;
            return;
        }
        let task = self.tracker.spawn(self.clone().supervise(id));
        executors.insert(id, Executor { wakes: 0, abort: task.abort_handle() });
    }

    pub fn has_executor(&self, id: TaskId) -> bool {
        self.lock().contains_key(&id)
    }

    /// Lets what runs come to an end within `grace`, then drops it where it stands.
    pub async fn shutdown(&self, grace: Duration) {
        self.draining.cancel();
        self.tracker.close();
        if tokio::time::timeout(grace, self.tracker.wait()).await.is_ok() {
            return;
        }
        for executor in self.lock().values() {
            executor.abort.abort();
        }
        if tokio::time::timeout(ABANDON_WAIT, self.tracker.wait()).await.is_err() {
            tracing::warn!("something does not let itself be stopped; leaving it");
        }
        let abandoned: Vec<_> = self.lock().drain().map(|(id, _)| id).collect();
        abandoned.into_iter().for_each(|id| self.live.clear(id));
    }

    /// Runs executors of one task until there is nothing to do.
    async fn supervise(self: Arc<Self>, id: TaskId) {
        let mut seen = 0;
        loop {
            let run = AssertUnwindSafe(executor::run(self.clone(), id)).catch_unwind();
            match run.await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => self.gave_up(id, &store_text(&error)).await,
                Err(panic) => self.gave_up(id, &panic_text(panic.as_ref())).await,
            }
            self.live.clear(id);
            let mut executors = self.lock();
            match executors.get(&id) {
                Some(executor) if executor.wakes != seen => seen = executor.wakes,
                _ => {
                    executors.remove(&id);
                    return;
                }
            }
        }
    }

    /// The executor could not go on, so the task is paused from outside. While even that cannot be written, as
    /// on a full disk, it is tried again: whoever watches the task must not wait for it for ever.
    async fn gave_up(&self, id: TaskId, text: &str) {
        tracing::error!(task_id = %id, text, "the task cannot go on");
        let mut said = false;
        while let Err(error) = pause_from_outside(&self.tenant, id, text).await {
            if !std::mem::replace(&mut said, true) {
                tracing::error!(task_id = %id, %error, "the pause could not be written either");
            }
            // Anything but a store that is out of order stays as it is: the next start, or a message, takes
            // the task up again.
            if !matches!(error, StoreError::Unavailable(_)) {
                return;
            }
            tokio::select! {
                () = self.draining.cancelled() => return,
                () = tokio::time::sleep(PAUSE_RETRY) => {}
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<TaskId, Executor>> {
        self.executors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Pauses without having read the journal: it may be what cannot be read.
async fn pause_from_outside(tenant: &TenantStore, id: TaskId, text: &str) -> Result<(), StoreError> {
    let task = tenant.task(id).await?;
    if task.status.ended() {
        return Ok(());
    }
    let projection = Projection {
        status: TaskStatus::Paused,
        status_text: Some(text.to_owned()),
        limits: task.limits,
        spent: task.spent,
    };
    let paused = Event::Paused { reason: PauseReason::Fault, text: text.to_owned() };
    tenant.append(id, None, vec![paused], Some(projection)).await?;
    Ok(())
}

fn store_text(error: &StoreError) -> String {
    format!(
        "The task's journal could not be read or written: {error}. Nothing was done that is not in it. Mend \
         that, then resume the task."
    )
}

fn panic_text(panic: &(dyn Any + Send)) -> String {
    let what = panic
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| panic.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    format!(
        "Bailiwick failed inside (a defect, please report it): {what}. The journal is whole; resume the task \
         to go on from there."
    )
}
