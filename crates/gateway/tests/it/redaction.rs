//! What the policy wants out of sight is out of sight wherever it stands.

use std::sync::Arc;

use domain::journal::CallEnd;
use domain::tool::ToolOutcome;
use gateway::Config;
use secrets::Scrubber;
use serde_json::{Value, json};

use crate::peer::{House, Peer, Say, client, said, tool};
use crate::room::{Act, Room, allowed, call, policy_of, silent};

const CLEANS: &str = "allow contains \"x\"\nredact contains {\"detector\": \"emails\"} if input.point in {\"tool.call\", \"resource.result\", \"prompt.result\"}";

fn peer() -> Arc<Peer> {
    Peer::new(
        "other",
        json!({"tools": [tool("find", "Finds.")], "resources": [{"uri": "mem://a", "name": "a"}],
               "prompts": [{"name": "greet"}]}),
    )
}

#[tokio::test]
async fn detectors_reach_every_shape_of_result_and_every_notification() {
    let peer = peer();
    let house = House::new(policy_of(CLEANS), &[&peer]).await;
    let mail = "me@mail.example";
    let result = json!({
        "content": [
            {"type": "text", "text": mail},
            {"type": "resource", "resource": {"uri": "mem://x", "text": mail}},
            {"type": "resource_link", "uri": format!("mailto:{mail}"), "name": mail},
        ],
        "structuredContent": {"a": [{"b": mail}], "n": 1},
        "_meta": {"x": mail}, "resultType": "complete",
    });
    let notes = vec![
        ("notifications/progress", json!({"progressToken": 1, "progress": 1, "message": mail})),
        ("notifications/message", json!({"level": "info", "data": {"to": mail}})),
    ];
    peer.say(Say::After(notes, result));
    let params =
        json!({"name": "find", "arguments": {"text": mail}, "_meta": {"progressToken": 1}}).to_string();
    let (answer, notes) = house.ask_with_notes(&client("one"), "tools/call", &params).await;
    let answer: Value = serde_json::from_str(&answer.unwrap()).unwrap();
    assert!(!answer.to_string().contains(mail), "{answer}");
    assert_eq!(answer["structuredContent"], json!({"a": [{"b": "[redacted emails]"}], "n": 1}));
    assert_eq!(notes.len(), 2);
    assert!(notes.iter().all(|note| !note.params.as_ref().unwrap().get().contains(mail)), "{notes:?}");
    assert_eq!(peer.heard()[0].1["arguments"]["text"], mail, "the tool gets what was meant");
    assert!(house.room.records().await.iter().all(|record| !record.question.to_string().contains(mail)));

    for (method, params) in
        [("resources/read", json!({"uri": "mem://a"})), ("prompts/get", json!({"name": "greet"}))]
    {
        peer.say(Say::Value(json!({"contents": [{"uri": "mem://a", "text": mail}], "messages": [{"content": {"text": mail}}]})));
        let answer = house.ask(method, params).await.unwrap();
        assert!(!answer.to_string().contains(mail), "{answer}");
    }
}

#[tokio::test]
async fn the_agent_is_served_in_the_same_way() {
    let peer = peer();
    let house = House::new(policy_of(CLEANS), &[&peer]).await;
    peer.say(Say::After(
        vec![("notifications/progress", json!({"progressToken": 1, "progress": 1, "message": "to me@mail.example"}))],
        json!({"content": [{"type": "text", "text": "me@mail.example"}, {"type": "new", "x": 1}], "resultType": "complete"}),
    ));
    let (_, permit) = allowed(house.room.decide(&call("find", json!({}))).await);
    let heard = Arc::new(std::sync::Mutex::new(Vec::new()));
    let sink = heard.clone();
    let forwarded =
        permit.forward(Arc::new(move |progress| sink.lock().unwrap().push(format!("{progress:?}")))).await;
    assert_eq!(forwarded.end, CallEnd::Completed);
    assert_eq!(forwarded.outcome.joined_text(), "[redacted emails]");
    assert_eq!(serde_json::to_value(&forwarded.outcome.content[1]).unwrap(), json!({"type": "new", "x": 1}));
    assert!(heard.lock().unwrap().iter().all(|said| !said.contains("me@mail")), "{heard:?}");
    // A server that asks its caller for input has nobody to ask here.
    peer.say(Say::Value(json!({"resultType": "input_required", "inputRequests": {}})));
    let (_, permit) = allowed(house.room.decide(&call("find", json!({}))).await);
    let forwarded = permit.forward(silent()).await;
    assert_eq!(forwarded.end, CallEnd::Failed);
    assert!(forwarded.outcome.joined_text().contains("asks its caller for input"), "{forwarded:?}");
}

#[tokio::test]
async fn a_detector_that_is_not_there_lets_nothing_through() {
    let peer = peer();
    let policy = policy_of(
        "allow contains \"x\"\nredact contains {\"detector\": \"nonsense\"} if input.point == \"tool.result\"",
    );
    let house = House::new(policy, &[&peer]).await;
    let (failed, text) = house.call("find", json!({})).await;
    assert!(failed && text.contains("nonsense") && text.contains("gateway.detectors"), "{text}");
    let record = &house.room.records().await[0];
    assert_eq!(record.decision.reasons[0].rule, "gateway.detector");
}

#[tokio::test]
async fn results_may_be_limited_in_size_and_calls_in_time() {
    let peer = peer();
    let policy = policy_of(
        "allow contains \"x\"\nresult_bytes_max := 60\ntime_limit_ms := 50 if input.point == \"tool.call\"",
    );
    let house = House::new(policy, &[&peer]).await;
    let (failed, text) = house.call("find", json!({})).await;
    assert!(failed && text.contains("result_bytes_max") && text.contains("60"), "{text}");
    peer.say(Say::Hang);
    let late = house.ask("tools/call", json!({"name": "find"})).await.unwrap_err();
    assert!(late.message.contains("50 ms"), "{late:?}");
}

#[tokio::test]
async fn values_of_secrets_are_taken_out_of_everything_that_comes_back() {
    let peer = peer();
    let house = House::new(policy_of("allow contains \"x\""), &[&peer]).await;
    let scrubber = Scrubber::default();
    scrubber.learn("mail-token", "correct-horse-battery");
    house.room.gateway.set_scrubber(scrubber);
    peer.say(Say::Value(json!({"content": [{"type": "text", "text": "is correct-horse-battery"}]})));
    assert_eq!(house.call("find", json!({})).await.1, "is [secret mail-token]");
    peer.say(Say::Error(mcp::message::RpcError::new(-1, "no correct-horse-battery")));
    let error = house.ask("tools/call", json!({"name": "find"})).await.unwrap_err();
    assert_eq!(error.message, "no [secret mail-token]");
    let records = house.room.records().await;
    assert!(records.iter().all(|record| !record.question.to_string().contains("correct-horse")));
}

#[tokio::test]
async fn configured_detectors_work_like_shipped_ones() {
    let config =
        Config { detectors: [("badges".to_owned(), r"B-\d{4}".to_owned())].into(), ..Config::default() };
    let policy = policy_of("allow contains \"x\"\nredact contains {\"detector\": \"badges\"}");
    let room = Room::with_config(policy, vec![], config).await;
    room.server.acts.lock().unwrap().push_back(Act::Answer(ToolOutcome::text("badge B-1234")));
    let (_, permit) = allowed(room.decide(&call("read_file", json!({"path": "a.txt"}))).await);
    assert_eq!(permit.forward(silent()).await.outcome.joined_text(), "badge [redacted badges]");
}

#[tokio::test]
async fn private_data_and_untrusted_text_keep_a_session_from_sending() {
    let read = json!({"name": "read_file", "arguments": {"path": "a.txt"}});
    let web = Peer::new("web", json!({"tools": [tool("fetch", "Fetches."), tool("post", "Sends.")]}));
    let policy = policy_of(
        "allow contains \"x\"\n\
         label contains \"private_data\" if { input.point == \"tool.result\"; input.tool.name == \"read_file\" }\n\
         label contains \"untrusted_content\" if { input.point == \"tool.result\"; input.tool.name == \"fetch\" }\n\
         deny contains {\"rule\": \"trifecta\", \"message\": \"private data would leave\"} if {\n\
           input.point == \"tool.call\"; input.tool.name == \"post\"\n\
           \"private_data\" in input.session.labels; \"untrusted_content\" in input.session.labels }",
    );
    let house = House::new(policy, &[&web]).await;
    let one = client("one");
    let post = r#"{"name":"post"}"#;
    let sent = |answer: Value| !said(&answer).0;
    assert!(sent(house.ask_as(&one, "tools/call", post).await.unwrap()));
    house.ask_as(&one, "tools/call", &read.to_string()).await.unwrap();
    assert!(sent(house.ask_as(&one, "tools/call", post).await.unwrap()), "one of the two is no danger");
    house.ask_as(&one, "tools/call", r#"{"name":"fetch"}"#).await.unwrap();
    let refused = house.ask_as(&one, "tools/call", post).await.unwrap();
    assert!(said(&refused).1.contains("private data would leave"), "{refused}");
    assert!(sent(house.ask_as(&client("two"), "tools/call", post).await.unwrap()), "another conversation");
    let labels = house.room.caller.tenant.session_labels("one").await.unwrap();
    assert_eq!(labels, ["private_data", "untrusted_content"]);
    // The labels outlive this process.
    let again = House {
        relay: gateway::Relay::new(
            house.room.gateway.clone(),
            house.room.store.clone().unwrap(),
            house.room.caller.tenant.clone(),
            house.room.caller.workspace.clone(),
        ),
        room: house.room,
    };
    assert!(!sent(again.ask_as(&one, "tools/call", post).await.unwrap()));
}
