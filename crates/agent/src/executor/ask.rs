//! One request to a model: reserved, allowed, journalled, sent, listened to.

use std::time::Instant;

use domain::decision::{Decision, Verdict};
use domain::journal::{Event, ModelPurpose, PauseReason};
use domain::model::{
    Message, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest, ModelResponse,
};
use domain::tool::Tool;
use domain::{MicroUsd, ModelRequestId};
use futures::StreamExt as _;
use telemetry::spans;
use tracing::Instrument as _;

use super::{Executor, Outcome};
use crate::budget;
use crate::live::LiveEvent;
use crate::ports::GateModelCall;

/// What is asked.
pub(super) struct Question {
    pub purpose: ModelPurpose,
    pub system: String,
    pub messages: Vec<Message>,
    pub tools: Vec<Tool>,
    pub prompt_tokens: u64,
    pub output_tokens_max: u32,
}

/// What came of it.
pub(super) struct Answered {
    pub request_id: ModelRequestId,
    pub result: Result<ModelResponse, ModelError>,
    pub cost: MicroUsd,
    pub took_ms: u64,
    pub info: ModelInfo,
}

impl Executor {
    /// Asks the model. `None`: it was not asked, or the person stopped it; the state says why.
    pub(super) async fn ask(&mut self, question: Question) -> Outcome<Option<Answered>> {
        let open = match &self.model {
            Ok(open) => open.clone(),
            Err(error) => {
                let error = error.clone();
                self.pause_for_model(error).await?;
                return Ok(None);
            }
        };
        let ledger = &self.journal.state.ledger;
        let reserved =
            match budget::reserve(ledger, &open.info, question.prompt_tokens, question.output_tokens_max) {
                Ok(reserved) => reserved,
                Err(hit) => {
                    self.pause(hit.reason(), hit.text).await?;
                    return Ok(None);
                }
            };
        let call = GateModelCall {
            model: open.info.name.clone(),
            host: open.info.host.clone(),
            input_tokens: reserved.prompt_tokens,
            max_output_tokens: reserved.max_output_tokens,
            max_cost: reserved.cost,
        };
        let Some(decision) = self.leave_to_ask(call).await? else { return Ok(None) };

        let request_id = ModelRequestId::new();
        let mut events = Vec::new();
        if open.info.price.is_none() && self.journal.state.requests == 0 {
            events.push(Event::Note { text: unknown_price(&open.info) });
        }
        events.push(Event::ModelRequested {
            request_id,
            purpose: question.purpose,
            reserved_tokens: reserved.tokens,
            reserved_cost: reserved.cost,
            decision,
        });
        if !self.journal.choose(events).await? {
            return Ok(None);
        }
        let began = Instant::now();
        let request = ModelRequest {
            system: question.system,
            messages: question.messages,
            tools: question.tools,
            max_output_tokens: reserved.max_output_tokens,
        };
        let span = spans::model_call(&open.info, request_id, question.purpose);
        let stream = open.model.stream(request);
        let answer = self.listen(request_id, stream).instrument(span.clone()).await?;
        let Some(result) = answer else { return Ok(None) };
        let usage = result.as_ref().map(|response| response.usage).unwrap_or_default();
        let cost = open.info.price.map_or(MicroUsd::ZERO, |price| price.cost(&usage));
        spans::model_answered(&span, &result, cost);
        let error = result.as_ref().err().map(|error| error.kind);
        telemetry::metrics().model_call(&open.info, error, began.elapsed());
        if error.is_none() {
            telemetry::metrics().model_usage(&open.info, &usage, cost);
        }
        Ok(Some(Answered { request_id, result, cost, took_ms: millis(began), info: open.info }))
    }

    /// The policy's leave to call the model. Anything but *allow* pauses the task: there is nobody to ask
    /// about one model call among many, so *ask* means that the person looks at the reasons and resumes, or
    /// changes the policy.
    async fn leave_to_ask(&mut self, call: GateModelCall) -> Outcome<Option<Decision>> {
        let (gate, context) = (self.shared.gate.clone(), self.context(&self.journal.state.labels));
        let ruled = self.unless_stopped(async move { gate.rule_model_call(&context, &call).await }).await?;
        match ruled {
            None => Ok(None),
            Some(Ok(decision)) if decision.verdict == Verdict::Allow => Ok(Some(decision)),
            Some(Ok(decision)) => {
                let text = not_allowed(&decision);
                self.pause(PauseReason::Policy { decision }, text).await?;
                Ok(None)
            }
            Some(Err(error)) => {
                self.pause(PauseReason::Fault, error.to_string()).await?;
                Ok(None)
            }
        }
    }

    /// Shows the answer as it comes, and gives it whole. `None`: the person stopped it; the stream is
    /// dropped, and the end of the task releases the reservation.
    async fn listen(
        &mut self,
        request_id: ModelRequestId,
        mut stream: futures::stream::BoxStream<'static, Result<ModelEvent, ModelError>>,
    ) -> Outcome<Option<Result<ModelResponse, ModelError>>> {
        loop {
            let Some(event) = self.unless_stopped(stream.next()).await? else { return Ok(None) };
            let live = match event {
                Some(Ok(ModelEvent::Done(response))) => return Ok(Some(Ok(response))),
                Some(Err(error)) => return Ok(Some(Err(error))),
                None => return Ok(Some(Err(cut_off()))),
                Some(Ok(ModelEvent::Text(delta))) => LiveEvent::Text { request_id, delta },
                Some(Ok(ModelEvent::Reasoning(delta))) => LiveEvent::Reasoning { request_id, delta },
                Some(Ok(ModelEvent::Retrying { attempt, wait_ms, why })) => {
                    LiveEvent::Retrying { request_id, attempt, wait_ms, why }
                }
            };
            self.shared.live.publish(self.journal.task_id, live);
        }
    }
}

pub(super) fn millis(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

fn cut_off() -> ModelError {
    ModelError {
        kind: ModelErrorKind::BadResponse,
        message: "The model's answer broke off without an end.".to_owned(),
    }
}

fn not_allowed(decision: &Decision) -> String {
    let asked = match decision.verdict {
        Verdict::Ask => "wants a person to look before this model is called",
        _ => "does not allow this model to be called",
    };
    let mut text = format!("The policy {asked}.");
    for reason in decision.reasons.iter().filter(|reason| reason.verdict == decision.verdict) {
        text.push(' ');
        text.push_str(&reason.message);
    }
    text.push_str(" Change the policy or start a task with another model, then resume.");
    text
}

fn unknown_price(info: &ModelInfo) -> String {
    format!(
        "The price of {} is not known, so the cost limit of this task cannot be kept; its limits on steps, \
         tokens and time are. Prices can be given in a file named by `prices_file` in `[models]`.",
        info.name
    )
}
