//! What a task's journal says, folded: the only knowledge the loop has of a task.
//!
//! The fold is total: whatever events come in whatever order, it gives a state and never panics. What a call
//! has come to is final: no later event makes a settled call open again.

mod calls;
mod conversation;
mod damage;
mod ledger;
mod size;

use std::collections::{BTreeMap, BTreeSet};

use domain::approval::{Answer, ApprovalKind};
use domain::decision::{Decision, Verdict};
use domain::journal::{Envelope, Event, ModelPurpose};
use domain::model::{ModelErrorKind, ModelResponse};
use domain::{ApprovalId, CallId, ModelRequestId, TaskId, WorkspaceId};

pub use calls::{Call, CallPhase, Settled};
pub use conversation::{Entry, Summary, Turn};
pub use damage::Damage;
pub use ledger::{Ledger, OpenRequest, Phase};

use self::size::Anchor;

/// A task, as far as its journal has been read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct State {
    pub task_id: Option<TaskId>,
    pub last_seq: u64,
    /// `None` until `TaskCreated` has been read.
    pub created: Option<Created>,
    pub ledger: Ledger,
    /// What is sent to the model in full, oldest first.
    pub conversation: Vec<Entry>,
    /// What is sent instead of everything older.
    pub summary: Option<Summary>,
    /// Calls that have not come to an end, in the order in which the model made them.
    pub open: Vec<CallId>,
    calls: BTreeMap<CallId, Call>,
    /// Calls whose end was read and whose proposal was not: should it come, they are over all the same.
    ended_unknown: BTreeSet<CallId>,
    /// Labels that the policy put on this task.
    pub labels: BTreeSet<String>,
    /// Why the journal cannot be followed any further.
    pub damage: Option<Damage>,
    pub too_long: TooLong,
    /// The same call failing again and again.
    pub repetition: Option<Repetition>,
    /// Turns that end before this have been answered by a `Resumed`: the person wants the model to go on.
    pub resumed_seq: u64,
    /// Model requests of any purpose, failed ones included.
    pub requests: u32,
    /// Messages that came while the model was answering: they belong behind its answer.
    held: Vec<String>,
    anchor: Option<Anchor>,
}

/// What was fixed when the task began.
#[derive(Clone, Debug, PartialEq)]
pub struct Created {
    pub prompt: String,
    pub workspace_id: WorkspaceId,
    pub model: String,
    pub system_prompt: String,
}

/// Whether the model said that the conversation does not fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TooLong {
    #[default]
    No,
    /// It said so: compact before asking again.
    Compact,
    /// Compacted since; a second refusal pauses the task.
    Compacted,
}

/// How many times in a row the model has made one and the same call in vain.
#[derive(Clone, Debug, PartialEq)]
pub struct Repetition {
    pub name: String,
    pub arguments: serde_json::Value,
    pub times: u32,
}

impl State {
    /// Folds a journal from its beginning.
    pub fn fold(journal: &[Envelope]) -> Self {
        let mut state = Self::default();
        for envelope in journal {
            state.apply(envelope);
        }
        state
    }

    /// Takes in the next event. An event that was read before changes nothing.
    pub fn apply(&mut self, envelope: &Envelope) {
        if envelope.seq <= self.last_seq {
            return;
        }
        if self.damage.is_none() {
            self.damage = Damage::found_in(envelope, self.last_seq);
        }
        self.last_seq = envelope.seq;
        self.task_id.get_or_insert(envelope.task_id);
        if self.damage.is_some() {
            // Whoever mends the damage by installing the right version folds anew; until then the task can
            // only be paused and ended.
            self.ledger.apply_steering(&envelope.event);
            return;
        }
        self.take(envelope.seq, &envelope.event);
    }

    pub fn call(&self, id: CallId) -> Option<&Call> {
        self.calls.get(&id)
    }

    /// Calls that have not come to an end, in the order in which the model made them.
    pub fn open_calls(&self) -> impl Iterator<Item = &Call> + Clone {
        self.open.iter().filter_map(|id| self.calls.get(id))
    }

    /// Whether the task asked to stop: by a person's cancel, or by *stop* as the answer to a question.
    pub fn stop_requested_by(&self) -> Option<&str> {
        self.ledger.stop_requested_by.as_deref()
    }

    fn take(&mut self, seq: u64, event: &Event) {
        match event {
            Event::TaskCreated { .. } if self.created.is_some() => return,
            Event::TaskCreated { prompt, workspace_id, model, system_prompt, .. } => {
                self.created = Some(Created {
                    prompt: prompt.clone(),
                    workspace_id: *workspace_id,
                    model: model.clone(),
                    system_prompt: system_prompt.clone(),
                });
                self.conversation.push(Entry::User { seq, text: prompt.clone() });
            }
            Event::ModelRequested { decision, .. } => {
                self.release_held(seq);
                self.requests = self.requests.saturating_add(1);
                self.label(decision, decision.verdict == Verdict::Allow);
            }
            Event::ModelResponded { request_id, response, .. } => self.responded(seq, *request_id, response),
            Event::ModelFailed { request_id, error, .. } => {
                let turn = self.open_purpose(*request_id) == Some(ModelPurpose::Turn);
                if turn && error.kind == ModelErrorKind::ContextTooLong && self.too_long == TooLong::No {
                    self.too_long = TooLong::Compact;
                }
                self.release_held(seq);
            }
            Event::ToolCallProposed { call_id, request_id, provider_call_id, name, arguments, .. } => {
                self.proposed(Call::proposed(*call_id, *request_id, provider_call_id, name, arguments));
            }
            Event::Decided { call_id, decision, target } => {
                self.label(decision, decision.verdict == Verdict::Allow);
                self.change(*call_id, |call| call.decided(decision, target));
            }
            Event::ApprovalRequested { approval_id, call_id, kind } => {
                self.change(*call_id, |call| call.asked(*approval_id, *kind));
            }
            Event::ApprovalResolved { approval_id, call_id, kind, answer, by, note, .. } => {
                self.resolved(*approval_id, *call_id, *kind, *answer, by, note.as_deref());
            }
            Event::ApprovalVoided { approval_id, call_id, .. } => {
                self.change(*call_id, |call| call.voided(*approval_id));
            }
            Event::ToolCallStarted { call_id, safe_to_repeat } => {
                let safe_to_repeat = *safe_to_repeat;
                self.change(*call_id, |call| call.phase = CallPhase::Started { safe_to_repeat });
            }
            Event::ToolCallFinished { call_id, outcome, end, decision, .. } => {
                match self.calls.get(call_id) {
                    None => {
                        self.ended_unknown.insert(*call_id);
                        return;
                    }
                    // A second end of one call would be counted twice.
                    Some(call) if call.phase.settled().is_some() => return,
                    Some(_) => {}
                }
                if let Some(decision) = decision {
                    self.label(decision, true);
                }
                self.change(*call_id, |call| {
                    call.phase =
                        CallPhase::Settled(Settled::Finished { outcome: outcome.clone(), end: *end });
                });
            }
            Event::MessageReceived { text, .. } => {
                self.repetition = None;
                match self.ledger.open_request {
                    Some(_) => self.held.push(text.clone()),
                    None => self.conversation.push(Entry::User { seq, text: text.clone() }),
                }
            }
            Event::Resumed { .. } => {
                self.resumed_seq = seq;
                self.too_long = TooLong::No;
                self.repetition = None;
            }
            Event::Compacted { through_seq, summary, .. } => self.compacted(*through_seq, summary),
            Event::TaskEnded { .. } => {
                self.release_held(seq);
                for id in std::mem::take(&mut self.open) {
                    if let Some(call) = self.calls.get_mut(&id) {
                        call.drop_unfinished();
                    }
                }
            }
            Event::LimitsChanged { .. }
            | Event::Paused { .. }
            | Event::CancelRequested { .. }
            | Event::Note { .. } => {}
        }
        self.ledger.apply(event);
    }

    fn open_purpose(&self, id: ModelRequestId) -> Option<ModelPurpose> {
        self.ledger.open_request.as_ref().filter(|open| open.id == id).map(|open| open.purpose)
    }

    fn responded(&mut self, seq: u64, id: ModelRequestId, response: &ModelResponse) {
        if self.open_purpose(id) == Some(ModelPurpose::Turn) {
            self.conversation.push(Entry::Turn(Turn::of(seq, id, response)));
            self.too_long = TooLong::No;
            // Local models may not count at all; then there is nothing to build upon.
            self.anchor = (response.usage.total() > 0)
                .then(|| Anchor { entries: self.conversation.len(), tokens: response.usage.total() });
        }
        self.release_held(seq);
    }

    fn release_held(&mut self, seq: u64) {
        let held = std::mem::take(&mut self.held);
        self.conversation.extend(held.into_iter().map(|text| Entry::User { seq, text }));
    }

    fn proposed(&mut self, call: Call) {
        if self.calls.contains_key(&call.id) || self.ended_unknown.contains(&call.id) {
            return;
        }
        let turn = self.conversation.iter_mut().rev().find_map(|entry| match entry {
            Entry::Turn(turn) if turn.request_id == call.request_id => Some(turn),
            _ => None,
        });
        if let Some(turn) = turn {
            turn.calls.push(call.id);
            self.open.push(call.id);
            self.calls.insert(call.id, call);
        }
    }

    fn resolved(
        &mut self,
        id: ApprovalId,
        call_id: CallId,
        kind: ApprovalKind,
        answer: Answer,
        by: &str,
        note: Option<&str>,
    ) {
        let mut stop = false;
        self.change(call_id, |call| stop = call.answered(id, kind, answer, by, note));
        if stop {
            self.ledger.stop_requested_by = Some(by.to_owned());
        }
    }

    /// Changes an open call. A settled one stays as it is: that is what "never runs again" rests on.
    fn change(&mut self, id: CallId, change: impl FnOnce(&mut Call)) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        if call.phase.settled().is_some() {
            return;
        }
        change(call);
        let Some(settled) = call.phase.settled() else { return };
        self.open.retain(|open| *open != id);
        if settled.failed() {
            let before = self.repetition.take();
            let times = before
                .filter(|before| before.name == call.name && before.arguments == call.arguments)
                .map_or(0, |before| before.times);
            self.repetition = Some(Repetition {
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                times: times.saturating_add(1),
            });
        } else {
            self.repetition = None;
        }
    }

    fn label(&mut self, decision: &Decision, applies: bool) {
        if applies {
            self.labels.extend(decision.obligations.labels.iter().cloned());
        }
    }

    fn compacted(&mut self, through_seq: u64, summary: &str) {
        let done = |entry: &Entry| match entry {
            Entry::Turn(turn) => !turn.calls.iter().any(|id| self.open.contains(id)),
            Entry::User { .. } => true,
        };
        let covered =
            self.conversation.iter().take_while(|entry| entry.seq() <= through_seq && done(entry)).count();
        for entry in self.conversation.drain(..covered) {
            let Entry::Turn(turn) = entry else { continue };
            for id in turn.calls {
                if let Some(call) = self.calls.get_mut(&id) {
                    call.forget_contents();
                }
            }
        }
        self.summary = Some(Summary { through_seq, text: summary.to_owned() });
        self.anchor = None;
        if self.too_long == TooLong::Compact {
            self.too_long = TooLong::Compacted;
        }
    }
}
