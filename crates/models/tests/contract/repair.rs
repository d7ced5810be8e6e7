//! Calls that small models get wrong.

use domain::model::ModelEvent;
use domain::tool::ToolOutcome;
use models::Api;
use serde_json::json;
use testkit::model_server::{Call, Reply, Stop, Turn};

use crate::support::{ask, assistant, events, quick, request, results, retries, serve, user};

#[tokio::test]
async fn malformed_arguments_are_mended_and_the_mending_is_told() {
    for api in [Api::OpenaiChat, Api::OpenaiResponses, Api::AnthropicMessages] {
        let turns = [
            Turn::calls([Call::raw("read_file", "```json\n{'path': 'a.txt', 'all': True,}\n```")]),
            Turn::text("Seen."),
        ];
        let (server, model) = serve(api, quick(), turns).await;
        let first = ask(&model, request(vec![user("look")])).await.expect("a call");
        assert_eq!(first.calls[0].arguments, json!({"path": "a.txt", "all": true}), "{api:?}");
        let told = first.calls[0].repaired.as_deref().unwrap_or_default();
        assert!(told.contains("text around the JSON") && told.contains("not valid"), "{api:?}: {told}");

        // What goes back is what was carried out.
        let mut messages = vec![user("look"), assistant(&first)];
        messages.extend(results(&first, &ToolOutcome::text("ok")));
        ask(&model, request(messages)).await.expect("answer");
        assert!(!server.requests()[1].body.to_string().contains("True"), "{api:?}");
    }
}

#[tokio::test]
async fn arguments_beyond_mending_arrive_as_text_and_can_go_back() {
    for api in [Api::OpenaiChat, Api::OpenaiResponses, Api::AnthropicMessages] {
        let turns = [Turn::calls([Call::raw("read_file", "the file please")]), Turn::text("Sorry.")];
        let (_server, model) = serve(api, quick(), turns).await;
        let first = ask(&model, request(vec![user("look")])).await.expect("a call");
        assert_eq!(first.calls[0].arguments, json!("the file please"), "{api:?}");
        let mut messages = vec![user("look"), assistant(&first)];
        messages.extend(results(&first, &ToolOutcome::error("arguments must be an object")));
        let second = ask(&model, request(messages)).await;
        assert_eq!(second.map(|second| second.text), Ok("Sorry.".to_owned()), "{api:?}");
    }
}

#[tokio::test]
async fn gemini_tries_again_where_it_says_so_itself() {
    let turns = [Turn::calls([Call::raw("read_file", "read_file(a.txt")]), Turn::text("Seen.")];
    let (_server, model) = serve(Api::Gemini, quick(), turns).await;
    let (events, error) = events(&model, request(vec![user("look")])).await;
    assert_eq!(error, None);
    assert!(retries(&events)[0].2.contains("MALFORMED_FUNCTION_CALL"));
    assert!(matches!(events.last(), Some(ModelEvent::Done(done)) if done.text == "Seen."));
}

#[tokio::test]
async fn a_call_cut_by_the_limit_is_not_completed() {
    for api in [Api::OpenaiChat, Api::OpenaiResponses, Api::AnthropicMessages] {
        let half = r#"{"path": "a.txt", "content": "half"#;
        let reply =
            Reply { calls: vec![Call::raw("read_file", half)], stop: Stop::MaxTokens, ..Reply::default() };
        let (_server, model) = serve(api, quick(), [Turn::reply(reply)]).await;
        let answer = ask(&model, request(vec![user("write")])).await.expect("answer");
        assert_eq!(answer.calls[0].arguments, json!(half), "{api:?}");
    }
}

#[tokio::test]
async fn calls_written_as_text_are_calls() {
    let text =
        "I look.\n<tool_call>\n{\"name\": \"read_file\", \"arguments\": {\"path\": \"a.txt\"}}\n</tool_call>";
    let turns = [Turn::text(text), Turn::text("Seen.")];
    let (_server, model) = serve(Api::OpenaiChat, quick(), turns).await;
    let first = ask(&model, request(vec![user("look")])).await.expect("a call");
    assert_eq!((first.text.as_str(), first.calls[0].name.as_str()), ("I look.", "read_file"));
    let mut messages = vec![user("look"), assistant(&first)];
    messages.extend(results(&first, &ToolOutcome::text("ok")));
    ask(&model, request(messages)).await.expect("answer");
}
