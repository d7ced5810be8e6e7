//! What to do next: a pure function of the state and of what this process holds in its hands.

use std::collections::BTreeSet;

use domain::journal::{PauseReason, TaskEnd};
use domain::model::{ModelError, ModelErrorKind, StopReason};
use domain::{CallId, ModelRequestId};

use crate::budget::{self, LimitHit};
use crate::compaction::{self, CompactionPlan};
use crate::state::{Call, CallPhase, Entry, Phase, State, TooLong, Turn};

/// Read-only calls that run at the same time.
pub const CONCURRENT_CALLS_MAX: usize = 8;
/// The same call failing this many times in a row pauses the task.
pub const SAME_FAILURES_MAX: u32 = 5;
/// Answers without words or calls that are answered with a reminder; one more pauses the task.
pub const EMPTY_TURNS_MAX: usize = 2;
/// Answers cut at the output limit that the model is told to continue; one more pauses the task.
pub const CUT_TURNS_MAX: usize = 4;

/// What this process has at hand; none of it survives the process.
#[derive(Clone, Debug, Default)]
pub struct Here {
    /// Calls that run in this process now.
    pub running: BTreeSet<CallId>,
    /// Calls for which it holds a permit that was given under the labels the task has now.
    pub permits: BTreeSet<CallId>,
    /// Context window of the model, tokens; 0 when the model could not be opened.
    pub window_tokens: u32,
    /// Estimated tokens of system prompt and tools.
    pub overhead_tokens: u64,
    pub compact_percent: u8,
}

/// One step of the executor.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "there is one at a time, and it is taken apart at once")]
pub enum Action {
    /// Ask the model for its next turn.
    CallModel,
    /// Have the older part of the conversation summarised.
    Compact(CompactionPlan),
    /// A model request of a process that is gone: release its reservation.
    ForgetRequest(ModelRequestId),
    /// Ask the gate about these calls, one after the other.
    Rule(Vec<CallId>),
    /// Start these calls; a permit is held for each.
    Run(Vec<CallId>),
    /// Ask the person what became of a call.
    AskOutcomeUnknown(CallId),
    /// Journal a call as done, because the person said so.
    CountAsDone(CallId),
    /// Only a person can go on: nothing runs here meanwhile.
    AwaitApproval,
    /// Calls are running: wait for one to end, or for the person.
    Wait,
    Pause {
        reason: PauseReason,
        text: String,
    },
    /// Stop what runs, void what is asked, and write the end.
    End {
        end: TaskEnd,
        text: String,
    },
    /// Paused or ended: there is nothing to do until somebody steers the task.
    Rest,
}

/// Chooses. Never gives an action on a call that is settled, and none that starts something while the task
/// is paused, ended or to be stopped.
pub fn next(state: &State, here: &Here) -> Action {
    let idle = if here.running.is_empty() { Action::Rest } else { Action::Wait };
    if state.created.is_none() && state.damage.is_none() || state.ledger.ended() {
        return idle;
    }
    if let Some(by) = state.stop_requested_by() {
        return Action::End { end: TaskEnd::Cancelled, text: format!("Stopped by the person ({by}).") };
    }
    if matches!(state.ledger.phase, Phase::Paused { .. }) {
        return idle;
    }
    if let Some(damage) = &state.damage {
        return Action::Pause { reason: PauseReason::Fault, text: damage.text() };
    }
    if let Some(request) = &state.ledger.open_request {
        // The executor waits for its own requests inside one step, so this one is of a process that died.
        return Action::ForgetRequest(request.id);
    }
    if !state.open.is_empty() {
        return next_call(state, here);
    }
    next_turn(state, here)
}

/// The model's calls come first, all of them, before it is asked again.
fn next_call(state: &State, here: &Here) -> Action {
    let mut to_rule = Vec::new();
    for call in state.open_calls().filter(|call| !here.running.contains(&call.id)) {
        match call.phase {
            CallPhase::CountAsDone => return Action::CountAsDone(call.id),
            CallPhase::Started { safe_to_repeat: false } => return Action::AskOutcomeUnknown(call.id),
            CallPhase::Allowed if here.permits.contains(&call.id) => {}
            CallPhase::Proposed
            | CallPhase::Asked
            | CallPhase::Allowed
            | CallPhase::Started { safe_to_repeat: true } => to_rule.push(call.id),
            CallPhase::AwaitingApproval(_) | CallPhase::AwaitingOutcome(_) | CallPhase::Settled(_) => {}
        }
    }
    let to_run = runnable(state.open_calls(), here);
    let waiting = match here.running.is_empty() {
        true => Action::AwaitApproval,
        false => Action::Wait,
    };
    if to_rule.is_empty() && to_run.is_empty() {
        return waiting;
    }
    if let Err(hit) = budget::wall_time(&state.ledger) {
        return if here.running.is_empty() { limit(hit) } else { Action::Wait };
    }
    if !to_rule.is_empty() {
        return Action::Rule(to_rule);
    }
    Action::Run(to_run)
}

/// The allowed calls that may start now. Calls that only read run side by side; one that may write runs
/// alone, after everything before it that is allowed. A call that waits for a person holds up nobody.
pub fn runnable<'a>(open: impl Iterator<Item = &'a Call> + Clone, here: &Here) -> Vec<CallId> {
    // A running writer may stand behind the others, when a person has answered late.
    if open.clone().any(|call| here.running.contains(&call.id) && !call.read_only()) {
        return Vec::new();
    }
    let ready = open.filter(|call| {
        call.phase == CallPhase::Allowed
            && here.permits.contains(&call.id)
            && !here.running.contains(&call.id)
    });
    let room = CONCURRENT_CALLS_MAX.saturating_sub(here.running.len());
    let readers: Vec<_> =
        ready.clone().take_while(|call| call.read_only()).take(room).map(|call| call.id).collect();
    if readers.is_empty() && here.running.is_empty() {
        return ready.take(1).map(|call| call.id).collect();
    }
    readers
}

fn next_turn(state: &State, here: &Here) -> Action {
    if let Some(Entry::Turn(turn)) = state.conversation.last()
        && turn.calls.is_empty()
        && turn.seq > state.resumed_seq
        && let Some(action) = after_words(state, turn)
    {
        return action;
    }
    if let Some(repetition) = &state.repetition
        && repetition.times >= SAME_FAILURES_MAX
    {
        return nonsense(format!(
            "The model has made the same call {} times in a row, and it failed every time: {} {}. Send it a \
             message that helps it on, then resume the task; or try another model.",
            repetition.times,
            repetition.name,
            crate::text::head(&repetition.arguments.to_string(), 300),
        ));
    }
    if let Err(hit) = budget::steps(&state.ledger).and_then(|()| budget::wall_time(&state.ledger)) {
        return limit(hit);
    }
    if wants_compaction(state, here)
        && let Some(plan) = compaction::plan(state, here.window_tokens)
    {
        return Action::Compact(plan);
    }
    Action::CallModel
}

/// After an answer without calls: usually the end. `None`: the model is to be asked again, with a reminder.
fn after_words(state: &State, turn: &Turn) -> Option<Action> {
    let in_a_row = |kind: fn(&Turn) -> bool| {
        let turns = state.conversation.iter().rev();
        turns
            .take_while(
                |entry| matches!(entry, Entry::Turn(turn) if turn.seq > state.resumed_seq && kind(turn)),
            )
            .count()
    };
    if turn.stop == StopReason::Refused {
        return Some(nonsense(format!(
            "The model refused to answer{}. Send a message that says it differently, then resume the task; or \
             try another model.",
            if turn.text.trim().is_empty() { String::new() } else { format!(": {}", turn.text.trim()) },
        )));
    }
    if turn.empty() {
        let times = in_a_row(Turn::empty);
        return (times > EMPTY_TURNS_MAX).then(|| {
            nonsense(format!(
                "The model has answered {times} times with neither words nor a tool call. Send it a message, \
                 then resume the task; or try another model."
            ))
        });
    }
    if turn.stop == StopReason::MaxTokens {
        let cut = |turn: &Turn| turn.calls.is_empty() && turn.stop == StopReason::MaxTokens;
        let times = in_a_row(cut);
        return (times > CUT_TURNS_MAX).then(|| {
            nonsense(format!(
                "The model's answer was cut at its output limit {times} times in a row. Ask for smaller \
                 pieces in a message, or raise `output_tokens_max` in `[agent]`, then resume the task."
            ))
        });
    }
    Some(Action::End { end: TaskEnd::Completed, text: turn.text.clone() })
}

fn wants_compaction(state: &State, here: &Here) -> bool {
    if state.too_long == TooLong::Compact {
        return true;
    }
    let percent = u64::from(here.compact_percent.clamp(1, 100));
    here.window_tokens > 0
        && state.prompt_tokens(here.overhead_tokens) * 100 >= u64::from(here.window_tokens) * percent
}

fn limit(hit: LimitHit) -> Action {
    Action::Pause { reason: hit.reason(), text: hit.text }
}

fn nonsense(message: String) -> Action {
    let error = ModelError { kind: ModelErrorKind::BadResponse, message: message.clone() };
    Action::Pause { reason: PauseReason::Model { error }, text: message }
}
