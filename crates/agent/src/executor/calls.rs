//! Tool calls: have them ruled on, ask the person, start them, journal how they end.

use std::collections::BTreeSet;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use chrono::Utc;
use domain::approval::{Approval, ApprovalKind, ApprovalStatus, Binding};
use domain::decision::{Decision, Reason, Verdict};
use domain::digest::Digest;
use domain::journal::{CallEnd, CallTarget, Event, PauseReason};
use domain::tool::{ProgressSink, ToolOutcome};
use domain::{ApprovalId, CallId};
use futures::FutureExt as _;
use tracing::Instrument as _;

use super::ask::millis;
use super::{Executor, Outcome};
use crate::live::LiveEvent;
use crate::next::{Here, runnable};
use crate::ports::{Forwarded, GateCall, Permit, Ruling};
use crate::state::{Call, CallPhase};

/// Leave to run a call, with the labels that the task had when it was given. Labels that came since make it
/// void: what is allowed to a task that has read nothing may not be to one that has.
pub(super) struct Held {
    permit: Box<dyn Permit>,
    pub labels: BTreeSet<String>,
}

/// A call that has run.
pub(super) struct Done {
    call_id: CallId,
    forwarded: Forwarded,
    took_ms: u64,
}

/// What the gate said about one call.
struct Ruled {
    call_id: CallId,
    decision: Decision,
    target: CallTarget,
    question: Option<Box<Approval>>,
}

impl Executor {
    /// Asks the gate about each of these calls. What may start at once is started with the same append that
    /// journals the rulings.
    pub(super) async fn rule(&mut self, ids: Vec<CallId>) -> Outcome {
        if !self.workspace_is_there().await? {
            return Ok(());
        }
        let mut labels = self.journal.state.labels.clone();
        let mut ruled = Vec::new();
        let mut fault = None;
        for id in ids {
            let Some(call) = self.journal.state.call(id) else { continue };
            let call = GateCall {
                id,
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                approval: call.approval,
            };
            let (gate, context) = (self.shared.gate.clone(), self.context(&labels));
            let answer = self.unless_stopped(async move { gate.rule(&context, &call).await }).await?;
            let (decision, target, question) = match answer {
                None => break,
                Some(Err(error)) => {
                    fault = Some(error);
                    break;
                }
                Some(Ok(Ruling::Deny { decision, target })) => (decision, target, None),
                Some(Ok(Ruling::Ask { decision, target, approval })) => (decision, target, Some(approval)),
                Some(Ok(Ruling::Allow { decision, target, permit })) => {
                    labels.extend(decision.obligations.labels.iter().cloned());
                    self.permits.insert(id, Held { permit, labels: labels.clone() });
                    (decision, target, None)
                }
            };
            ruled.push(Ruled { call_id: id, decision, target, question });
        }
        self.journal_rulings(ruled, &labels).await?;
        match fault {
            Some(error) => self.pause(PauseReason::Fault, error.to_string()).await,
            None => Ok(()),
        }
    }

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

    /// Asks the person about a call that had started in a process that is gone.
    pub(super) async fn ask_outcome_unknown(&mut self, id: CallId) -> Outcome {
        let Some(call) = self.journal.state.call(id) else { return Ok(()) };
        let question = outcome_unknown(self.journal.task_id, call);
        self.put(question).await
    }

    pub(super) async fn count_as_done(&mut self, call_id: CallId) -> Outcome {
        let finished = Event::ToolCallFinished {
            call_id,
            outcome: ToolOutcome::text(
                "Bailiwick was stopped while this call ran, so there is no output. The person says to count \
                 it as done. Look at the result yourself if you need to know it.",
            ),
            end: CallEnd::CountedAsDone,
            took_ms: 0,
            decision: None,
        };
        self.journal.choose(vec![finished]).await?;
        Ok(())
    }

    async fn journal_rulings(&mut self, ruled: Vec<Ruled>, labels: &BTreeSet<String>) -> Outcome {
        let mut events = Vec::new();
        let mut questions = Vec::new();
        for Ruled { call_id, decision, target, question } in &ruled {
            let (decision, target) = (decision.clone(), target.clone());
            events.push(Event::Decided { call_id: *call_id, decision, target });
            questions.extend(question.clone());
        }
        if events.is_empty() {
            return Ok(());
        }
        let startable = match questions.is_empty() {
            true => self.startable_after(&ruled, labels),
            false => Vec::new(), // The questions are put first.
        };
        if startable.is_empty() {
            self.journal.record(events).await?;
            for question in questions {
                self.put(*question).await?;
            }
            return Ok(());
        }
        let rulings = events.clone();
        events.extend(startable.iter().map(started));
        if self.journal.choose(events).await? {
            startable.into_iter().for_each(|call| self.forward(call.id));
            return Ok(());
        }
        // Something came in between, so nothing is started; that the gate has ruled stays true.
        self.journal.record(rulings).await
    }

    /// The calls that may start once these rulings are taken in.
    fn startable_after(&self, ruled: &[Ruled], labels: &BTreeSet<String>) -> Vec<Call> {
        let mut open: Vec<Call> = self.journal.state.open_calls().cloned().collect();
        for Ruled { call_id, decision, target, .. } in ruled {
            for call in open.iter_mut().filter(|call| call.id == *call_id) {
                call.decided(decision, target);
            }
        }
        let fresh = self.permits.iter().filter(|(_, held)| held.labels == *labels);
        let here = Here {
            running: self.running.keys().copied().collect(),
            permits: fresh.map(|(id, _)| *id).collect(),
            ..Here::default()
        };
        let stale = |call: &Call| call.phase == CallPhase::Allowed && !here.permits.contains(&call.id);
        if open.iter().any(|call| !here.running.contains(&call.id) && stale(call)) {
            return Vec::new(); // To be ruled on again first, in their order.
        }
        let chosen = runnable(open.iter(), &here);
        open.retain(|call| chosen.contains(&call.id));
        open
    }

    /// Stores a question for the person, and takes in that it was asked.
    async fn put(&mut self, question: Approval) -> Outcome {
        let id = question.call_id;
        let requested = Event::ApprovalRequested {
            approval_id: question.id,
            call_id: question.call_id,
            kind: question.kind,
        };
        let projection = self.journal.projection_after(&[requested]);
        self.shared.tenant.request_approval(question, Some(projection)).await?;
        self.journal.catch_up().await?;
        // Whatever came in between, a call that is still to be asked about must not be asked about again
        // and again: that would be a defect of the store or of the fold.
        let phase = self.journal.state.call(id).map(|call| &call.phase);
        if matches!(phase, Some(CallPhase::Asked | CallPhase::Started { safe_to_repeat: false })) {
            let text = "The question to the person was stored, but the journal does not show it. Resume the \
                        task to ask again.";
            return self.pause(PauseReason::Fault, text.to_owned()).await;
        }
        Ok(())
    }

    /// Lets a call run beside the loop. Its start is journalled.
    fn forward(&mut self, call_id: CallId) {
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

fn started(call: &Call) -> Event {
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

fn outcome_unknown(task_id: domain::TaskId, call: &Call) -> Approval {
    let arguments_digest = || Digest::of(&call.arguments);
    let target = call.target.as_ref();
    Approval {
        id: ApprovalId::new(),
        task_id,
        call_id: call.id,
        kind: ApprovalKind::OutcomeUnknown,
        server: target.map_or_else(String::new, |target| target.server.clone()),
        tool: target.map_or_else(|| call.name.clone(), |target| target.tool.clone()),
        arguments: call.arguments.clone(),
        reasons: vec![Reason {
            verdict: Verdict::Ask,
            rule: "outcome_unknown".to_owned(),
            message: "Bailiwick was stopped while this call ran, and running it twice may do harm. Look \
                      whether it took effect, then choose: retry, count as done, or stop the task."
                .to_owned(),
        }],
        binding: Binding {
            tool_digest: target.map_or_else(|| Digest::of_bytes(&[]), |target| target.tool_digest.clone()),
            arguments_digest: target.map_or_else(arguments_digest, |target| target.arguments_digest.clone()),
            policy_revision: call.policy_revision.clone(),
        },
        always: None,
        status: ApprovalStatus::Pending,
        answer: None,
        answered_by: None,
        note: None,
        created_at: Utc::now(),
        resolved_at: None,
    }
}
