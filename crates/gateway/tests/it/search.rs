//! Two tools in place of many.

use domain::decision::Verdict;
use gateway::{Config, ToolSearch};
use serde_json::json;

use crate::peer::{House, Peer, tool};
use crate::room::{allowed, call, denied, policy_of, silent};

const POLICY: &str = "allow contains \"x\" if not hidden\nhidden if input.tool.name == \"delete_invoice\"";

async fn house() -> (std::sync::Arc<Peer>, House) {
    let peer = Peer::new(
        "books",
        json!({"tools": [
            tool("list_invoices", "Lists the invoices of a customer."),
            tool("delete_invoice", "Deletes an invoice."),
            tool("weather", "Says how the weather will be."),
        ]}),
    );
    let config = Config { tool_search: ToolSearch::Auto, tool_search_above: 3, ..Config::default() };
    let house = House::with(policy_of(POLICY), &[&peer], config).await;
    (peer, house)
}

#[tokio::test]
async fn few_are_listed_and_the_others_are_found() {
    let (_, house) = house().await;
    let names = house.names("tools/list", "tools", "name").await;
    assert_eq!(names, ["read_file", "write_file", "delete_path", "run_command", "search_tools", "call_tool"]);
    let found = house
        .ask("tools/call", json!({"name": "search_tools", "arguments": {"query": "invoice of a customer"}}))
        .await
        .unwrap();
    let tools = found["structuredContent"]["tools"].as_array().unwrap();
    assert_eq!(tools[0]["name"], "list_invoices");
    assert!(tools[0]["inputSchema"].is_object());
    assert!(
        tools.iter().all(|tool| tool["name"] != "delete_invoice"),
        "what a caller may not see is not found"
    );
    let none = house.call("search_tools", json!({"query": "zebra"})).await;
    assert!(none.1.contains("No tool fits"), "{none:?}");
}

#[tokio::test]
async fn what_was_found_is_decided_on_as_itself() {
    let (peer, house) = house().await;
    let params = r#"{"name":"call_tool","arguments":{"name":"weather","arguments":{"text":"x\u0079","n":1.0}},"_meta":{"k":1}}"#;
    house.ask_raw(&crate::peer::client("one"), "tools/call", params).await.unwrap();
    assert_eq!(
        peer.heard.lock().unwrap()[0].1,
        r#"{"name":"weather","arguments":{"text":"x\u0079","n":1.0},"_meta":{"k":1}}"#
    );
    let record = &house.room.records().await[1];
    assert_eq!((record.server.as_str(), record.tool.as_str()), ("books", "weather"));
    assert_eq!(record.question["arguments"], json!({"text": "xy", "n": 1.0}));

    let (failed, text) = house.call("call_tool", json!({"name": "delete_invoice"})).await;
    assert!(failed && text.contains("delete_invoice of books is denied"), "{text}");
    assert_eq!(house.room.records().await[0].decision.verdict, Verdict::Deny);
    for inner in ["call_tool", "nothing"] {
        assert!(house.call("call_tool", json!({"name": inner})).await.1.contains("there is no tool"));
    }
    assert!(house.call("call_tool", json!({"arguments": {}})).await.0);
}

#[tokio::test]
async fn the_agent_searches_too() {
    let (peer, house) = house().await;
    let names: Vec<String> = house
        .room
        .gateway
        .tools(&house.room.caller)
        .await
        .unwrap()
        .into_iter()
        .map(|tool| tool.name)
        .collect();
    assert!(names.contains(&"search_tools".into()) && !names.contains(&"weather".into()), "{names:?}");
    let (_, permit) = allowed(house.room.decide(&call("search_tools", json!({"query": "weather"}))).await);
    assert!(permit.forward(silent()).await.outcome.joined_text().contains("how the weather will be"));
    let through = call("call_tool", json!({"name": "weather", "arguments": {"text": "a"}}));
    let (_, permit) = allowed(house.room.decide(&through).await);
    permit.forward(silent()).await;
    assert_eq!(peer.heard()[0].1["arguments"], json!({"text": "a"}));
    denied(house.room.decide(&call("call_tool", json!({"name": "delete_invoice"}))).await);
}
