//! Running tools: started only when the journal says so, beside the loop, journalled when they end.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use domain::CallId;
use domain::journal::{CallEnd, Event};
use domain::tool::{ProgressSink, ToolOutcome};
use futures::FutureExt as _;
use tracing::Instrument as _;

use super::ask::millis;
use super::{Executor, Outcome};
use crate::live::LiveEvent;
use crate::ports::{Forwarded, Permit};
use crate::state::Call;

/// Leave to run a call, with the labels that the task had when it was given. Labels that came since make it
/// void: what is allowed to a task that has read nothing may not be to one that has.
pub(super) struct Held {
    pub permit: Box<dyn Permit>,
    pub labels: BTreeSet<String>,
}

/// A call that has run.
pub(super) struct Done {
    call_id: CallId,
    forwarded: Forwarded,
    took_ms: u64,
}

impl Executor {
    /// Starts calls that are allowed. Nothing happens before the journal says durably that it will.
    pub(super) async fn start(&mut self, ids: Vec<CallId>) -> Outcome {
        if !self.workspace_is_there().await? {
            return Ok(());
        }
        let state = &self.journal.state;
        let started = ids.iter().filter_map(|id| state.call(*id)).map(started).collect();
        if self.journal.choose(started).await? {
            ids.into_iter().for_each(|id| self.forward(id));
        }
        Ok(())
    }

    /// Journals how calls ended.
    pub(super) async fn finished(&mut self, done: Vec<Done>) -> Outcome {
        for done in &done {
            self.running.remove(&done.call_id);
        }
        let events: Vec<_> = done.into_iter().map(Done::into_event).collect();
        match events.is_empty() {
            true => Ok(()),
            false => self.journal.record(events).await,
        }
    }

    /// Drops whatever runs and waits until it is gone. Calls that had ended by then keep their outcome.
    pub(super) async fn stop_running(&mut self) -> Outcome {
        self.permits.clear();
        self.tools.abort_all();
        let mut done = Vec::new();
        while let Some(joined) = self.tools.join_next().await {
            done.extend(joined.ok());
        }
        for ended in &done {
            self.running.remove(&ended.call_id);
        }
        done.extend(std::mem::take(&mut self.running).into_iter().map(|(call_id, since)| Done {
            call_id,
            forwarded: Forwarded {
                outcome: ToolOutcome::error(
                    "Stopped by the person while it ran. What it had done until then stays done.",
                ),
                end: CallEnd::Cancelled,
                decision: None,
            },
            took_ms: millis(since),
        }));
        self.finished(done).await
    }

    /// Lets a call run beside the loop. Its start is journalled.
    pub(super) fn forward(&mut self, call_id: CallId) {
        let Some(Held { permit, .. }) = self.permits.remove(&call_id) else { return };
        let target = self.journal.state.call(call_id).and_then(|call| call.target.as_ref());
        let (server, tool) = target.map_or(("", ""), |target| (&*target.server, &*target.tool));
        let span = telemetry::spans::tool_call(call_id, server, tool);
        let (live, task_id) = (self.shared.live.clone(), self.journal.task_id);
        let sink: ProgressSink = Arc::new(move |progress| {
            live.publish(task_id, LiveEvent::ToolProgress { call_id, progress });
        });
        let began = Instant::now();
        self.running.insert(call_id, began);
        let recorded = span.clone();
        let work = async move {
            let forwarded = AssertUnwindSafe(permit.forward(sink)).catch_unwind().await;
            let forwarded = forwarded.unwrap_or_else(|_| failed_inside());
            telemetry::spans::tool_answered(&recorded, &forwarded.outcome);
            Done { call_id, forwarded, took_ms: millis(began) }
        };
        self.tools.spawn(self.shared.tracker.track_future(work.instrument(span)));
    }
}

impl Done {
    fn into_event(self) -> Event {
        let Forwarded { outcome, end, decision } = self.forwarded;
        Event::ToolCallFinished { call_id: self.call_id, outcome, end, took_ms: self.took_ms, decision }
    }
}

/// The word that a call is about to run.
pub(super) fn started(call: &Call) -> Event {
    let safe_to_repeat = call.target.as_ref().is_some_and(|target| target.safe_to_repeat);
    Event::ToolCallStarted { call_id: call.id, safe_to_repeat }
}

fn failed_inside() -> Forwarded {
    Forwarded {
        outcome: ToolOutcome::error(
            "The tool failed inside Bailiwick (a defect). Whether it took effect is not known: look before \
             you repeat it.",
        ),
        end: CallEnd::Failed,
        decision: None,
    }
}
