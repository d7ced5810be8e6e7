//! The tour, played against a stand-in for the tools.

use std::time::Duration;

use domain::model::{Message, Model, ModelCall, ModelEvent, ModelRequest, ModelResponse};
use domain::tool::ToolOutcome;
use futures::StreamExt;

use super::Demo;

/// How the call `name` of the tour ends.
type World = fn(&str, &ModelCall) -> ToolOutcome;

/// Everything allowed, the test failing before the edit and passing after it.
fn kind_world(name: &str, _: &ModelCall) -> ToolOutcome {
    match name {
        "readme" => ToolOutcome::text("# Tide table (Bailiwick sample project)\n\nmore"),
        "test" => ToolOutcome::error("exit code 1\n< Tides, heights in mm\n---\n> Tides, heights in cm"),
        "secret" => ToolOutcome::error(
            "Denied by policy; the call did not run:\n- .env is a place for secrets\nDo not",
        ),
        _ => ToolOutcome::text("ok"),
    }
}

async fn turn(messages: &[Message]) -> (String, ModelResponse) {
    let request = ModelRequest {
        system: String::new(),
        messages: messages.to_vec(),
        tools: Vec::new(),
        max_output_tokens: 100,
    };
    let mut events = Demo { pause: Duration::ZERO }.stream(request);
    let mut streamed = String::new();
    while let Some(event) = events.next().await {
        match event.expect("the guide never fails") {
            ModelEvent::Text(text) => streamed.push_str(&text),
            ModelEvent::Done(response) => return (streamed, response),
            other => panic!("unexpected {other:?}"),
        }
    }
    panic!("no end");
}

/// Plays until the guide calls nothing; gives all it said and the names of its calls, by turn.
async fn play(prompt: &str, world: World) -> (Vec<String>, Vec<Vec<String>>, Vec<Message>) {
    let mut messages = vec![Message::User { text: prompt.into() }];
    let (mut said, mut called) = (Vec::new(), Vec::new());
    loop {
        let (streamed, response) = turn(&messages).await;
        assert_eq!(streamed, response.text);
        assert_eq!(response.usage.total(), 0);
        said.push(response.text.clone());
        messages.push(Message::Assistant {
            text: response.text,
            calls: response.calls.clone(),
            opaque: response.opaque,
        });
        if response.calls.is_empty() {
            return (said, called, messages);
        }
        called.push(response.calls.iter().map(|call| call.name.clone()).collect());
        assert!(called.len() < 20, "the tour has no end");
        for call in &response.calls {
            let name = call.provider_call_id.rsplit('-').next().unwrap_or_default();
            messages.push(Message::ToolResult {
                provider_call_id: call.provider_call_id.clone(),
                name: call.name.clone(),
                outcome: world(name, call),
            });
        }
    }
}

#[tokio::test]
async fn the_tour_uses_all_seven_tools_and_two_at_once() {
    let (said, called, _) = play("show me around", kind_world).await;
    let mut tools: Vec<&str> = called.iter().flatten().map(String::as_str).collect();
    tools.sort_unstable();
    tools.dedup();
    assert_eq!(
        tools,
        [
            "delete_path",
            "edit_file",
            "list_directory",
            "read_file",
            "run_command",
            "search_files",
            "write_file"
        ]
    );
    assert!(called.iter().any(|calls| calls.len() > 1));
    assert!(said[0].contains("not an AI"), "{}", said[0]);
    insta::assert_snapshot!(said.join("\n\n----\n\n"));
}

#[tokio::test]
async fn a_no_is_told_as_a_no() {
    let (said, _, _) = play("Give me the tour", |name, call| match name {
        "delete" => {
            ToolOutcome::error("Denied by the person (terminal); the call did not run. They say: keep it")
        }
        "retest" => ToolOutcome::error("exit code 127: diff not found"),
        _ => kind_world(name, call),
    })
    .await;
    let end = said.last().expect("an end");
    assert!(end.contains("`build` is still there") && end.contains("keep it"), "{end}");
    assert!(end.contains("- run the test again: did not work"), "{end}");
    assert!(end.contains("- read `.env`: denied"), "{end}");
    assert!(said.iter().any(|text| text.contains("diff not found")));
}

#[tokio::test]
async fn in_a_folder_of_the_persons_own_it_only_looks() {
    let (said, called, _) = play("show me around", |_, _| ToolOutcome::text("# My project")).await;
    assert_eq!(called, [["list_directory", "read_file"]]);
    assert!(said[1].contains("I change nothing"), "{}", said[1]);
}

#[tokio::test]
async fn anything_else_gets_an_honest_answer() {
    let (said, called, mut messages) = play("fix the login page", kind_world).await;
    assert!(called.is_empty() && said[0].contains("not an AI") && said[0].contains("bailiwick setup"));
    messages.push(Message::User { text: "then show me around".into() });
    let (_, response) = turn(&messages).await;
    assert_eq!(response.calls.len(), 2);

    let (_, _, mut messages) = play("show me around", kind_world).await;
    messages.push(Message::User { text: "thanks! now add a feature".into() });
    let (text, response) = turn(&messages).await;
    assert!(response.calls.is_empty() && text.contains("The tour is over"), "{text}");
}

#[tokio::test]
async fn a_message_in_between_does_not_stop_it() {
    let mut messages = vec![Message::User { text: "tour".into() }];
    let (text, response) = turn(&messages).await;
    messages.push(Message::Assistant { text, calls: response.calls.clone(), opaque: None });
    for call in response.calls {
        let name = call.provider_call_id.rsplit('-').next().unwrap_or_default().to_owned();
        messages.push(Message::ToolResult {
            outcome: kind_world(&name, &call),
            provider_call_id: call.provider_call_id,
            name: call.name,
        });
    }
    messages.push(Message::User { text: "wait, why?".into() });
    let (text, response) = turn(&messages).await;
    assert!(text.starts_with("You wrote something."), "{text}");
    assert_eq!(response.calls[0].name, "search_files");
}
