//! The tools: what they are called and what they do is the suite's choice.

use std::time::Duration;

use mcp::message::RpcError;
use mcp::serve::headers::Params;
use serde_json::{Value, json};

use super::fixture::{Ask, Fixture};
use super::questions::{self, answer, field, form, roots, sampling};

/// One pixel.
pub(crate) const PNG: &str =
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8DwHwAFBQIAX8jx0gAAAABJRU5ErkJggg==";
/// No sound.
const WAV: &str = "UklGRiYAAABXQVZFZm10IBAAAAABAAEAQB8AAAB9AAACABAAZGF0YQIAAAA=";

/// Tools without arguments, or whose arguments the suite knows.
const NAMES: [&str; 27] = [
    "test_simple_text",
    "test_image_content",
    "test_audio_content",
    "test_embedded_resource",
    "test_multiple_content_types",
    "test_tool_with_logging",
    "test_logging_tool",
    "test_tool_with_progress",
    "test_error_handling",
    "test_sampling",
    "test_elicitation",
    "test_elicitation_sep1034_defaults",
    "test_elicitation_sep1330_enums",
    "test_streaming_elicitation",
    "test_missing_capability",
    "test_trigger_tool_change",
    "test_trigger_prompt_change",
    "test_input_required_result_elicitation",
    "test_input_required_result_sampling",
    "test_input_required_result_list_roots",
    "test_input_required_result_request_state",
    "test_input_required_result_multiple_inputs",
    "test_input_required_result_multi_round",
    "test_input_required_result_tampered_state",
    "test_input_required_result_capabilities",
    "echo",
    "wait",
];

pub(crate) fn list() -> Value {
    let mut tools: Vec<_> = NAMES
        .iter()
        .map(|name| json!({"name": name, "description": format!("The suite's {name}"), "inputSchema": input(name)}))
        .collect();
    for (name, schema) in [("test_headers", headers_schema()), ("json_schema_2020_12_tool", schema_2020_12())]
    {
        tools
            .push(json!({"name": name, "description": format!("The suite's {name}"), "inputSchema": schema}));
    }
    json!({"tools": tools, "ttlMs": 60_000, "cacheScope": "public"})
}

fn input(name: &str) -> Value {
    let (property, kind) = match name {
        "test_sampling" => ("prompt", "string"),
        "test_elicitation" => ("message", "string"),
        "wait" => ("milliseconds", "integer"),
        _ => return json!({"type": "object", "properties": {}}),
    };
    json!({"type": "object", "properties": {property: {"type": kind}}, "required": [property]})
}

/// A parameter that is repeated in a header.
fn headers_schema() -> Value {
    json!({"type": "object", "properties": {"region": {"type": "string", "x-mcp-header": "Region"}}})
}

fn schema_2020_12() -> Value {
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "type": "object",
        "$defs": {"address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }},
        "properties": {
            "name": {"type": "string"},
            "address": {"$ref": "#/$defs/address"},
            "contactMethod": {"type": "string", "enum": ["phone", "email"]},
            "phone": {"type": "string"},
            "email": {"type": "string"},
        },
        "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
        "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
        "then": {"required": ["phone"]},
        "else": {"required": ["email"]},
        "additionalProperties": false,
    })
}

pub(crate) async fn call(fixture: &Fixture, ask: &Ask<'_>) -> Result<Value, RpcError> {
    let resource = |uri: &str, mime: &str, text: &str| json!({"type": "resource", "resource": {"uri": uri, "mimeType": mime, "text": text}});
    let image = json!({"type": "image", "data": PNG, "mimeType": "image/png"});
    Ok(match ask.name() {
        "test_simple_text" => said("This is a simple text response for testing."),
        "test_image_content" => json!({"content": [image]}),
        "test_audio_content" => json!({"content": [{"type": "audio", "data": WAV, "mimeType": "audio/wav"}]}),
        "test_embedded_resource" => {
            json!({"content": [resource("test://embedded-resource", "text/plain", "This is an embedded resource content.")]})
        }
        "test_multiple_content_types" => {
            let text = json!({"type": "text", "text": "Multiple content types test:"});
            let data = resource(
                "test://mixed-content-resource",
                "application/json",
                r#"{"test":"data","value":123}"#,
            );
            json!({"content": [text, image, data]})
        }
        "test_tool_with_logging" | "test_logging_tool" => logging(ask).await?,
        "test_tool_with_progress" => progress(ask).await?,
        "test_error_handling" => {
            json!({"content": [{"type": "text", "text": "This tool intentionally returns an error for testing"}], "isError": true})
        }
        "test_missing_capability" => {
            questions::require(ask.client, "sampling")?;
            said("The client can sample.")
        }
        name @ ("test_trigger_tool_change" | "test_trigger_prompt_change") => {
            fixture.changes.tell(if name.contains("tool_change") { "tools" } else { "prompts" });
            said("Changed.")
        }
        "test_headers" => {
            // Over stdio and for legacy clients there are no such headers.
            if let Some(headers) = ask.client.extensions.get::<Params>() {
                headers.check(&headers_schema(), ask.params.get("arguments").unwrap_or(&Value::Null))?;
            }
            said(ask.argument("region"))
        }
        "json_schema_2020_12_tool" | "echo" => {
            let arguments = ask.params.get("arguments").cloned().unwrap_or_default();
            json!({"content": [{"type": "text", "text": arguments.to_string()}], "structuredContent": arguments})
        }
        "wait" => {
            let time = ask.params.get("arguments").and_then(|arguments| arguments["milliseconds"].as_u64());
            tokio::time::sleep(Duration::from_millis(time.unwrap_or_default())).await;
            said("Waited.")
        }
        name => asking(fixture, name, ask).await?,
    })
}

/// The tools that want to know something of the client.
async fn asking(fixture: &Fixture, name: &str, ask: &Ask<'_>) -> Result<Value, RpcError> {
    let client = ask.client;
    match name {
        "test_sampling" => match answer(ask, "sampling") {
            Some(answer) => {
                let text = answer
                    .get("content")
                    .and_then(|content| content["text"].as_str())
                    .unwrap_or("No response");
                Ok(said(&format!("LLM response: {text}")))
            }
            None => questions::ask(client, &[("sampling", sampling(ask.argument("prompt")))], None),
        },
        "test_elicitation" => {
            let question = form(
                ask.argument("message"),
                &json!({"response": {"type": "string", "description": "Your response"}}),
                &["response"],
            );
            elicited(ask, "User response", question)
        }
        "test_elicitation_sep1034_defaults" => {
            elicited(ask, "Elicitation completed", form("Please review the defaults", &defaults(), &[]))
        }
        "test_elicitation_sep1330_enums" => {
            elicited(ask, "Elicitation completed", form("Please choose", &enums(), &[]))
        }
        "test_streaming_elicitation" => {
            ask.tell(
                "notifications/progress",
                json!({"progressToken": ask.meta("progressToken"), "progress": 1}),
            )
            .await?;
            elicited(
                ask,
                "Elicitation completed",
                form("Please confirm", &json!({"ok": {"type": "boolean"}}), &["ok"]),
            )
        }
        "test_input_required_result_elicitation" => match field(ask, "user_name", "name")
            .and_then(Value::as_str)
        {
            Some(name) => Ok(said(&format!("Hello, {name}!"))),
            None => questions::ask(
                client,
                &[("user_name", form("What is your name?", &json!({"name": {"type": "string"}}), &["name"]))],
                None,
            ),
        },
        "test_input_required_result_sampling" => match answer(ask, "capital_question") {
            Some(answer) => Ok(said(&Value::Object(answer.clone()).to_string())),
            None => questions::ask(
                client,
                &[("capital_question", sampling("What is the capital of France?"))],
                None,
            ),
        },
        "test_input_required_result_list_roots" => match answer(ask, "client_roots") {
            Some(answer) => Ok(said(&Value::Object(answer.clone()).to_string())),
            None => questions::ask(client, &[("client_roots", roots())], None),
        },
        "test_input_required_result_capabilities" => {
            let offered = [
                ("name", "elicitation", form("Your name?", &json!({"name": {"type": "string"}}), &["name"])),
                ("greeting", "sampling", sampling("Say hello")),
            ];
            let can = offered
                .into_iter()
                .filter(|(_, capability, _)| client.capabilities.get(capability).is_some());
            let questions: Vec<_> = can.map(|(key, _, question)| (key, question)).collect();
            let is_answered = questions.iter().all(|(key, _)| answer(ask, key).is_some());
            if is_answered { Ok(said("Thank you.")) } else { questions::ask(client, &questions, None) }
        }
        _ => with_state(fixture, name, ask),
    }
}

/// The tools that carry a state from round to round.
fn with_state(fixture: &Fixture, name: &str, ask: &Ask<'_>) -> Result<Value, RpcError> {
    let confirm = || ("confirm", form("Please confirm", &json!({"ok": {"type": "boolean"}}), &["ok"]));
    let state = fixture.seal.open(ask)?;
    let round = state.as_ref().map_or(0, |state| state["round"].as_u64().unwrap_or_default());
    let next = |questions: &[(&str, Value)], state: Value| {
        questions::ask(ask.client, questions, Some(fixture.seal.seal(&state)))
    };
    match (name, round) {
        ("test_input_required_result_request_state" | "test_input_required_result_tampered_state", 1)
            if field(ask, "confirm", "ok").is_some() =>
        {
            Ok(said("state-ok"))
        }
        ("test_input_required_result_request_state" | "test_input_required_result_tampered_state", _) => {
            next(&[confirm()], json!({"round": 1}))
        }
        ("test_input_required_result_multiple_inputs", 1)
            if ["name", "greeting", "roots"].iter().all(|key| answer(ask, key).is_some()) =>
        {
            Ok(said("Everything is answered."))
        }
        ("test_input_required_result_multiple_inputs", _) => {
            let name = form("What is your name?", &json!({"name": {"type": "string"}}), &["name"]);
            next(
                &[("name", name), ("greeting", sampling("Write a greeting")), ("roots", roots())],
                json!({"round": 1}),
            )
        }
        ("test_input_required_result_multi_round", 2) if field(ask, "step2", "color").is_some() => {
            let name = state.as_ref().and_then(|state| state["name"].as_str()).unwrap_or_default();
            Ok(said(&format!("{name} likes {}", field(ask, "step2", "color").unwrap_or(&Value::Null))))
        }
        ("test_input_required_result_multi_round", 1 | 2)
            if round == 2 || field(ask, "step1", "name").is_some() =>
        {
            let name = field(ask, "step1", "name")
                .cloned()
                .or_else(|| Some(state?["name"].clone()))
                .unwrap_or_default();
            let question = form(
                "Step 2: What is your favorite color?",
                &json!({"color": {"type": "string"}}),
                &["color"],
            );
            next(&[("step2", question)], json!({"round": 2, "name": name}))
        }
        ("test_input_required_result_multi_round", _) => {
            let question =
                form("Step 1: What is your name?", &json!({"name": {"type": "string"}}), &["name"]);
            next(&[("step1", question)], json!({"round": 1}))
        }
        _ => Err(RpcError::invalid_params(format!("there is no tool {name}"))),
    }
}

/// Asks one form and tells what came back.
fn elicited(ask: &Ask<'_>, said_before: &str, question: Value) -> Result<Value, RpcError> {
    let Some(answer) = answer(ask, "form") else {
        return questions::ask(ask.client, &[("form", question)], None);
    };
    let action = answer.get("action").and_then(Value::as_str).unwrap_or_default();
    let content = answer.get("content").cloned().unwrap_or_else(|| json!({}));
    Ok(said(&format!("{said_before}: action={action}, content={content}")))
}

async fn logging(ask: &Ask<'_>) -> Result<Value, RpcError> {
    for text in ["Tool execution started", "Tool processing data", "Tool execution completed"] {
        if ask.meta("io.modelcontextprotocol/logLevel").is_some() {
            ask.tell("notifications/message", json!({"level": "info", "data": text})).await?;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
    Ok(said("Tool with logging executed successfully"))
}

async fn progress(ask: &Ask<'_>) -> Result<Value, RpcError> {
    let Some(token) = ask.meta("progressToken") else { return Ok(said("Nobody wants to see progress.")) };
    for progress in [0, 50, 100] {
        let message = format!("Completed step {progress} of 100");
        let params = json!({"progressToken": token, "progress": progress, "total": 100, "message": message});
        ask.tell("notifications/progress", params).await?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(said(&token.to_string()))
}

fn said(text: &str) -> Value {
    json!({"content": [{"type": "text", "text": text}]})
}

/// A form with a default for every kind of field.
fn defaults() -> Value {
    json!({
        "name": {"type": "string", "description": "User name", "default": "John Doe"},
        "age": {"type": "integer", "description": "User age", "default": 30},
        "score": {"type": "number", "description": "User score", "default": 95.5},
        "status": {"type": "string", "description": "User status", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "description": "Verification status", "default": true},
    })
}

/// A form with every kind of choice.
fn enums() -> Value {
    let titled = |titles: [&str; 3]| -> Vec<Value> {
        titles
            .iter()
            .zip(1..)
            .map(|(title, n)| json!({"const": format!("value{n}"), "title": title}))
            .collect()
    };
    let plain = json!(["option1", "option2", "option3"]);
    json!({
        "untitledSingle": {"type": "string", "description": "Select one", "enum": plain},
        "titledSingle": {"type": "string", "description": "Select one", "oneOf": titled(["First Option", "Second Option", "Third Option"])},
        "legacyEnum": {"type": "string", "description": "Select one", "enum": ["opt1", "opt2", "opt3"], "enumNames": ["Option One", "Option Two", "Option Three"]},
        "untitledMulti": {"type": "array", "description": "Select some", "minItems": 1, "maxItems": 3, "items": {"type": "string", "enum": plain}},
        "titledMulti": {"type": "array", "description": "Select some", "minItems": 1, "maxItems": 3, "items": {"anyOf": titled(["First Choice", "Second Choice", "Third Choice"])}},
    })
}
