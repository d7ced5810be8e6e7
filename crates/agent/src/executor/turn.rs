//! The model's turn: ask it, and journal its answer with the calls it wants, together.

use std::collections::HashSet;

use domain::journal::{CallEnd, Event, ModelPurpose, PauseReason, TaskEnd};
use domain::model::{ModelError, ModelErrorKind, ModelResponse, StopReason};
use domain::tool::ToolOutcome;
use domain::{CallId, ModelRequestId};

use super::ask::{Answered, Question};
use super::{Executor, Outcome};
use crate::state::{State, TooLong};
use crate::{compaction, conversation, tokens};

/// Calls taken from one answer; further ones are answered with an error.
const CALLS_PER_TURN_MAX: usize = 64;

impl Executor {
    pub(super) async fn turn(&mut self) -> Outcome {
        if !self.workspace_is_there().await? {
            return Ok(());
        }
        let (gate, context) = (self.shared.gate.clone(), self.context(&self.journal.state.labels));
        let tools = match self.unless_stopped(async move { gate.tools(&context).await }).await? {
            None => return Ok(()),
            Some(Ok(tools)) => tools,
            Some(Err(error)) => return self.pause(PauseReason::Fault, error.to_string()).await,
        };
        let state = &self.journal.state;
        let system = state.created.as_ref().map_or_else(String::new, |created| created.system_prompt.clone());
        self.overhead_tokens = tokens::of_text(&system) + tokens::of_tools(&tools);
        let question = Question {
            purpose: ModelPurpose::Turn,
            system,
            messages: conversation::messages(state),
            tools,
            prompt_tokens: state.prompt_tokens(self.overhead_tokens),
            output_tokens_max: self.shared.config.output_tokens_max,
        };
        let Some(answered) = self.ask(question).await? else { return Ok(()) };
        let Answered { request_id, result, cost, took_ms, info } = answered;
        match result {
            Ok(response) => {
                let calls = proposals(request_id, &response);
                let mut events = vec![Event::ModelResponded { request_id, response, cost, took_ms }];
                events.extend(calls);
                self.journal.record(events).await
            }
            Err(error) => {
                let failed = Event::ModelFailed { request_id, error: error.clone(), took_ms };
                let mut events = vec![failed];
                events.extend(after_failure(&self.journal.state, error, info.context_tokens));
                self.journal.record(events).await
            }
        }
    }

    /// A request that this process did not send: the one that did has died. What it may have cost is not
    /// known, so the reservation is released and the model asked again.
    pub(super) async fn forget_request(&mut self, request_id: ModelRequestId) -> Outcome {
        let error = ModelError {
            kind: ModelErrorKind::Unavailable,
            message: "Bailiwick was stopped while the model was answering. It is asked again; what the \
                      vendor may have charged for the lost answer is not in the sums."
                .to_owned(),
        };
        self.journal.choose(vec![Event::ModelFailed { request_id, error, took_ms: 0 }]).await?;
        Ok(())
    }

    pub(super) async fn pause_for_model(&mut self, error: ModelError) -> Outcome {
        let text = with_advice(&error);
        self.pause(PauseReason::Model { error }, text).await
    }
}

/// What follows a failed turn, in the same append. Nothing follows a first "too long": `next` compacts.
pub(super) fn after_failure(state: &State, error: ModelError, window_tokens: u32) -> Option<Event> {
    match error.kind {
        ModelErrorKind::BadRequest => {
            let text = format!("The model refused the request as malformed: {}", error.message);
            Some(Event::TaskEnded { end: TaskEnd::Failed, text })
        }
        ModelErrorKind::ContextTooLong if can_compact(state, window_tokens) => None,
        ModelErrorKind::ContextTooLong
        | ModelErrorKind::WrongKey
        | ModelErrorKind::UnknownModel
        | ModelErrorKind::QuotaExhausted
        | ModelErrorKind::RateLimited
        | ModelErrorKind::Unavailable
        | ModelErrorKind::BadResponse => {
            let text = with_advice(&error);
            Some(Event::Paused { reason: PauseReason::Model { error }, text })
        }
    }
}

fn can_compact(state: &State, window_tokens: u32) -> bool {
    let mut after = state.clone();
    after.too_long = TooLong::Compact;
    state.too_long == TooLong::No && compaction::plan(&after, window_tokens).is_some()
}

/// The vendor's words, and how to go on.
fn with_advice(error: &ModelError) -> String {
    let advice = match error.kind {
        ModelErrorKind::ContextTooLong => {
            "The conversation does not fit the model even when it is compacted. Start a new task with what \
             matters, or one with a model that has a larger window."
        }
        ModelErrorKind::BadResponse => "Resume the task to ask again.",
        ModelErrorKind::RateLimited | ModelErrorKind::Unavailable => "Resume the task to try again later.",
        _ => "Mend that, then resume the task.",
    };
    format!("{} {advice}", error.message.trim_end())
}

/// The calls of an answer. Those that cannot be taken as they are end at once, with an error that tells the
/// model why: every call of an answer must have a result.
fn proposals(request_id: ModelRequestId, response: &ModelResponse) -> Vec<Event> {
    let mut events = Vec::new();
    let mut taken = HashSet::new();
    let last = response.calls.len().saturating_sub(1);
    for (index, call) in response.calls.iter().enumerate() {
        let call_id = CallId::new();
        let mut provider_call_id = call.provider_call_id.clone();
        while !taken.insert(provider_call_id.clone()) {
            provider_call_id.push('_'); // Results are told apart by it.
        }
        events.push(Event::ToolCallProposed {
            call_id,
            request_id,
            provider_call_id,
            name: call.name.clone(),
            arguments: call.arguments.clone(),
            repaired: call.repaired.clone(),
        });
        let cut = response.stop == StopReason::MaxTokens && index == last && call.repaired.is_some();
        let why = if cut {
            // Mended arguments of an answer that was cut may be a file of which half is missing.
            "This call did not run: your answer reached the output limit before the call was complete. Make \
             it again in smaller pieces."
                .to_owned()
        } else if index >= CALLS_PER_TURN_MAX {
            format!(
                "This call did not run: at most {CALLS_PER_TURN_MAX} calls are taken from one answer, and \
                 this one had {}. Make it again in your next answer.",
                response.calls.len()
            )
        } else {
            continue;
        };
        events.push(Event::ToolCallFinished {
            call_id,
            outcome: ToolOutcome::error(why),
            end: CallEnd::Failed,
            took_ms: 0,
            decision: None,
        });
    }
    events
}

#[cfg(test)]
mod tests {
    use domain::limits::Usage;
    use domain::model::ModelCall;

    use super::*;

    fn response(calls: usize, stop: StopReason, repaired: Option<&str>) -> ModelResponse {
        let call = ModelCall {
            provider_call_id: "call_0".to_owned(),
            name: "write_file".to_owned(),
            arguments: serde_json::json!({}),
            repaired: repaired.map(str::to_owned),
        };
        ModelResponse {
            text: String::new(),
            reasoning: None,
            calls: vec![call; calls],
            usage: Usage::default(),
            stop,
            opaque: None,
        }
    }

    fn ends(events: &[Event]) -> usize {
        events.iter().filter(|event| matches!(event, Event::ToolCallFinished { .. })).count()
    }

    #[test]
    fn calls_beyond_the_limit_end_at_once() {
        let events = proposals(ModelRequestId::new(), &response(70, StopReason::End, None));
        assert_eq!((events.len() - ends(&events), ends(&events)), (70, 6));
    }

    #[test]
    fn a_call_that_was_cut_and_mended_does_not_run() {
        let id = ModelRequestId::new();
        let events = proposals(id, &response(2, StopReason::MaxTokens, Some("closed a string")));
        assert_eq!(ends(&events), 1, "only the last one can be cut");
        assert_eq!(ends(&proposals(id, &response(2, StopReason::End, Some("closed a string")))), 0);
        assert_eq!(ends(&proposals(id, &response(2, StopReason::MaxTokens, None))), 0);
    }

    #[test]
    fn ids_that_a_vendor_gave_twice_are_told_apart() {
        let events = proposals(ModelRequestId::new(), &response(2, StopReason::End, None));
        let ids: HashSet<_> = events
            .iter()
            .filter_map(|event| match event {
                Event::ToolCallProposed { provider_call_id, .. } => Some(provider_call_id.as_str()),
                _ => None,
            })
            .collect();
        assert_eq!(ids, HashSet::from(["call_0", "call_0_"]));
    }
}
