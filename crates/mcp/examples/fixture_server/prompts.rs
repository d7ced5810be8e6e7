//! Prompts: with and without arguments, with a resource, with an image, and one that asks back.

use mcp::message::RpcError;
use serde_json::{Value, json};

use super::fixture::Ask;
use super::questions::{self, field, form};
use super::tools::PNG;

pub(crate) fn list() -> Value {
    let argument = |name: &str| json!({"name": name, "description": "An argument", "required": true});
    let prompts = json!([
        {"name": "test_simple_prompt", "description": "Without arguments"},
        {"name": "test_prompt_with_arguments", "description": "With arguments", "arguments": [argument("arg1"), argument("arg2")]},
        {"name": "test_prompt_with_embedded_resource", "description": "With a resource", "arguments": [argument("resourceUri")]},
        {"name": "test_prompt_with_image", "description": "With an image"},
        {"name": "test_input_required_result_prompt", "description": "Asks for its context"},
    ]);
    json!({"prompts": prompts, "ttlMs": 60_000, "cacheScope": "public"})
}

pub(crate) fn get(ask: &Ask<'_>) -> Result<Value, RpcError> {
    let contents = match ask.name() {
        "test_simple_prompt" => vec![text("This is a simple prompt for testing.")],
        "test_prompt_with_arguments" => {
            let (first, second) = (ask.argument("arg1"), ask.argument("arg2"));
            vec![text(&format!("Prompt with arguments: arg1='{first}', arg2='{second}'"))]
        }
        "test_prompt_with_embedded_resource" => {
            let resource = json!({"uri": ask.argument("resourceUri"), "mimeType": "text/plain", "text": "Embedded resource content for testing."});
            vec![
                json!({"type": "resource", "resource": resource}),
                text("Please process the embedded resource above."),
            ]
        }
        "test_prompt_with_image" => {
            vec![
                json!({"type": "image", "data": PNG, "mimeType": "image/png"}),
                text("Please analyze the image above."),
            ]
        }
        "test_input_required_result_prompt" => {
            match field(ask, "user_context", "context").and_then(Value::as_str) {
                Some(context) => vec![text(&format!("Use this context: {context}"))],
                None => {
                    let question = form(
                        "What context should be used?",
                        &json!({"context": {"type": "string"}}),
                        &["context"],
                    );
                    return questions::ask(ask.client, &[("user_context", question)], None);
                }
            }
        }
        name => return Err(RpcError::invalid_params(format!("there is no prompt {name}"))),
    };
    let messages: Vec<_> =
        contents.iter().map(|content| json!({"role": "user", "content": content})).collect();
    Ok(json!({"description": "A prompt of the fixture", "messages": messages}))
}

fn text(text: &str) -> Value {
    json!({"type": "text", "text": text})
}
