//! The conversation as it is sent to a model.

use domain::model::{Message, ModelCall, StopReason};
use domain::tool::{Content, KnownContent, ToolOutcome};

use crate::state::{Entry, State, Turn};
use crate::text;

/// Longest text of one tool result that is sent to a model, bytes; the journal has it whole. Of a longer one
/// the beginning and the end are sent.
pub const OUTCOME_BYTES_MAX: usize = 32_000;
/// Longest beginning of the task's first message that is sent along with a summary, bytes.
const PROMPT_BYTES_MAX: usize = 32_000;

/// All messages of the next request, oldest first. Results follow their calls, each call has one, and the
/// last message is never the model's own.
pub fn messages(state: &State) -> Vec<Message> {
    let mut messages = Vec::new();
    if let Some(summary) = &state.summary {
        let prompt = state.created.as_ref().map_or("", |created| &created.prompt);
        say(
            &mut messages,
            &format!(
                "{}\n\n[The conversation so far was too long and is given as a summary:]\n\n{}",
                text::head_and_tail(prompt, PROMPT_BYTES_MAX),
                summary.text
            ),
        );
    }
    for entry in &state.conversation {
        match entry {
            Entry::User { text, .. } => say(&mut messages, text),
            Entry::Turn(turn) => answer(&mut messages, state, turn),
        }
    }
    if let Some(Entry::Turn(turn)) = state.conversation.last()
        && turn.calls.is_empty()
    {
        say(&mut messages, reminder(turn));
    }
    messages
}

/// A result as a model gets it: text cut to [`OUTCOME_BYTES_MAX`], the rest as it is.
pub fn outcome_for_model(outcome: ToolOutcome) -> ToolOutcome {
    let text_bytes: usize = outcome.content.iter().filter_map(Content::as_text).map(str::len).sum();
    let structured = outcome
        .structured_content
        .filter(|value| text_bytes == 0 || crate::tokens::of_json(value) * 4 <= OUTCOME_BYTES_MAX as u64);
    if text_bytes <= OUTCOME_BYTES_MAX {
        return ToolOutcome { structured_content: structured, ..outcome };
    }
    let mut left = OUTCOME_BYTES_MAX;
    let mut content = Vec::new();
    for block in outcome.content {
        match block {
            Content::Known(KnownContent::Text { text }) if left > 0 => {
                let cut = text::head_and_tail(&text, left);
                left = left.saturating_sub(text.len());
                content.push(Content::text(cut));
            }
            Content::Known(KnownContent::Text { text }) => {
                content.push(Content::text(format!("[… {} bytes left out here …]", text.len())));
            }
            other => content.push(other),
        }
    }
    ToolOutcome { content, structured_content: structured, is_error: outcome.is_error }
}

/// Adds what the person says. Two such messages in a row become one: not every vendor takes two.
fn say(messages: &mut Vec<Message>, text: &str) {
    match messages.last_mut() {
        Some(Message::User { text: before }) => {
            before.push_str("\n\n");
            before.push_str(text);
        }
        _ => messages.push(Message::User { text: text.to_owned() }),
    }
}

fn answer(messages: &mut Vec<Message>, state: &State, turn: &Turn) {
    if turn.empty() && turn.opaque.is_none() {
        return; // Vendors refuse empty messages.
    }
    let calls: Vec<_> = turn.calls.iter().filter_map(|id| state.call(*id)).collect();
    messages.push(Message::Assistant {
        text: turn.text.clone(),
        calls: calls
            .iter()
            .map(|call| ModelCall {
                provider_call_id: call.provider_call_id.clone(),
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                repaired: None,
            })
            .collect(),
        opaque: turn.opaque.clone(),
    });
    for call in calls {
        let outcome = match call.phase.settled() {
            Some(settled) => outcome_for_model(settled.for_model()),
            None => ToolOutcome::error("This call has not ended yet."),
        };
        messages.push(Message::ToolResult {
            provider_call_id: call.provider_call_id.clone(),
            name: call.name.clone(),
            outcome,
        });
    }
}

/// What a model is told that ended its turn without a call, when it is to go on.
fn reminder(turn: &Turn) -> &'static str {
    if turn.empty() {
        return "[Your last answer held neither text nor a tool call. Call a tool to go on, or say in words \
                that you have finished and what the result is.]";
    }
    if turn.stop == StopReason::MaxTokens {
        return "[Your last answer reached the output limit and was cut. Go on where it stopped, in smaller \
                pieces.]";
    }
    "[Go on.]"
}
