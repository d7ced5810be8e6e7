//! What MCP clients get, and that what passes is what was written.

use std::sync::atomic::Ordering;

use domain::decision::{Point, Verdict};
use gateway::Config;
use mcp::exchange::Service;
use mcp::message::{RpcError, code};
use serde_json::{Value, json};

use crate::peer::{House, Peer, Say, client, said, tool};
use crate::room::policy_of;

const ALL: &str = "allow contains \"x\"";

fn files() -> std::sync::Arc<Peer> {
    Peer::new(
        "files",
        json!({
            "tools": [tool("find", "Finds."), tool("note", "Notes."), tool("third", "Of the second page.")],
            "resources": [{"uri": "file:///a", "name": "a", "x": 1}, {"uri": "mem://b", "name": "b"}],
            "resourceTemplates": [{"uriTemplate": "db://{table}/{id}", "name": "rows"}],
            "prompts": [{"name": "greet", "arguments": [{"name": "who"}]}],
        }),
    )
}

#[tokio::test]
async fn a_call_passes_as_it_was_written_and_so_does_its_result() {
    let peer = files();
    let house = House::new(policy_of(ALL), &[&peer]).await;
    let answer = "{ \"content\" : [{\"type\":\"text\",\"text\":\"a\\u00e4\"}], \"unknown\": 1.50, \"resultType\":\"complete\" }";
    peer.say(Say::Raw(answer));
    let params = r#"{"name":"find","arguments":{ "text" : "x\u0079", "n": 1.0 },"_meta":{"traceparent":"00-a"},"new":[ 1 ]}"#;
    assert_eq!(house.ask_raw(&client("one"), "tools/call", params).await.unwrap(), answer);
    let heard = peer.heard.lock().unwrap().clone();
    assert_eq!(heard, [("tools/call".to_owned(), params.to_owned())]);
    let records = house.room.records().await;
    let points: Vec<Point> = records.iter().rev().map(|record| record.decision.point).collect();
    assert_eq!(points, [Point::ToolCall, Point::ToolResult]);
    assert_eq!(records[1].question["session"]["client"], "test");
    assert_eq!(records[1].question["principal"]["roles"], json!(["owner"]));
    assert_eq!(records[1].question["arguments"], json!({"text": "xy", "n": 1.0}));
}

#[tokio::test]
async fn lists_are_whole_in_pages_and_definitions_keep_unknown_members() {
    let peer = files();
    let config = Config { list_page_entries_max: 2, ..Config::default() };
    let house = House::with(policy_of(ALL), &[&peer], config).await;
    let (mut names, mut cursor, mut pages) = (Vec::new(), None::<Value>, 0);
    loop {
        let params = cursor.take().map_or_else(|| json!({}), |cursor| json!({"cursor": cursor}));
        let page = house.ask("tools/list", params).await.unwrap();
        assert_eq!((&page["resultType"], &page["cacheScope"]), (&json!("complete"), &json!("private")));
        assert!(page["ttlMs"].is_u64());
        let tools = page["tools"].as_array().unwrap();
        names.extend(tools.iter().map(|tool| tool["name"].as_str().unwrap().to_owned()));
        pages += 1;
        match page.get("nextCursor") {
            Some(next) => cursor = Some(next.clone()),
            None => break,
        }
    }
    let expected = ["read_file", "write_file", "delete_path", "run_command", "find", "note", "third"];
    assert_eq!((names.iter().map(String::as_str).collect::<Vec<_>>(), pages), (expected.to_vec(), 4));
    let wrong = house.ask("tools/list", json!({"cursor": "zz"})).await.unwrap_err();
    assert!(wrong.message.contains("begin the list anew"), "{wrong:?}");
    let resources = house.ask("resources/list", json!({})).await.unwrap();
    assert_eq!(resources["resources"][0], json!({"uri": "file:///a", "name": "a", "x": 1}));
    assert_eq!(
        house.names("resources/templates/list", "resourceTemplates", "uriTemplate").await,
        ["db://{table}/{id}"]
    );
    assert_eq!(house.names("prompts/list", "prompts", "name").await, ["greet"]);
    let all = house.room.records().await;
    assert_eq!(all.iter().filter(|record| record.decision.point == Point::ToolsList).count(), 4);
    assert!(all.iter().any(|record| record.decision.point == Point::PromptsList));
}

#[tokio::test]
async fn lists_are_read_once_and_again_when_they_change() {
    let peer = files();
    let house = House::new(policy_of(ALL), &[&peer]).await;
    let before = peer.listed.load(Ordering::SeqCst);
    for _ in 0..5 {
        house.call("find", json!({})).await;
        house.ask("tools/list", json!({})).await.unwrap();
    }
    assert_eq!(peer.listed.load(Ordering::SeqCst), before);
    peer.change(|lists| lists["tools"][0]["description"] = json!("Another."));
    let (failed, text) = house.call("find", json!({})).await;
    assert!(failed && text.contains("has changed since it was approved"), "{text}");
    assert!(text.contains("bailiwick gateway approve files find"), "{text}");
    assert!(house.room.records().await[0].decision.reasons[0].rule == "gateway.quarantined");
}

#[tokio::test]
async fn what_two_readers_could_read_differently_is_refused_and_recorded() {
    let peer = files();
    let house = House::new(policy_of(ALL), &[&peer]).await;
    for arguments in [
        r#"{"text":"a","t\u0065xt":"b"}"#,
        r#"{"deep":[{"a":1,"a":2}]}"#,
        r#"{"n":123456789012345678901234567890}"#,
        r#"{"n":0.1000000000000000055511151231257827}"#,
    ] {
        let params = format!(r#"{{"name":"find","arguments":{arguments}}}"#);
        let refused = house.ask_as(&client("one"), "tools/call", &params).await.unwrap_err();
        assert_eq!(refused.code, code::INVALID_PARAMS, "{arguments}");
        assert_eq!(refused.data, Some(json!({"rule": "gateway.ambiguous_arguments"})));
        let record = &house.room.records().await[0];
        assert_eq!(record.decision.verdict, Verdict::Deny);
    }
    let twice = house.ask_as(&client("one"), "tools/call", r#"{"name":"find","name":"note"}"#).await;
    assert_eq!(twice.unwrap_err().code, code::INVALID_PARAMS);
    assert!(peer.heard().is_empty());
    // A result with a name twice is handed over as it was judged.
    peer.say(Say::Raw(r#"{"content":[],"structuredContent":{"a":1,"a":2},"resultType":"complete"}"#));
    let result = house.ask_raw(&client("one"), "tools/call", r#"{"name":"find"}"#).await.unwrap();
    assert_eq!(result, r#"{"content":[],"structuredContent":{"a":2},"resultType":"complete"}"#);
}

#[tokio::test]
async fn names_that_two_servers_have_are_told_apart_and_reported() {
    let lists = |uri: &str| {
        json!({"tools": [tool("find", "Finds.")], "prompts": [{"name": "greet"}],
               "resources": [{"uri": uri, "name": "r"}, {"uri": "mem://shared", "name": "s"}]})
    };
    let (one, two) = (Peer::new("one", lists("mem://one")), Peer::new("two", lists("mem://two")));
    let house = House::new(policy_of(ALL), &[&one, &two]).await;
    let tools = house.names("tools/list", "tools", "name").await;
    assert!(tools.contains(&"one__find".into()) && tools.contains(&"two__find".into()), "{tools:?}");
    assert_eq!(house.names("prompts/list", "prompts", "name").await, ["one__greet", "two__greet"]);
    let uris = house.names("resources/list", "resources", "uri").await;
    assert_eq!(
        uris,
        ["mem://one", "bailiwick://one/mem://shared", "mem://two", "bailiwick://two/mem://shared"]
    );

    house.call("two__find", json!({"text": "x"})).await;
    house.ask("prompts/get", json!({"name": "two__greet"})).await.unwrap();
    house.ask("resources/read", json!({"uri": "bailiwick://two/mem://shared"})).await.unwrap();
    house.ask("resources/read", json!({"uri": "mem://one"})).await.unwrap();
    assert_eq!(
        two.heard(),
        [
            ("tools/call".into(), json!({"name": "find", "arguments": {"text": "x"}})),
            ("prompts/get".into(), json!({"name": "greet"})),
            ("resources/read".into(), json!({"uri": "mem://shared"})),
        ]
    );
    assert_eq!(one.heard(), [("resources/read".into(), json!({"uri": "mem://one"}))]);
    let which = house.ask("resources/read", json!({"uri": "mem://shared"})).await.unwrap_err();
    assert!(which.message.contains("bailiwick://one/mem://shared"), "{which:?}");
    assert!(house.ask("prompts/get", json!({"name": "greet"})).await.is_err());
    let status = house.room.gateway.server_status(&house.room.caller.tenant).await.unwrap();
    let named: Vec<&str> = status[1].collisions.iter().map(|collision| collision.name.as_str()).collect();
    assert_eq!(named, ["find", "greet", "mem://shared"]);
    assert!(status[0].collisions.is_empty());
}

#[tokio::test]
async fn a_server_that_hangs_costs_its_own_time_and_is_named() {
    let (good, bad) = (Peer::new("good", json!({"tools": [tool("find", "Finds.")]})), files());
    let house = House::new(policy_of(ALL), &[&good, &bad]).await;
    *bad.lists_hang.lock().unwrap() = true;
    bad.change(|_| {});
    // The list of the one that hangs had changed, so its tools are not known any more; the other's are.
    let tools = house.names("tools/list", "tools", "name").await;
    assert!(tools.contains(&"find".into()) && !tools.contains(&"note".into()), "{tools:?}");
    let asked = bad.listed.load(Ordering::SeqCst);
    house.names("tools/list", "tools", "name").await;
    assert_eq!(bad.listed.load(Ordering::SeqCst), asked, "a failure is not tried again at once");
    let (failed, text) = house.call("note", json!({})).await;
    assert!(failed && text.contains("server files") && text.contains("list_ms_max"), "{text}");
    let status = house.room.gateway.server_status(&house.room.caller.tenant).await.unwrap();
    assert!(status[2].list_problem.as_ref().unwrap().contains("200 ms"), "{status:?}");
    assert_eq!(house.call("find", json!({})).await, (false, "done".into()));
}

#[tokio::test]
async fn the_shipped_rules_know_what_a_request_asks_for() {
    let peer = files();
    let house = House::new(policy::Policy::shipped(), &[&peer]).await;
    let complete =
        json!({"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "who", "value": "m"}});
    house.ask("completion/complete", complete).await.unwrap();
    let record = &house.room.records().await[0];
    assert_eq!(record.decision.reasons[0].rule, "requests.harmless");
}

#[tokio::test]
async fn headers_repeat_the_arguments_that_the_schema_marks() {
    let mut marked = tool("find", "Finds.");
    marked["inputSchema"]["properties"]["text"]["x-mcp-header"] = json!("Text");
    let peer = Peer::new("files", json!({"tools": [marked]}));
    let house = House::new(policy_of(ALL), &[&peer]).await;
    let mut over_http = (*client("one")).clone();
    over_http.extensions.insert(mcp::serve::headers::Params::default());
    let over_http = std::sync::Arc::new(over_http);
    let call = |text: &str| format!(r#"{{"name":"find","arguments":{text}}}"#);
    let refused = house.ask_as(&over_http, "tools/call", &call(r#"{"text":"a"}"#)).await.unwrap_err();
    assert!(refused.message.contains("Mcp-Param-Text"), "{refused:?}");
    assert!(peer.heard().is_empty());
    house.ask_as(&over_http, "tools/call", &call("{}")).await.unwrap();
    // Other transports have no headers.
    house.ask_as(&client("one"), "tools/call", &call(r#"{"text":"a"}"#)).await.unwrap();
}

#[tokio::test]
async fn resources_prompts_and_completions_go_to_their_server_under_the_policy() {
    let peer = files();
    let house = House::new(
        policy_of(
            "allow contains \"x\" if not blocked\nblocked if { input.point == \"resource.read\"; startswith(input.arguments.uri, \"db://secrets\") }\n\
             blocked if { input.point == \"prompt.result\"; contains(input.result.text, \"evil\") }",
        ),
        &[&peer],
    )
    .await;
    house.ask("resources/read", json!({"uri": "db://users/1"})).await.unwrap();
    let refused = house.ask("resources/read", json!({"uri": "db://secrets/1"})).await.unwrap_err();
    assert_eq!(refused.code, gateway::relay::code::DENIED);
    assert!(refused.message.contains("is denied"), "{refused:?}");
    peer.say(Say::Value(json!({"text": "evil", "resultType": "complete"})));
    let withheld =
        house.ask("prompts/get", json!({"name": "greet", "arguments": {"who": "me"}})).await.unwrap_err();
    assert_eq!(withheld.code, gateway::relay::code::WITHHELD);
    let complete =
        json!({"ref": {"type": "ref/prompt", "name": "greet"}, "argument": {"name": "who", "value": "m"}});
    house.ask("completion/complete", complete.clone()).await.unwrap();
    let asked = &house.room.records().await[0].question["arguments"];
    assert_eq!(asked, &json!({"method": "completion/complete", "params": complete}));
    let points: Vec<Point> = house.room.records().await.iter().map(|record| record.decision.point).collect();
    for point in
        [Point::ResourceRead, Point::ResourceResult, Point::PromptGet, Point::PromptResult, Point::McpRequest]
    {
        assert!(points.contains(&point), "{point:?}");
    }
    let file = house.ask("resources/read", json!({"uri": "file:///a"})).await;
    assert!(file.is_ok(), "{file:?}");
    let record = &house.room.records().await[1];
    assert_eq!(record.question["resources"]["paths"][0]["given"], "/a");
}

#[tokio::test]
async fn unknown_methods_go_to_the_only_server_or_the_one_that_is_named() {
    let (one, two) = (files(), Peer::new("two", json!({"tools": []})));
    let house = House::new(policy_of(ALL), &[&one]).await;
    let params = r#"{"a":{"z":1.0},"_meta":{"k":"v"}}"#;
    house.ask_raw(&client("one"), "x/new", params).await.unwrap();
    assert_eq!(one.heard.lock().unwrap().last().unwrap(), &("x/new".to_owned(), params.to_owned()));
    house.room.gateway.add_server(two.clone()).unwrap();
    let nowhere = house.ask("x/new", json!({})).await.unwrap_err();
    assert_eq!(nowhere.code, code::METHOD_NOT_FOUND);
    house.ask("x/new", json!({"_meta": {"bailiwick/server": "two"}})).await.unwrap();
    assert_eq!(two.heard().len(), 1);
    let record = &house.room.records().await[0];
    assert_eq!((record.decision.point, record.tool.as_str()), (Point::McpRequest, "x/new"));
    two.say(Say::Error(RpcError { data: Some(json!({"a": 1})), ..RpcError::new(-1, "its own") }));
    let own = house.ask("x/new", json!({"_meta": {"bailiwick/server": "two"}})).await.unwrap_err();
    assert_eq!((own.code, own.message.as_str(), own.data), (-1, "its own", Some(json!({"a": 1}))));
}

#[tokio::test]
async fn tools_of_this_process_serve_clients_too() {
    let house = House::new(policy_of(ALL), &[]).await;
    let result =
        house.ask("tools/call", json!({"name": "read_file", "arguments": {"path": "a.txt"}})).await.unwrap();
    assert_eq!(
        result,
        json!({"content": [{"type": "text", "text": "done"}], "isError": false, "resultType": "complete"})
    );
    let (failed, text) = house.call("read_file", json!({"path": 1})).await;
    assert!(failed && text.contains("do not fit its schema"), "{text}");
    let (failed, text) = house.call("nothing", json!({})).await;
    assert!(failed && text.contains("there is no tool `nothing`"), "{text}");
}

#[tokio::test]
async fn who_was_not_let_in_gets_nothing() {
    let house = House::new(policy_of(ALL), &[]).await;
    let mut stranger = (*client("one")).clone();
    stranger.extensions = http::Extensions::new();
    let stranger = std::sync::Arc::new(stranger);
    for method in [
        "tools/list",
        "tools/call",
        "resources/read",
        "prompts/get",
        "x/new",
        "subscriptions/listen",
        "tasks/get",
    ] {
        let refused =
            house.ask_as(&stranger, method, r#"{"name":"read_file","uri":"a:b"}"#).await.unwrap_err();
        assert_eq!(refused.code, gateway::relay::code::DENIED, "{method}");
    }
    assert!(house.relay.discover(&stranger).await.is_err());
}

#[tokio::test]
async fn what_servers_offer_adds_up() {
    let house = House::new(policy_of(ALL), &[&files(), &Peer::new("two", json!({"tools": []}))]).await;
    let offered = house.relay.discover(&client("one")).await.unwrap().result;
    assert_eq!(offered["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "bailiwick");
    for pointer in ["/tools/listChanged", "/resources/subscribe", "/prompts/listChanged"] {
        assert_eq!(offered["capabilities"].pointer(pointer), Some(&json!(true)), "{pointer}");
    }
    assert!(offered["capabilities"]["completions"].is_object());
}

#[tokio::test]
async fn listeners_hear_of_changes_and_of_the_resources_they_watch() {
    let peer = files();
    let house = House::new(policy_of(ALL), &[&peer]).await;
    house.ask("resources/list", json!({})).await.unwrap();
    let filter = json!({"notifications": {"toolsListChanged": true, "resourceSubscriptions": ["mem://b"]}});
    let (listening, mut inbox) = house.begin(&client("one"), "subscriptions/listen", filter);
    let first = inbox.recv().await.unwrap();
    assert_eq!(first.method, "notifications/resources/updated");
    assert_eq!(serde_json::from_str::<Value>(first.params.unwrap().get()).unwrap()["uri"], "mem://b");
    peer.change(|lists| lists["tools"][0]["description"] = json!("Another."));
    assert_eq!(inbox.recv().await.unwrap().method, "notifications/tools/list_changed");
    house.room.gateway.approve_tools(&house.room.caller.tenant, "files", &[], "test").await.unwrap();
    assert_eq!(inbox.recv().await.unwrap().method, "notifications/tools/list_changed");
    drop(inbox);
    assert!(listening.await.unwrap().is_ok(), "a listener that is gone ends its subscription");
}

#[tokio::test]
async fn a_task_belongs_to_its_client_and_its_result_is_judged_as_the_calls() {
    let peer = files();
    let policy = policy_of(
        "allow contains \"x\"\nredact contains \"/content/0/text\" if { input.point == \"tool.result\"; input.tool.name == \"find\"; input.result.content }",
    );
    let house = House::new(policy, &[&peer, &Peer::new("two", json!({"tools": []}))]).await;
    peer.say(Say::Value(json!({"resultType": "task", "taskId": "t1", "status": "working"})));
    house.ask("tools/call", json!({"name": "find"})).await.unwrap();
    let done = json!({"resultType": "complete", "taskId": "t1", "status": "completed",
                      "result": {"content": [{"type": "text", "text": "secret"}]}});
    peer.say(Say::Value(done));
    let task = house.ask("tasks/get", json!({"taskId": "t1"})).await.unwrap();
    assert_eq!(task["result"]["content"][0]["text"], "[redacted]");
    let other = house.ask_as(&client("two"), "tasks/get", r#"{"taskId":"t1"}"#).await.unwrap_err();
    assert!(other.message.contains("not known here"), "{other:?}");
    assert_eq!(peer.heard().len(), 2);
}

#[tokio::test]
async fn the_servers_own_answers_pass() {
    let peer = files();
    let house = House::new(policy_of(ALL), &[&peer]).await;
    peer.say(Say::Value(json!({"isError": true, "content": [{"type": "new kind", "x": [1]}]})));
    let result = house.ask("tools/call", json!({"name": "find"})).await.unwrap();
    assert_eq!(result["content"][0], json!({"type": "new kind", "x": [1]}));
    assert!(said(&result).0);
    peer.say(Say::Error(RpcError::new(-32602, "wrong")));
    assert_eq!(house.ask("tools/call", json!({"name": "find"})).await.unwrap_err().message, "wrong");
}
