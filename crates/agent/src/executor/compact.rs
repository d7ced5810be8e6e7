//! Having the older part of the conversation summarised.

use domain::journal::{Event, ModelPurpose, PauseReason, TaskEnd};
use domain::model::{Message, ModelError, ModelErrorKind};

use super::ask::{Answered, Question};
use super::{Executor, Outcome};
use crate::compaction::{self, CompactionPlan};
use crate::tokens;

impl Executor {
    pub(super) async fn compact(&mut self, plan: CompactionPlan) -> Outcome {
        let window = self.model.as_ref().map_or(0, |open| open.info.context_tokens);
        let record = compaction::render(&self.journal.state, &plan, window);
        let question = Question {
            purpose: ModelPurpose::Compaction,
            system: compaction::SYSTEM_PROMPT.to_owned(),
            prompt_tokens: tokens::of_text(compaction::SYSTEM_PROMPT) + tokens::of_text(&record),
            messages: vec![Message::User { text: record }],
            tools: Vec::new(),
            output_tokens_max: compaction::SUMMARY_TOKENS_MAX,
        };
        let Some(answered) = self.ask(question).await? else { return Ok(()) };
        let Answered { request_id, result, cost, took_ms, .. } = answered;
        let events = match result {
            Ok(response) => {
                let summary = response.text.trim().to_owned();
                let after = match summary.is_empty() {
                    false => Event::Compacted { request_id, through_seq: plan.through_seq, summary },
                    true => paused(no_summary()),
                };
                vec![Event::ModelResponded { request_id, response, cost, took_ms }, after]
            }
            Err(error) => {
                let after = match error.kind {
                    ModelErrorKind::BadRequest => Event::TaskEnded {
                        end: TaskEnd::Failed,
                        text: format!("The model refused the request for a summary: {}", error.message),
                    },
                    _ => paused(error.clone()),
                };
                vec![Event::ModelFailed { request_id, error, took_ms }, after]
            }
        };
        self.journal.record(events).await
    }
}

fn paused(error: ModelError) -> Event {
    let text = format!(
        "The conversation is too long and had to be summarised, which failed: {} Resume the task to try \
         again.",
        error.message.trim_end()
    );
    Event::Paused { reason: PauseReason::Model { error }, text }
}

fn no_summary() -> ModelError {
    ModelError { kind: ModelErrorKind::BadResponse, message: "The model gave an empty summary.".to_owned() }
}
