//! Makes an answer of any model fit the contract: calls have ids and JSON arguments, and what had to be mended
//! is said.

mod arguments;
mod text_calls;

use domain::model::{Message, ModelCall, ModelRequest, ModelResponse, StopReason};
use serde_json::Value;

use crate::config::Api;
use crate::vendor::{Answer, Arguments, RawCall};

/// The answer as the agent sees it.
pub(crate) fn finish(api: Api, mut answer: Answer, request: &ModelRequest) -> ModelResponse {
    let mut note = None;
    // Small local models write their calls as text when the server does not know their template.
    if api == Api::OpenaiChat && answer.calls.is_empty() && !request.tools.is_empty() {
        let known: Vec<&str> = request.tools.iter().map(|tool| tool.name.as_str()).collect();
        if let Some((rest, calls)) = text_calls::extract(&answer.text, &known) {
            answer.text = rest;
            answer.calls = calls;
            note = Some("the call was written as text");
        }
    }
    let stop = answer.stop.unwrap_or(StopReason::Other);
    let cut = stop == StopReason::MaxTokens;
    let mut number = calls_before(request);
    let calls = answer.calls.into_iter().map(|raw| model_call(raw, &mut number, cut, note)).collect();
    ModelResponse {
        text: answer.text,
        reasoning: (!answer.reasoning.is_empty()).then_some(answer.reasoning),
        calls,
        usage: answer.usage,
        stop,
        opaque: answer.opaque,
    }
}

/// Calls the conversation has already; ids we make go on from there, so that none comes twice.
fn calls_before(request: &ModelRequest) -> usize {
    let calls = |message: &Message| match message {
        Message::Assistant { calls, .. } => calls.len(),
        _ => 0,
    };
    request.messages.iter().map(calls).sum()
}

fn model_call(raw: RawCall, number: &mut usize, cut: bool, note: Option<&str>) -> ModelCall {
    let (arguments, mended) = match raw.arguments {
        Arguments::Json(value) => (value, None),
        // An answer that was cut may have lost half of a file's text: to close its quotes would write the rest.
        Arguments::Text(text) if cut => (serde_json::from_str(&text).unwrap_or(Value::String(text)), None),
        Arguments::Text(text) => arguments::mend(&text),
    };
    let provider_call_id = if raw.id.is_empty() { format!("call_{number}") } else { raw.id };
    *number += 1;
    let said: Vec<&str> = note.into_iter().chain(mended.as_deref()).collect();
    ModelCall {
        provider_call_id,
        name: raw.name.trim().to_owned(),
        arguments,
        repaired: (!said.is_empty()).then(|| said.join("; ")),
    }
}

#[cfg(test)]
mod tests {
    use domain::tool::Tool;
    use serde_json::json;

    use super::*;

    fn request() -> ModelRequest {
        let tool = Tool {
            name: "read_file".into(),
            description: String::new(),
            input_schema: json!({"type": "object"}),
            output_schema: None,
            annotations: Default::default(),
        };
        let earlier = ModelCall {
            provider_call_id: "call_0".into(),
            name: "read_file".into(),
            arguments: json!({}),
            repaired: None,
        };
        ModelRequest {
            system: String::new(),
            messages: vec![Message::Assistant { text: String::new(), calls: vec![earlier], opaque: None }],
            tools: vec![tool],
            max_output_tokens: 100,
        }
    }

    fn call(text: &str) -> RawCall {
        RawCall { id: String::new(), name: "read_file".into(), arguments: Arguments::Text(text.into()) }
    }

    #[test]
    fn ids_of_our_own_never_come_twice() {
        let answer = Answer { calls: vec![call("{}"), call("{}")], ..Answer::default() };
        let response = finish(Api::Gemini, answer, &request());
        let ids: Vec<&str> = response.calls.iter().map(|call| call.provider_call_id.as_str()).collect();
        assert_eq!(ids, ["call_1", "call_2"]);
    }

    #[test]
    fn a_call_that_was_cut_is_not_completed_for_the_model() {
        let half = r#"{"path": "a.txt", "content": "half of"#;
        let cut = Answer { calls: vec![call(half)], stop: Some(StopReason::MaxTokens), ..Answer::default() };
        let response = finish(Api::OpenaiChat, cut, &request());
        assert_eq!(response.calls[0].arguments, json!(half));
        assert_eq!(response.calls[0].repaired, None);
    }

    #[test]
    fn calls_written_as_text_are_taken_only_where_models_do_that() {
        let text = "Let me see.\n<tool_call>\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}\n</tool_call>";
        let answer = || Answer { text: text.into(), stop: Some(StopReason::End), ..Answer::default() };
        let local = finish(Api::OpenaiChat, answer(), &request());
        assert_eq!(local.text, "Let me see.");
        assert_eq!(local.calls[0].arguments, json!({"path": "a"}));
        assert_eq!(local.calls[0].repaired.as_deref(), Some("the call was written as text"));
        let vendor = finish(Api::AnthropicMessages, answer(), &request());
        assert_eq!((vendor.text.as_str(), vendor.calls.len()), (text, 0));
    }
}
