//! A client's call that a person has to approve first: exactly that call, once, while nothing changes.

use std::sync::Arc;
use std::time::Duration;

use domain::approval::{Answer, Approval, ApprovalStatus};
use gateway::Config;
use mcp::exchange::Client;
use policy::Policy;
use serde_json::{Value, json};
use store::{ApprovalFilter, Resolve};

use crate::peer::{House, Peer, Say, client, said, tool};
use crate::room::policy_of;

const ASKS: &str = "allow contains \"x\"\nask contains {\"rule\": \"t\", \"message\": \"look first\"} if { input.point == \"tool.call\"; input.server.name == \"mail\" }\n\
    ask contains {\"rule\": \"r\", \"message\": \"look first\"} if { input.point == \"resource.read\" }\n\
    approval_role contains \"admin\" if input.tool.name == \"guarded\"";

fn mail() -> Arc<Peer> {
    Peer::new(
        "mail",
        json!({"tools": [tool("send", "Sends."), tool("guarded", "Sends.")],
               "resources": [{"uri": "mem://a", "name": "a"}]}),
    )
}

async fn house(peer: &Arc<Peer>) -> House {
    let config = Config { approval_wait_seconds_max: 0, ..Config::default() };
    House::with(policy_of(ASKS), &[peer], config).await
}

async fn call(house: &House, client: &Arc<Client>, params: Value) -> (bool, String) {
    said(&house.ask_as(client, "tools/call", &params.to_string()).await.unwrap())
}

async fn pending(house: &House) -> Vec<Approval> {
    let filter = ApprovalFilter { status: Some(ApprovalStatus::Pending), task_id: None };
    house.room.caller.tenant.approvals(&filter).await.unwrap()
}

async fn resolve(house: &House, approval: &Approval, answer: Answer) {
    let resolve = Resolve { answer, by: "dashboard".into(), note: Some("why not".into()), always: false };
    house.room.caller.tenant.resolve_approval(approval.id, resolve).await.unwrap();
}

/// One question is open; it is answered with yes.
async fn approve(house: &House) {
    let open = pending(house).await;
    assert_eq!(open.len(), 1);
    resolve(house, &open[0], Answer::Approve).await;
}

fn send(text: &str) -> Value {
    json!({"name": "send", "arguments": {"text": text}})
}

#[tokio::test]
async fn an_approval_counts_once_for_exactly_this_call() {
    let peer = mail();
    let house = house(&peer).await;
    let one = client("one");
    let (failed, text) = call(&house, &one, send("a")).await;
    let open = pending(&house).await;
    assert!(failed && text.contains("look first") && text.contains(&open[0].id.to_string()), "{text}");
    assert!(text.contains("same call again"), "{text}");
    call(&house, &one, send("a")).await;
    assert_eq!(pending(&house).await.len(), 1, "the same question is not asked twice");
    approve(&house).await;
    assert!(peer.heard().is_empty());
    assert_eq!(call(&house, &one, send("a")).await, (false, "done".into()));
    assert!(call(&house, &one, send("a")).await.0, "the approval is used up");
    assert_eq!(peer.heard().len(), 1);
    let used = house.room.records().await;
    assert!(used.iter().any(|record| record.decision.reasons[0].rule == "approval.given"));
}

#[tokio::test]
async fn another_caller_other_arguments_another_tool_or_policy_need_another_approval() {
    let peer = mail();
    let house = house(&peer).await;
    let one = client("one");
    call(&house, &one, send("a")).await;
    approve(&house).await;
    assert!(call(&house, &client("two"), send("a")).await.0, "another client");
    assert!(call(&house, &one, send("b")).await.0, "other arguments");
    peer.change(|lists| lists["tools"][0]["description"] = json!("Sends faster."));
    assert!(call(&house, &one, send("a")).await.1.contains("has changed"), "another definition");
    house.room.gateway.approve_tools(&house.room.caller.tenant, "mail", &[], "test").await.unwrap();
    assert!(call(&house, &one, send("a")).await.1.contains("look first"), "another digest");
    peer.change(|lists| lists["tools"][0]["description"] = json!("Sends."));
    call(&house, &one, send("a")).await;
    house.room.gateway.approve_tools(&house.room.caller.tenant, "mail", &[], "test").await.unwrap();
    house.room.gateway.set_policy(policy_of(&format!("{ASKS}\n# Another revision.")));
    assert!(call(&house, &one, send("a")).await.0, "another policy");
    house.room.gateway.set_policy(policy_of(ASKS));
    assert_eq!(peer.heard().len(), 0);
    assert!(!call(&house, &one, send("a")).await.0, "everything as it was approved");
}

#[tokio::test]
async fn an_approval_that_is_too_old_does_not_count() {
    let peer = mail();
    let config = Config { approval_wait_seconds_max: 0, approval_valid_seconds_max: 1, ..Config::default() };
    let house = House::with(policy_of(ASKS), &[&peer], config).await;
    call(&house, &client("one"), send("a")).await;
    approve(&house).await;
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    assert!(call(&house, &client("one"), send("a")).await.0);
    assert!(peer.heard().is_empty());
}

#[tokio::test]
async fn a_call_that_waits_goes_on_with_the_answer() {
    let peer = mail();
    let config = Config { approval_wait_seconds_max: 60, ..Config::default() };
    let house = House::with(policy_of(ASKS), &[&peer], config).await;
    for (answer, is_error, words) in
        [(Answer::Approve, false, "done"), (Answer::Deny, true, "denied by dashboard: why not")]
    {
        let params = json!({"name": "send", "arguments": {}, "_meta": {"progressToken": "p"}});
        let (waiting, mut inbox) = house.begin(&client("one"), "tools/call", params);
        let told = inbox.recv().await.unwrap();
        assert_eq!(told.method, "notifications/progress");
        assert!(told.params.unwrap().get().contains("waiting for a person to approve send of mail"));
        resolve(&house, &pending(&house).await[0], answer).await;
        let result: Value = serde_json::from_str(waiting.await.unwrap().unwrap().get()).unwrap();
        assert_eq!(said(&result), (is_error, words.to_owned()));
    }
    assert_eq!(peer.heard().len(), 1);
}

#[tokio::test]
async fn who_may_approve_is_part_of_the_question() {
    let peer = mail();
    let house = house(&peer).await;
    let (_, text) = call(&house, &client("one"), json!({"name": "guarded"})).await;
    assert_eq!(pending(&house).await[0].roles, ["admin"]);
    assert!(text.contains("role admin"), "{text}");
}

#[tokio::test]
async fn resources_are_asked_about_as_well() {
    let peer = mail();
    let house = house(&peer).await;
    let needed = house.ask("resources/read", json!({"uri": "mem://a"})).await.unwrap_err();
    assert_eq!(needed.code, gateway::relay::code::APPROVAL_NEEDED);
    approve(&house).await;
    house.ask("resources/read", json!({"uri": "mem://a"})).await.unwrap();
    assert!(house.ask("resources/read", json!({"uri": "mem://a"})).await.is_err());
}

#[tokio::test]
async fn a_call_goes_on_with_what_its_server_asked_for_and_nothing_else() {
    let peer = mail();
    let house = house(&peer).await;
    let one = client("one");
    call(&house, &one, send("a")).await;
    approve(&house).await;
    let asks = || json!({"resultType": "input_required", "requestState": "theirs", "inputRequests": {"q": {"method": "elicitation/create"}}});
    peer.say(Say::Value(asks()));
    let first = house.ask_as(&one, "tools/call", &send("a").to_string()).await.unwrap();
    let state = first["requestState"].as_str().unwrap().to_owned();
    assert_ne!(state, "theirs");
    assert_eq!(first["inputRequests"]["q"]["method"], "elicitation/create");

    let next = |text: &str, state: &str| json!({"name": "send", "arguments": {"text": text}, "requestState": state, "inputResponses": {"q": {"action": "accept"}}});
    // Another client has no use for it.
    let stolen =
        house.ask_as(&client("two"), "tools/call", &next("a", &state).to_string()).await.unwrap_err();
    assert_eq!(stolen.data, Some(json!({"rule": "gateway.request_state"})));
    peer.say(Say::Value(asks()));
    let second = house.ask_as(&one, "tools/call", &next("a", &state).to_string()).await.unwrap();
    assert_eq!(peer.heard().last().unwrap().1, next("a", "theirs"));
    assert!(pending(&house).await.is_empty(), "it goes on without a second question");
    // A ticket counts once.
    assert!(house.ask_as(&one, "tools/call", &next("a", &state).to_string()).await.is_err());
    // And for these arguments only.
    let state = second["requestState"].as_str().unwrap().to_owned();
    let swapped = house.ask_as(&one, "tools/call", &next("b", &state).to_string()).await.unwrap_err();
    assert!(swapped.message.contains("belongs to another call"), "{swapped:?}");
    assert_eq!(peer.heard().len(), 2);
}

#[tokio::test]
async fn the_shipped_policy_asks_about_tools_of_others() {
    let peer = mail();
    let config = Config { approval_wait_seconds_max: 0, ..Config::default() };
    let house = House::with(Policy::shipped(), &[&peer], config).await;
    let (failed, text) = call(&house, &client("one"), send("a")).await;
    assert!(failed && text.contains("not built in"), "{text}");
}
