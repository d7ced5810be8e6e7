//! What a person does to a task that exists: say something, stop it, let it go on.
//!
//! Each is one append that names the sequence number it was decided on, so that nobody steers a task that has
//! meanwhile become another.

use std::time::Duration;

use domain::TaskId;
use domain::journal::Event;
use domain::task::{TaskStatus, TaskSummary};
use store::{Projection, StoreError};
use tokio::sync::broadcast;
use tokio::time::{Instant, timeout_at};

use crate::budget;
use crate::executor::journal::Journal;
use crate::tasks::{LimitsChange, TaskError, Tasks};

/// How often an append is tried again because the task moved on meanwhile.
const CONFLICTS_MAX: u32 = 32;
/// How long `cancel` waits for the end. Stopping takes milliseconds; if it does not, the request stands.
const CANCEL_WAIT: Duration = Duration::from_secs(5);

impl Tasks {
    /// Taken in at the next turn; on an ended task it begins a new turn.
    pub async fn message(&self, id: TaskId, text: &str, by: &str) -> Result<TaskSummary, TaskError> {
        self.fits(text, "a message")?;
        let event = Event::MessageReceived { text: text.to_owned(), by: by.to_owned() };
        self.steer(id, |task| {
            let reopens = task.status.ended();
            Ok((vec![event.clone()], reopens.then(|| running(task))))
        })
        .await
    }

    /// Stops whatever runs, children included. Cancelling an ended task is an `Invalid`.
    pub async fn cancel(&self, id: TaskId, by: &str) -> Result<TaskSummary, TaskError> {
        let changes = self.shared.store.subscribe();
        let task = self
            .steer(id, |task| {
                if task.status.ended() {
                    return Err(TaskError::Invalid(format!(
                        "the task has ended already ({}): there is nothing to cancel",
                        task.status.as_str()
                    )));
                }
                // A paused task has to run once more to end; a restart before that must find it so.
                let paused = task.status == TaskStatus::Paused;
                let event = Event::CancelRequested { by: by.to_owned() };
                Ok((vec![event], paused.then(|| running(task))))
            })
            .await?;
        self.ended(task, changes).await
    }

    /// Goes on with a paused task, with other limits if given.
    pub async fn resume(&self, id: TaskId, limits: LimitsChange, by: &str) -> Result<TaskSummary, TaskError> {
        self.accepting()?;
        for _ in 0..CONFLICTS_MAX {
            let task = self.shared.tenant.task(id).await?;
            if task.status == TaskStatus::Running && !self.shared.has_executor(id) {
                // Its executor could not write even its own end; nothing is decided by trying again.
                self.shared.wake(id);
                return Ok(task);
            }
            if task.status != TaskStatus::Paused {
                return Err(not_paused(&task));
            }
            let changed = limits.apply(task.limits);
            self.check_limits(id, changed).await?;
            let mut events = Vec::new();
            if changed != task.limits {
                events.push(Event::LimitsChanged { limits: changed, by: by.to_owned() });
            }
            events.push(Event::Resumed { by: by.to_owned() });
            let projection = Projection { limits: changed, ..running(&task) };
            match self.shared.tenant.append(id, Some(task.last_seq), events, Some(projection)).await {
                Ok(_) => {
                    self.shared.wake(id);
                    return Ok(self.shared.tenant.task(id).await?);
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy(id))
    }

    /// A resumed task must be able to take a step; else it would only pause again.
    async fn check_limits(&self, id: TaskId, limits: domain::limits::Limits) -> Result<(), TaskError> {
        let journal = Journal::open(&self.shared, id).await;
        let mut ledger = match journal {
            Ok(journal) => journal.state.ledger,
            // What cannot be read pauses again, with the text that says why.
            Err(StoreError::Corrupt(_)) => return Ok(()),
            Err(error) => return Err(error.into()),
        };
        ledger.limits = limits;
        budget::allows_going_on(&ledger).map_err(|hit| TaskError::Invalid(hit.text))
    }

    /// Appends what `choose` makes of the task as it is, and sees that an executor looks at it.
    async fn steer(
        &self,
        id: TaskId,
        choose: impl Fn(&TaskSummary) -> Result<(Vec<Event>, Option<Projection>), TaskError>,
    ) -> Result<TaskSummary, TaskError> {
        self.accepting()?;
        for _ in 0..CONFLICTS_MAX {
            let task = self.shared.tenant.task(id).await?;
            let (events, projection) = choose(&task)?;
            match self.shared.tenant.append(id, Some(task.last_seq), events, projection).await {
                Ok(_) => {
                    self.shared.wake(id);
                    return Ok(self.shared.tenant.task(id).await?);
                }
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(busy(id))
    }

    /// Waits a little for a cancelled task to end; it ends later if this takes too long.
    async fn ended(
        &self,
        mut task: TaskSummary,
        mut changes: broadcast::Receiver<store::Changed>,
    ) -> Result<TaskSummary, TaskError> {
        let deadline = Instant::now() + CANCEL_WAIT;
        while !task.status.ended() {
            match timeout_at(deadline, changes.recv()).await {
                Ok(Ok(change)) if change.task_id != task.id => continue,
                Ok(Ok(_) | Err(broadcast::error::RecvError::Lagged(_))) => {
                    task = self.shared.tenant.task(task.id).await?;
                }
                Ok(Err(broadcast::error::RecvError::Closed)) | Err(_) => break,
            }
        }
        Ok(task)
    }
}

fn running(task: &TaskSummary) -> Projection {
    Projection { status: TaskStatus::Running, status_text: None, limits: task.limits, spent: task.spent }
}

fn not_paused(task: &TaskSummary) -> TaskError {
    TaskError::Invalid(match task.status {
        status if status.ended() => {
            format!("the task has ended ({}): send it a message to go on", status.as_str())
        }
        TaskStatus::Waiting => "the task waits for an answer: approve or deny what it asks".to_owned(),
        status => format!("the task is {}: only a paused task can be resumed", status.as_str()),
    })
}

fn busy(id: TaskId) -> TaskError {
    TaskError::Invalid(format!("task {id} changes too quickly to be steered just now: try again"))
}
