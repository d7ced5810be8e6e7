//! The model server by itself: how strict it is, and that its scripts are good.

use serde_json::{Value, json};
use testkit::model_server::{Api, ModelServer, Script, Turn};

/// Sends a body to an API as its vendor's clients do; gives status and answer.
async fn post(server: &ModelServer, api: Api, body: &Value) -> (u16, Value) {
    let base = server.url(api);
    let path = match api {
        Api::OpenaiChat => "/chat/completions",
        Api::OpenaiResponses => "/responses",
        Api::Anthropic => "/v1/messages",
        Api::Gemini => "/v1beta/models/m:generateContent",
    };
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("client");
    let answer = client
        .post(format!("{base}{path}"))
        .header("authorization", "Bearer k")
        .header("x-goog-api-key", "k")
        .header("anthropic-version", "2023-06-01")
        .json(body)
        .send()
        .await
        .expect("answer");
    (answer.status().as_u16(), answer.json().await.expect("JSON"))
}

fn install_crypto() {
    // The client wants a provider even for plain HTTP.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
}

#[tokio::test]
async fn what_a_vendor_refuses_is_refused_in_its_words() {
    install_crypto();
    let user = json!({"role": "user", "content": "hi"});
    let call = json!({"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}});
    let use_a = json!({"type": "tool_use", "id": "a", "name": "f", "input": {}});
    let result_a = json!({"type": "tool_result", "tool_use_id": "a", "content": "ok"});
    let forged = json!({"type": "thinking", "thinking": "x", "signature": "y"});
    let say = |role: &str, content: Value| json!({"role": role, "content": content});
    let chat = |messages: Value| json!({"model": "m", "messages": messages});
    let messages = |messages: Value| json!({"model": "m", "max_tokens": 9, "messages": messages});
    let input = |items: Value| json!({"model": "m", "input": items});
    let contents = |contents: Value| json!({"contents": contents});
    let model_call = json!({"role": "model", "parts": [{"functionCall": {"name": "f", "args": {}}}]});
    let person = json!({"role": "user", "parts": [{"text": "hi"}]});
    for (api, body, words) in [
        (Api::OpenaiChat, chat(json!([])), "empty array"),
        (Api::OpenaiChat, chat(json!([say("robot", json!("hi"))])), "'robot'"),
        (
            Api::OpenaiChat,
            json!({"model": "m", "messages": [user], "max_token": 1}),
            "Unrecognized request argument",
        ),
        (
            Api::OpenaiChat,
            chat(json!([user, {"role": "assistant", "content": null, "tool_calls": [call]}, user])),
            "did not have response messages: a",
        ),
        (
            Api::OpenaiChat,
            json!({"model": "m", "messages": [user], "tools": [{"type": "function", "function": {"name": "f"}}]}),
            "Invalid schema for function 'f'",
        ),
        (Api::OpenaiResponses, json!({"model": "m", "input": "hi", "max_output_tokens": 1}), ">= 16"),
        (
            Api::OpenaiResponses,
            input(json!([{"type": "function_call_output", "call_id": "a", "output": "ok"}])),
            "No tool call found for function call output with call_id a",
        ),
        (
            Api::OpenaiResponses,
            input(json!([{"type": "function_call", "call_id": "a", "name": "f", "arguments": "{}"}])),
            "No tool output found for function call a",
        ),
        (
            Api::OpenaiResponses,
            input(json!([{"type": "reasoning", "summary": [], "encrypted_content": "forged"}, user])),
            "could not be verified",
        ),
        (Api::Anthropic, json!({"model": "m", "messages": [user]}), "max_tokens: Field required"),
        (Api::Anthropic, messages(json!([say("assistant", json!("hi"))])), "first message must use"),
        (Api::Anthropic, messages(json!([say("user", json!([{"type": "text", "text": ""}]))])), "non-empty"),
        (
            Api::Anthropic,
            messages(json!([user, say("assistant", json!([use_a])), user])),
            "without `tool_result` blocks immediately after: a",
        ),
        (Api::Anthropic, messages(json!([say("user", json!([result_a]))])), "unexpected `tool_use_id`"),
        (
            Api::Anthropic,
            messages(json!([user, say("assistant", json!([forged, {"type": "text", "text": "so"}])),])),
            "Invalid `signature`",
        ),
        (
            Api::Anthropic,
            messages(json!([user, say("assistant", json!([forged]))])),
            "final block in an assistant message cannot be `thinking`",
        ),
        (Api::Gemini, contents(json!([])), "contents is not specified"),
        (Api::Gemini, contents(json!([say("assistant", json!("hi"))])), "valid role"),
        (Api::Gemini, contents(json!([person, model_call, person])), "number of function response parts"),
        (Api::Gemini, json!({"contents": [person], "temperature": 1}), "Unknown name \"temperature\""),
    ] {
        let server = ModelServer::start(Script::new([Turn::text("never")])).await.expect("server");
        let (status, answer) = post(&server, api, &body).await;
        assert_eq!(status, 400, "{api:?} {body}: {answer}");
        let said = answer["error"]["message"].as_str().unwrap_or_default();
        assert!(said.contains(words), "{api:?} {body}: {said}");
        assert_eq!(server.turns_left(), 1, "{api:?}: a refused request uses no turn");
        assert!(server.requests()[0].refused.is_some(), "{api:?}");
    }
}

#[tokio::test]
async fn turns_are_chosen_by_the_last_message() {
    install_crypto();
    let turns = [
        Turn::text("about cats").when("cat"),
        Turn::text("about dogs").when("dog").repeated(),
        Turn::text("about anything"),
    ];
    let server = ModelServer::start(Script::new(turns)).await.expect("server");
    let mut answers = Vec::new();
    for word in ["dog", "cat", "dog", "cat", "cat"] {
        let body = json!({"model": "m", "messages": [{"role": "user", "content": format!("a {word}?")}]});
        let (status, answer) = post(&server, Api::OpenaiChat, &body).await;
        answers.push((status, answer["choices"][0]["message"]["content"].as_str().map(str::to_owned)));
    }
    let text = |text: &str| (200, Some(text.to_owned()));
    assert_eq!(
        answers,
        [text("about dogs"), text("about cats"), text("about dogs"), text("about anything"), (400, None)]
    );
}

#[test]
fn the_scripts_in_the_folder_are_good() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).expect("scripts") {
        let path = entry.expect("entry").path();
        let text = std::fs::read_to_string(&path).expect("text");
        let script = Script::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        assert!(!script.turns.is_empty(), "{}", path.display());
        seen += 1;
    }
    assert!(seen > 0);
}
