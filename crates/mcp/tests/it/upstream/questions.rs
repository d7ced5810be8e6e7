//! Servers of the older era that ask their clients.

use domain::server::Sharing;
use serde_json::{Value, json};

use super::support::{
    Peer, Scripted, ask, client, client_with, eventually, limits, over_pipe, request, start,
};

fn elicitation(id: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "method": "elicitation/create", "params": {"message": "who?"}})
}

async fn asks_once(mut peer: Peer) {
    peer.greet_legacy(json!({"tools": {}})).await;
    let request = peer.expect("tools/call").await;
    peer.say(elicitation("q-1")).await;
    let answer = peer.heard().await.unwrap();
    assert_eq!(answer["id"], "q-1");
    peer.answer(&request, json!({"content": [], "heard": answer})).await;
    peer.rest().await;
}

#[tokio::test]
async fn a_question_parks_the_call_and_the_answer_resumes_it() {
    let upstream = over_pipe(Scripted::new(|_, peer| asks_once(peer)), limits(), Sharing::Shared);
    let asker = client("one");
    let parked =
        ask(&upstream, &asker, "tools/call", json!({"name": "t", "arguments": {"a": 1}})).await.unwrap();
    assert_eq!(parked["resultType"], "input_required");
    let (key, question) = parked["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(*question, json!({"method": "elicitation/create", "params": {"message": "who?"}}));
    assert_eq!(upstream.status().calls_parked, 1);
    let again = |arguments: Value, responses: Value| {
        json!({
            "name": "t", "arguments": arguments, "requestState": parked["requestState"], "inputResponses": responses,
        })
    };
    let accepted = json!({key: {"action": "accept", "content": {"name": "x"}}});
    // Somebody else's state, another call's state, and an answer to something that was not asked.
    for (who, params) in [
        (client("two"), again(json!({"a": 1}), accepted.clone())),
        (asker.clone(), again(json!({"a": 2}), accepted.clone())),
    ] {
        let error = ask(&upstream, &who, "tools/call", params).await.unwrap_err();
        assert!(error.to_string().contains("requestState"), "{error}");
    }
    let still =
        ask(&upstream, &asker, "tools/call", again(json!({"a": 1}), json!({"other": 1}))).await.unwrap();
    assert_eq!(still, parked);
    let result =
        ask(&upstream, &asker, "tools/call", again(json!({"a": 1}), accepted.clone())).await.unwrap();
    assert_eq!(result["resultType"], "complete");
    assert_eq!(result["heard"]["result"], accepted[key]);
    let error = ask(&upstream, &asker, "tools/call", again(json!({"a": 1}), accepted)).await.unwrap_err();
    assert!(error.to_string().contains("requestState"), "a state is good for one answer: {error}");
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_is_not_and_the_call_goes_on() {
    let upstream = over_pipe(Scripted::new(|_, peer| asks_once(peer)), limits(), Sharing::Shared);
    let mute = client_with("one", json!({}));
    let result = ask(&upstream, &mute, "tools/call", json!({"name": "t"})).await.unwrap();
    assert_eq!(result["heard"]["error"]["code"], -32601);
}

#[tokio::test]
async fn a_question_that_could_be_for_either_of_two_clients_reaches_neither() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet_legacy(json!({"tools": {}})).await;
        let first = peer.expect("tools/call").await;
        let second = peer.expect("tools/call").await;
        peer.say(elicitation("q-1")).await;
        let answer = peer.heard().await.unwrap();
        assert!(answer["error"]["message"].as_str().unwrap().contains("per_client"), "{answer}");
        peer.answer(&first, json!({"content": []})).await;
        peer.answer(&second, json!({"content": []})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let (first, second) = (client("one"), client("two"));
    let (one, two) = tokio::join!(
        ask(&upstream, &first, "tools/call", json!({"name": "t"})),
        ask(&upstream, &second, "tools/call", json!({"name": "t"})),
    );
    assert_eq!(one.unwrap()["resultType"], "complete");
    assert_eq!(two.unwrap()["resultType"], "complete");
    assert_eq!(upstream.status().oddities.refused_requests, 1);
}

#[tokio::test]
async fn a_conversation_that_ends_takes_its_parked_calls_and_its_child_with_it() {
    let server = Scripted::new(|_, peer| asks_once(peer));
    let upstream = over_pipe(server.clone(), limits(), Sharing::PerClient);
    for conversation in ["one", "two"] {
        let parked = ask(&upstream, &client(conversation), "tools/call", json!({"name": "t"})).await.unwrap();
        assert_eq!(parked["resultType"], "input_required");
    }
    let status = upstream.status();
    assert_eq!((status.sessions, status.calls_parked), (2, 2));
    upstream.forget("one");
    let status = upstream.status();
    assert_eq!((status.sessions, status.calls_parked), (1, 1));
    let killed = server.killed.clone();
    eventually("the child is gone", || killed.load(std::sync::atomic::Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn a_per_client_session_is_told_the_clients_own_capabilities() {
    let server = Scripted::new(|_, mut peer| async move {
        let request = peer.expect("server/discover").await;
        peer.fail(&request, -32601, "what?").await;
        let request = peer.expect("initialize").await;
        assert_eq!(request["params"]["capabilities"], json!({"roots": {"listChanged": true}}));
        assert_eq!(request["params"]["clientInfo"]["name"], "tester");
        peer.answer(&request, json!({"protocolVersion": "2025-11-25", "capabilities": {}, "serverInfo": {}}))
            .await;
        peer.expect("notifications/initialized").await;
        let request = peer.expect("tools/call").await;
        peer.say(json!({"jsonrpc": "2.0", "id": 1, "method": "roots/list"})).await;
        let roots = peer.heard().await.unwrap();
        peer.answer(&request, json!({"content": [], "roots": roots["result"]["roots"]})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::PerClient);
    let asker = client_with("one", json!({"roots": {"listChanged": true}, "extensions": {"x/y": {}}}));
    let (parked, _inbox) = start(&upstream, request(&asker, "tools/call", json!({"name": "t"})));
    let parked = parked.await.unwrap().unwrap();
    let key = parked["inputRequests"].as_object().unwrap().keys().next().unwrap();
    let again = json!({
        "name": "t", "requestState": parked["requestState"], "inputResponses": {key: {"roots": ["r"]}},
    });
    let result = ask(&upstream, &asker, "tools/call", again).await.unwrap();
    assert_eq!(result["roots"], json!(["r"]));
}
