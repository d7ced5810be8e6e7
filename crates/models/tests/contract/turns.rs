//! Good answers: text, calls, usage, and what goes over the wire for them.

use domain::limits::Usage;
use domain::model::{Message, ModelCall, ModelEvent, ModelSource, StopReason};
use domain::tool::{Content, ToolOutcome};
use models::Api;
use serde_json::json;
use testkit::model_server::{self, Call, ModelServer, Reply, Script, Stop, Turn};

use crate::support::{
    ALL, KEY, ask, assistant, catalogue, events, quick, request, results, serve, user, wire,
};

#[tokio::test]
async fn text_streams_and_adds_up() {
    let text = "Zwölf Boxkämpfer jagen Viktor quer über den großen Sylter Deich – 灯台も。";
    for api in ALL {
        let (server, model) = serve(api, quick(), [Turn::text(text)]).await;
        let (events, error) = events(&model, request(vec![user("hello")])).await;
        assert_eq!(error, None, "{api:?}");
        let pieces: Vec<&str> = events
            .iter()
            .filter_map(|event| match event {
                ModelEvent::Text(text) => Some(text.as_str()),
                _ => None,
            })
            .collect();
        assert!(pieces.len() > 3, "{api:?}: {pieces:?}");
        assert_eq!(pieces.concat(), text, "{api:?}");
        let Some(ModelEvent::Done(response)) = events.last() else { panic!("{api:?}: no end") };
        assert_eq!((response.text.as_str(), response.stop), (text, StopReason::End), "{api:?}");
        assert_eq!(response.opaque, None, "{api:?}: plain text needs nothing kept");
        assert_eq!(server.requests().len(), 1, "{api:?}");
    }
}

#[tokio::test]
async fn tokens_of_all_kinds_are_counted() {
    let sent =
        model_server::Usage { input: 1_000, output: 300, cache_read: 600, cache_write: 50, reasoning: 120 };
    for api in ALL {
        let (_server, model) = serve(api, quick(), [Turn::text("hi").with_usage(sent)]).await;
        let usage = crate::support::hello(&model).await.expect("answer").usage;
        // Not every vendor counts every kind.
        let cache_write = if api == Api::AnthropicMessages { 50 } else { 0 };
        let reasoning = if api == Api::AnthropicMessages { 0 } else { 120 };
        assert_eq!(
            usage,
            Usage { input: 1_000, output: 300, cache_read: 600, cache_write, reasoning },
            "{api:?}"
        );
    }
}

#[tokio::test]
async fn parallel_calls_and_their_results_go_round() {
    for api in ALL {
        let turns = [
            Turn::calls([
                Call::new("read_file", json!({"path": "a \"quoted\" näme.txt"})),
                Call::new("list_directory", json!({})),
                Call::new("read_file", json!({"path": "b.txt"})),
            ])
            .with_text("I look at three things."),
            Turn::text("Seen.").when("contents of"),
        ];
        let (server, model) = serve(api, quick(), turns).await;
        let first = ask(&model, request(vec![user("look")])).await.expect("calls");
        let calls: Vec<(&str, &serde_json::Value)> =
            first.calls.iter().map(|call| (call.name.as_str(), &call.arguments)).collect();
        assert_eq!(
            calls,
            [
                ("read_file", &json!({"path": "a \"quoted\" näme.txt"})),
                ("list_directory", &json!({})),
                ("read_file", &json!({"path": "b.txt"})),
            ],
            "{api:?}"
        );
        assert_eq!(first.text, "I look at three things.", "{api:?}");
        let mut ids: Vec<&str> = first.calls.iter().map(|call| call.provider_call_id.as_str()).collect();
        ids.dedup();
        assert_eq!(ids.len(), 3, "{api:?}: {ids:?}");
        assert!(ids.iter().all(|id| !id.is_empty()), "{api:?}");
        assert!(first.calls.iter().all(|call| call.repaired.is_none()), "{api:?}");

        let mut messages = vec![user("look"), assistant(&first)];
        messages.extend(results(&first, &ToolOutcome::text("contents of a file")));
        messages.push(user("and be quick"));
        let error =
            ask(&model, request(messages.clone())).await.expect_err("the last message is the person's");
        assert!(error.message.contains("no turn left"), "{api:?}: {error}");
        messages.pop();
        let second = ask(&model, request(messages)).await.expect("answer");
        assert_eq!(second.text, "Seen.", "{api:?}");
        assert_eq!(server.turns_left(), 0, "{api:?}");
    }
}

#[tokio::test]
async fn errors_and_pictures_of_tools_are_taken() {
    for api in ALL {
        let (server, model) = serve(api, quick(), [Turn::text("Seen.")]).await;
        let call = |id: &str| ModelCall {
            provider_call_id: id.to_owned(),
            name: "read_file".to_owned(),
            arguments: json!({"path": "x"}),
            repaired: None,
        };
        let result = |id: &str, outcome| Message::ToolResult {
            provider_call_id: id.to_owned(),
            name: "read_file".to_owned(),
            outcome,
        };
        let picture = ToolOutcome {
            content: vec![Content::text("a picture:"), Content::image("iVBORw0KGgo=", "image/png")],
            ..ToolOutcome::default()
        };
        let structured =
            ToolOutcome { structured_content: Some(json!({"lines": 3})), ..ToolOutcome::default() };
        let messages = vec![
            user("look"),
            Message::Assistant {
                text: String::new(),
                calls: ["call.1", "call#2", "call_3", "call_4"].map(call).into(),
                opaque: None,
            },
            result("call.1", ToolOutcome::error("no such file")),
            result("call#2", picture),
            result("call_3", structured),
            result("call_4", ToolOutcome::default()),
        ];
        let answer = ask(&model, request(messages)).await;
        assert_eq!(answer.map(|answer| answer.text), Ok("Seen.".to_owned()), "{api:?}");
        let sent = server.requests()[0].body.to_string();
        for part in ["no such file", "a picture:", "image/png", "lines", "(no output)"] {
            assert!(sent.contains(part), "{api:?} lost {part}: {sent}");
        }
    }
}

#[tokio::test]
async fn a_conversation_of_odd_shape_is_still_accepted() {
    for api in ALL {
        let (_server, model) = serve(api, quick(), [Turn::text("Yes.")]).await;
        let nothing = Message::Assistant { text: " ".into(), calls: vec![], opaque: None };
        let spoke = Message::Assistant { text: "Hm.".into(), calls: vec![], opaque: Some(json!("not ours")) };
        let messages = vec![user("a"), user("b"), spoke, user("c"), nothing, user("d")];
        let mut request = request(messages);
        request.system.clear();
        request.tools.clear();
        assert_eq!(ask(&model, request).await.map(|answer| answer.text), Ok("Yes.".to_owned()), "{api:?}");
    }
}

#[tokio::test]
async fn the_reason_for_the_end_is_told() {
    for (stop, expected) in [(Stop::MaxTokens, StopReason::MaxTokens), (Stop::Refused, StopReason::Refused)] {
        for api in ALL {
            let reply = Reply { text: "I would rather".into(), stop, ..Reply::default() };
            let (_server, model) = serve(api, quick(), [Turn::reply(reply)]).await;
            let answer = crate::support::hello(&model).await.expect("answer");
            assert_eq!((answer.stop, answer.text.as_str()), (expected, "I would rather"), "{api:?}");
        }
    }
}

#[tokio::test]
async fn key_and_model_arrive_as_they_are() {
    for api in ALL {
        let server = ModelServer::start(Script::new([Turn::text("hi")])).await.expect("server");
        // Names that other clients take apart.
        let name = "org-x::qwen3-coder-max-high";
        let catalogue = catalogue(api, server.url(wire(api)), quick());
        let model = catalogue.open(&format!("test/{name}")).expect("model");
        assert_eq!(model.info.host.as_deref(), Some("127.0.0.1"));
        crate::support::hello(&model).await.expect("answer");
        let recorded = &server.requests()[0];
        match api {
            Api::Gemini => assert_eq!(recorded.path, format!("/v1beta/models/{name}:streamGenerateContent")),
            _ => assert_eq!(recorded.body["model"], name, "{api:?}"),
        }
        let header = match api {
            Api::Gemini => recorded.headers["x-goog-api-key"].clone(),
            Api::AnthropicMessages => recorded.headers["x-api-key"].clone(),
            _ => recorded.headers["authorization"].replace("Bearer ", ""),
        };
        assert_eq!(header, KEY, "{api:?}");
        assert!(recorded.stream, "{api:?}");
    }
}

#[tokio::test]
async fn a_test_call_says_whether_all_is_right() {
    for api in ALL {
        let script = Script { models: vec!["good".into()], ..Script::new([Turn::text("ready").repeated()]) };
        let server = ModelServer::start(script).await.expect("server");
        let catalogue = catalogue(api, server.url(wire(api)), quick());
        assert_eq!(catalogue.test_call("test/good").await, Ok(()), "{api:?}");
        let error = catalogue.test_call("test/goood").await.expect_err("no such model");
        assert!(error.message.contains("`goood`"), "{api:?}: {error}");
        assert_eq!(catalogue.test_call("demo").await, Ok(()));
    }
}
