//! Does what `next` says, and appends what happened. One executor runs one task, in one loop: fold what is
//! new, choose, do one step. Only tools run beside the loop; everything else is waited for inside a step,
//! where a person's cancel interrupts it.

mod ask;
mod compact;
mod finish;
pub(crate) mod journal;
mod question;
mod rule;
mod run;
mod slot;
mod turn;

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;
use std::pin::pin;
use std::sync::Arc;
use std::time::Instant;

use domain::journal::{Event, PauseReason};
use domain::model::{ModelError, OpenModel};
use domain::task::{TaskStatus, Workspace};
use domain::{CallId, TaskId};
use store::StoreError;
use telemetry::names;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::JoinSet;
use tracing::{Instrument as _, Span};

use self::journal::Journal;
use self::run::{Done, Held};
use crate::next::{Action, Here, next};
use crate::ports::CallContext;
use crate::supervisor::Shared;

/// Why an executor stops before it has nothing to do: the store cannot be read or written.
type Outcome<T = ()> = Result<T, StoreError>;

struct Executor {
    shared: Arc<Shared>,
    journal: Journal,
    shown: Shown,
    workspace: Workspace,
    /// An error pauses the task when the model is needed, and not before.
    model: Result<OpenModel, ModelError>,
    /// Leave to run calls that have not been started.
    permits: BTreeMap<CallId, Held>,
    /// Calls that run, since when.
    running: BTreeMap<CallId, Instant>,
    tools: JoinSet<Done>,
    /// One of the places for tasks that run at the same time.
    slot: Option<OwnedSemaphorePermit>,
    /// Whether the journal says already that the task waits for its turn.
    queue_noted: bool,
    overhead_tokens: u64,
}

/// Runs a task until it rests: it is paused, has ended, or this process is to stop.
pub(crate) async fn run(shared: Arc<Shared>, id: TaskId) -> Outcome {
    let journal = Journal::open(&shared, id).await?;
    let Some(created) = &journal.state.created else {
        // Damaged from the first event on. The loop below pauses it, and needs neither of the two for that.
        return pause_unreadable(journal).await;
    };
    let workspace = shared.tenant.workspace(created.workspace_id).await?;
    let model = shared.models.open(&created.model);
    let span = telemetry::spans::task(id, &created.model);
    let executor = Executor {
        shared,
        shown: Shown(None),
        journal,
        workspace,
        model,
        permits: BTreeMap::new(),
        running: BTreeMap::new(),
        tools: JoinSet::new(),
        slot: None,
        queue_noted: false,
        overhead_tokens: 0,
    };
    executor.work().instrument(span).await
}

impl Executor {
    async fn work(mut self) -> Outcome {
        loop {
            self.journal.catch_up_if_told().await?;
            self.shown.moved(Some(self.journal.state.ledger.status()));
            if self.shared.draining.is_cancelled() {
                if self.running.is_empty() {
                    return Ok(());
                }
                self.wait().await?;
                continue;
            }
            let action = next(&self.journal.state, &self.here());
            if takes_a_slot(&action) && !self.take_slot().await? {
                continue;
            }
            match action {
                Action::CallModel => self.turn().await?,
                Action::Compact(plan) => self.compact(plan).await?,
                Action::ForgetRequest(id) => self.forget_request(id).await?,
                Action::Rule(calls) => self.rule(calls).await?,
                Action::Run(calls) => self.start(calls).await?,
                Action::AskOutcomeUnknown(id) => self.ask_outcome_unknown(id).await?,
                Action::CountAsDone(id) => self.count_as_done(id).await?,
                Action::AwaitApproval => {
                    self.slot = None;
                    self.wait().await?;
                }
                Action::Wait => self.wait().await?,
                Action::Pause { reason, text } => self.pause(reason, text).await?,
                Action::End { end, text } => self.end(end, text).await?,
                Action::Rest => return Ok(()),
            }
        }
    }

    fn here(&self) -> Here {
        let labels = &self.journal.state.labels;
        let fresh = self.permits.iter().filter(|(_, held)| held.labels == *labels);
        Here {
            running: self.running.keys().copied().collect(),
            permits: fresh.map(|(id, _)| *id).collect(),
            window_tokens: self.model.as_ref().map_or(0, |open| open.info.context_tokens),
            overhead_tokens: self.overhead_tokens,
            compact_percent: self.shared.config.compact_percent,
        }
    }

    /// On whose behalf the gate is asked. `labels` are those of the state, and those put on since.
    fn context(&self, labels: &BTreeSet<String>) -> CallContext {
        let spent = self.journal.state.ledger.spent;
        CallContext {
            tenant: self.shared.tenant.clone(),
            task_id: self.journal.task_id,
            workspace: self.workspace.clone(),
            step: spent.steps,
            cost: spent.cost,
            labels: labels.iter().cloned().collect(),
        }
    }

    /// Waits for a tool to end, for news in the journal, or for the order to stop.
    async fn wait(&mut self) -> Outcome {
        let draining = self.shared.draining.clone();
        tokio::select! {
            biased;
            () = self.journal.changed() => self.journal.catch_up().await,
            Some(joined) = self.tools.join_next(), if !self.tools.is_empty() => {
                let mut done: Vec<_> = joined.ok().into_iter().collect();
                while let Some(joined) = self.tools.try_join_next() {
                    done.extend(joined.ok());
                }
                self.finished(done).await
            }
            () = draining.cancelled(), if !draining.is_cancelled() => Ok(()),
        }
    }

    /// Waits for `work`; `None` when the person wants the task to stop first. `work` is dropped then.
    async fn unless_stopped<T>(&mut self, work: impl Future<Output = T>) -> Outcome<Option<T>> {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                () = self.journal.changed() => {
                    self.journal.catch_up().await?;
                    if self.journal.state.stop_requested_by().is_some() {
                        return Ok(None);
                    }
                }
                done = &mut work => return Ok(Some(done)),
            }
        }
    }

    /// Whether the workspace is still there; when it is not the task is paused.
    async fn workspace_is_there(&mut self) -> Outcome<bool> {
        let root = &self.workspace.root;
        // A folder that is gone and one that cannot be looked at are the same to a tool.
        if std::fs::metadata(root).is_ok_and(|metadata| metadata.is_dir()) {
            return Ok(true);
        }
        let text = format!(
            "The workspace {} is gone. Bring it back to the same place, then resume the task.",
            root.display()
        );
        self.pause(PauseReason::Workspace, text).await?;
        Ok(false)
    }
}

/// The task's status as the metrics have it. A task that this process lets go leaves them.
struct Shown(Option<TaskStatus>);

impl Shown {
    fn moved(&mut self, to: Option<TaskStatus>) {
        telemetry::metrics().task_moved(self.0, to);
        self.0 = to;
        if let Some(status) = to {
            Span::current().record(names::TASK_STATUS, status.as_str());
        }
    }
}

impl Drop for Shown {
    fn drop(&mut self) {
        self.moved(None);
    }
}

/// Whether this is work that only so many tasks may do at the same time.
fn takes_a_slot(action: &Action) -> bool {
    matches!(action, Action::CallModel | Action::Compact(_) | Action::Rule(_) | Action::Run(_))
}

async fn pause_unreadable(mut journal: Journal) -> Outcome {
    while let Action::Pause { reason, text } = next(&journal.state, &Here::default()) {
        journal.choose(vec![Event::Paused { reason, text }]).await?;
    }
    Ok(())
}
