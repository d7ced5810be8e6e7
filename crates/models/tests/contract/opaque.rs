//! What the vendor wants back unchanged.

use domain::model::{Message, ModelErrorKind, ModelEvent, ModelResponse};
use domain::tool::ToolOutcome;
use models::Api;
use serde_json::json;
use testkit::model_server::{Call, Reply, Stop, Turn};

use crate::support::{ALL, ask, assistant, events, quick, request, results, serve, user};

fn thinking_turn() -> Turn {
    Turn::reply(Reply {
        reasoning: "First the list, then the file.".into(),
        text: "I look.".into(),
        calls: vec![Call::new("list_directory", json!({})), Call::new("read_file", json!({"path": "a.txt"}))],
        ..Reply::default()
    })
}

#[tokio::test]
async fn signed_reasoning_goes_back_with_its_calls() {
    for api in ALL {
        let (server, model) = serve(api, quick(), [thinking_turn(), Turn::text("Seen.")]).await;
        let (mut events, error) = events(&model, request(vec![user("look")])).await;
        assert_eq!(error, None, "{api:?}");
        let Some(ModelEvent::Done(first)) = events.pop() else { panic!("{api:?}: no end") };
        assert_eq!(first.reasoning.as_deref(), Some("First the list, then the file."), "{api:?}");
        assert!(events.iter().any(|event| matches!(event, ModelEvent::Reasoning(_))), "{api:?}");
        assert!(first.opaque.is_some(), "{api:?}");

        // Through the journal and back, as after a restart.
        let stored = serde_json::to_string(&first).expect("JSON");
        let first: ModelResponse = serde_json::from_str(&stored).expect("JSON");
        let mut messages = vec![user("look"), assistant(&first)];
        messages.extend(results(&first, &ToolOutcome::text("ok")));
        let second = ask(&model, request(messages)).await;
        assert_eq!(second.map(|second| second.text), Ok("Seen.".to_owned()), "{api:?}");
        assert_eq!(server.requests()[1].refused, None, "{api:?}");
    }
}

#[tokio::test]
async fn without_it_the_vendors_refuse() {
    // That they do shows that the test above proves something. Chat Completions signs nothing.
    for api in [Api::OpenaiResponses, Api::AnthropicMessages, Api::Gemini] {
        let (server, model) = serve(api, quick(), [thinking_turn(), Turn::text("Seen.")]).await;
        let first = ask(&model, request(vec![user("look")])).await.expect("calls");
        let bare = Message::Assistant { text: first.text.clone(), calls: first.calls.clone(), opaque: None };
        let mut messages = vec![user("look"), bare];
        messages.extend(results(&first, &ToolOutcome::text("ok")));
        let error = ask(&model, request(messages)).await.expect_err("refused");
        assert_eq!(error.kind, ModelErrorKind::BadRequest, "{api:?}: {error}");
        assert!(server.requests()[1].refused.is_some(), "{api:?}");
    }
}

#[tokio::test]
async fn another_model_goes_on_without_it() {
    for from in ALL {
        let (_server, model) = serve(from, quick(), [thinking_turn()]).await;
        let first = ask(&model, request(vec![user("look")])).await.expect("calls");
        for to in ALL.into_iter().filter(|to| *to != from) {
            let (server, model) = serve(to, quick(), [Turn::text("Seen.")]).await;
            let mut messages = vec![user("look"), assistant(&first)];
            messages.extend(results(&first, &ToolOutcome::text("ok")));
            let second = ask(&model, request(messages)).await;
            assert_eq!(second.map(|second| second.text), Ok("Seen.".to_owned()), "{from:?} to {to:?}");
            assert_eq!(server.requests()[0].refused, None, "{from:?} to {to:?}");
        }
    }
}

#[tokio::test]
async fn an_answer_that_was_cut_can_be_gone_on_with() {
    for api in ALL {
        let cut = [
            // Cut in the text, and cut in the thoughts.
            Reply { reasoning: "Long thoughts.".into(), text: "I wou".into(), ..Reply::default() },
            Reply { reasoning: "Long thoughts.".into(), ..Reply::default() },
        ];
        for reply in cut {
            let reply = Reply { stop: Stop::MaxTokens, ..reply };
            let (server, model) = serve(api, quick(), [Turn::reply(reply), Turn::text("Done.")]).await;
            let first = ask(&model, request(vec![user("go")])).await.expect("half an answer");
            let messages = vec![user("go"), assistant(&first), user("go on")];
            let second = ask(&model, request(messages)).await;
            assert_eq!(second.map(|second| second.text), Ok("Done.".to_owned()), "{api:?}");
            assert_eq!(server.requests()[1].refused, None, "{api:?}");
        }
    }
}
