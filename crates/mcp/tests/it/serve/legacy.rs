//! Clients up to 2025-11-25 over HTTP.

use std::sync::Arc;

use axum::Router;
use mcp::serve::{Options, router};
use serde_json::{Value, json};

use super::support::{Probe, call, eventually, initialize, post, request, send, stream};

const VERSION: &str = "2025-11-25";

fn app() -> (Arc<Probe>, Router) {
    let probe = Arc::new(Probe::default());
    (probe.clone(), router(probe, Options::default()))
}

#[tokio::test]
async fn versions_are_agreed_on() {
    let (_, app) = app();
    for (asked, given) in [
        ("2024-11-05", "2024-11-05"),
        ("2025-03-26", "2025-03-26"),
        ("2025-06-18", "2025-06-18"),
        ("2025-11-25", "2025-11-25"),
        ("2026-07-28", "2025-11-25"),
        ("1999-01-01", "2025-11-25"),
    ] {
        let body = call(1, "initialize", &json!({"protocolVersion": asked, "capabilities": {}}));
        let answer = post(&app, &[], body).await;
        let result = &answer.json()["result"];
        assert_eq!(result["protocolVersion"], given);
        assert_eq!(result["serverInfo"], json!({"name": "probe", "version": "1", "extra": true}));
        assert_eq!(
            (&result["instructions"], &result["capabilities"]["x/own"]["kept"]),
            (&json!("be kind"), &json!(1))
        );
        let id = answer.headers["mcp-session-id"].to_str().unwrap();
        assert!(id.len() >= 32 && id.bytes().all(|byte| byte.is_ascii_graphic()));
    }
    for params in [json!({}), json!({"protocolVersion": 1})] {
        let answer = post(&app, &[], call(1, "initialize", &params)).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, -32602));
    }
}

#[tokio::test]
async fn requests_pass_and_what_only_modern_clients_know_is_taken_away() {
    let (probe, app) = app();
    let session = initialize(&app, VERSION, json!({"roots": {}, "own": 1})).await;
    let headers = [("mcp-session-id", session.as_str()), ("mcp-protocol-version", VERSION)];
    let body = r#"{"jsonrpc":"2.0","id":"\u0061","method":"probe/echo","params":{"x" : 1.0,"_meta":{"progressToken":1}}}"#;
    let answer = post(&app, &headers, body).await;
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(
        answer.body,
        r#"{"jsonrpc":"2.0","id":"\u0061","result":{"was":{"x" : 1.0,"_meta":{"progressToken":1}},"n":1.0}}"#
    );
    let answer = post(&app, &headers, call(2, "probe/error", &json!({"code": -32602}))).await;
    assert_eq!(
        (answer.status.as_u16(), answer.code(), &answer.json()["error"]["data"]),
        (200, -32602, &json!([1]))
    );
    assert_eq!(post(&app, &headers, call(3, "ping", &json!({}))).await.json()["result"], json!({}));
    for method in ["own/unknown", "server/discover", "subscriptions/listen"] {
        assert_eq!(post(&app, &headers, call(4, method, &json!({}))).await.code(), -32601);
    }
    assert_eq!(
        post(&app, &headers, call(5, "initialize", &json!({"protocolVersion": VERSION}))).await.status,
        200
    );
    let large = post(&app, &headers, call(6, "probe/large", &json!({}))).await;
    assert_eq!(large.json()["result"]["text"].as_str().unwrap().len(), 1 << 20);
    let answer = post(&app, &headers, r#"{"jsonrpc":"2.0","method":"notifications/own"}"#).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, ""));
    eventually("the service is told", || *probe.told.lock().unwrap() == ["notifications/own"]).await;
    let asked = probe.asked.lock().unwrap();
    let client = &asked[0].client;
    assert_eq!(
        (client.version.as_str(), &client.capabilities["own"], &client.info["name"]),
        (VERSION, &json!(1), &json!("t"))
    );
    assert!(
        !client.conversation.is_empty() && client.conversation != session,
        "the session's id is a secret"
    );
}

#[tokio::test]
async fn the_log_level_of_the_session_comes_with_the_requests_that_log() {
    let (probe, app) = app();
    let session = initialize(&app, VERSION, json!({})).await;
    let headers = [("mcp-session-id", session.as_str())];
    post(&app, &headers, call(1, "tools/call", &json!({"name": "t"}))).await;
    assert_eq!(
        post(&app, &headers, call(2, "logging/setLevel", &json!({"level": "error"}))).await.json()["result"],
        json!({})
    );
    assert_eq!(
        post(&app, &headers, call(3, "logging/setLevel", &json!({"level": "loud"}))).await.code(),
        -32602
    );
    post(&app, &headers, call(4, "tools/call", &json!({"name": "t", "_meta": {"own": 1}}))).await;
    let asked = probe.asked.lock().unwrap();
    let params: Vec<Value> = asked.iter().map(|asked| serde_json::from_str(&asked.params).unwrap()).collect();
    assert_eq!(params[0]["_meta"], json!({"io.modelcontextprotocol/logLevel": "info"}));
    assert_eq!(params[1]["_meta"], json!({"own": 1, "io.modelcontextprotocol/logLevel": "error"}));
}

#[tokio::test]
async fn what_the_service_wants_to_know_is_asked_on_the_stream_of_the_request() {
    let (_, app) = app();
    let session = initialize(&app, VERSION, json!({"elicitation": {}, "sampling": {}})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let ask = json!({
        "name": {"method": "elicitation/create", "params": {"message": "?", "own": 1}},
        "text": {"method": "sampling/createMessage", "params": {"messages": []}},
    });
    let mut events =
        stream(&app, request("POST", &headers, call(7, "probe/ask", &json!({"ask": ask})))).await;
    let mut questions = [events.next().await.unwrap().1, events.next().await.unwrap().1];
    questions.sort_by_key(|question| question["method"].as_str().unwrap().to_owned());
    assert_eq!(
        (&questions[0]["method"], &questions[0]["params"]["own"]),
        (&json!("elicitation/create"), &json!(1))
    );
    assert_eq!(questions[1]["method"], "sampling/createMessage");
    for (question, answer) in
        questions.iter().zip([json!({"action": "accept", "content": {"n": 1.5}}), json!({"role": "x"})])
    {
        let body = json!({"jsonrpc": "2.0", "id": question["id"], "result": answer}).to_string();
        assert_eq!(post(&app, &headers, body).await.status, 202);
    }
    let (_, last) = events.next().await.unwrap();
    assert_eq!((&last["id"], &last["result"]["state"]), (&json!(7), &json!("s")));
    assert_eq!(
        last["result"]["got"],
        json!({"name": {"action": "accept", "content": {"n": 1.5}}, "text": {"role": "x"}})
    );
    assert!(events.next().await.is_none());
    // An answer that nobody waits for is none of our business.
    assert_eq!(post(&app, &headers, r#"{"jsonrpc":"2.0","id":99,"result":{}}"#).await.status, 202);
}

#[tokio::test]
async fn a_client_that_cannot_be_asked_or_will_not_answer_ends_the_request() {
    let (_, app) = app();
    let session = initialize(&app, VERSION, json!({"elicitation": {}, "sampling": {}})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let ask = |method: &str| call(1, "probe/ask", &json!({"ask": {"a": {"method": method}}}));
    let answer = post(&app, &headers, ask("roots/list")).await;
    assert_eq!(
        (answer.code(), &answer.json()["error"]["data"]["requiredCapabilities"]),
        (-32021, &json!({"roots": {}}))
    );
    assert_eq!(post(&app, &headers, ask("tools/call")).await.code(), -32603);
    for (method, outcome) in
        [("elicitation/create", json!({"a": {"action": "cancel"}})), ("sampling/createMessage", json!(-1))]
    {
        let mut events = stream(&app, request("POST", &headers, ask(method))).await;
        let (_, question) = events.next().await.unwrap();
        let body = json!({"jsonrpc": "2.0", "id": question["id"], "error": {"code": -1, "message": "no"}})
            .to_string();
        post(&app, &headers, body).await;
        let (_, last) = events.next().await.unwrap();
        assert!(last["result"]["got"] == outcome || last["error"]["code"] == outcome, "{last}");
    }
}

#[tokio::test]
async fn a_broken_stream_is_taken_up_where_it_broke() {
    let (_, app) = app();
    let session = initialize(&app, VERSION, json!({})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let mut events =
        stream(&app, request("POST", &headers, call(1, "probe/many", &json!({"n": 6, "pause": 50})))).await;
    let (id, first) = events.next().await.unwrap();
    assert_eq!(first["params"]["progress"], 0);
    drop(events);
    let mut again = stream(&app, request("GET", &[headers[0], ("last-event-id", &id)], "")).await;
    for n in 1..6 {
        assert_eq!(again.next().await.unwrap().1["params"]["progress"], n);
    }
    assert_eq!(again.next().await.unwrap().1["result"]["done"], true);
    assert!(again.next().await.is_none());
    for unknown in ["77-1", "nonsense", "1-x", ""] {
        let answer = send(&app, request("GET", &[headers[0], ("last-event-id", unknown)], "")).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, -32600), "{unknown}");
    }
}

#[tokio::test]
async fn only_saying_so_cancels() {
    let (probe, app) = app();
    let session = initialize(&app, VERSION, json!({})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let events = stream(&app, request("POST", &headers, call(1, "probe/hang", &json!({"loud": true})))).await;
    drop(events);
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert_eq!(probe.running(), 1, "the connection broke, the request goes on");
    let twice = post(&app, &headers, call(1, "probe/echo", &json!({}))).await;
    assert_eq!(twice.code(), -32600, "its id is taken");
    for id in [json!(2), json!("1"), json!(null), json!(1)] {
        let params = json!({"requestId": id, "reason": "tired"});
        let body =
            json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": params}).to_string();
        assert_eq!(probe.running(), 1);
        assert_eq!(post(&app, &headers, body).await.status, 202);
    }
    eventually("the request is dropped", || probe.running() == 0).await;
    assert_eq!(post(&app, &headers, call(1, "probe/echo", &json!({}))).await.status, 200);
}

#[tokio::test]
async fn what_belongs_to_no_request_is_told_on_the_stream_of_a_get() {
    let (probe, app) = app();
    let session = initialize(&app, VERSION, json!({})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let mut events = stream(&app, request("GET", &headers, "")).await;
    let (_, first) = events.next().await.unwrap();
    assert_eq!(first["method"], "notifications/prompts/list_changed");
    let (id, second) = events.next().await.unwrap();
    assert_eq!(
        (&second["method"], &second["params"]["x"]),
        (&json!("notifications/tools/list_changed"), &json!(2))
    );
    drop(events);
    assert_eq!(
        post(&app, &headers, call(1, "resources/subscribe", &json!({"uri": "a://b"}))).await.json()["result"],
        json!({})
    );
    assert_eq!(post(&app, &headers, call(2, "resources/subscribe", &json!({}))).await.code(), -32602);
    eventually("one subscription is left", || probe.asked.lock().unwrap().len() == 2 && probe.running() == 1)
        .await;
    let filter = probe.asked.lock().unwrap()[1].params.clone();
    assert_eq!(
        serde_json::from_str::<Value>(&filter).unwrap()["notifications"]["resourceSubscriptions"],
        json!(["a://b"])
    );
    let mut again = stream(&app, request("GET", &[headers[0], ("last-event-id", &id)], "")).await;
    assert_eq!(again.next().await.unwrap().1["params"]["uri"], "b://c");
    let mut other = stream(&app, request("GET", &headers, "")).await;
    post(&app, &headers, call(3, "resources/subscribe", &json!({"uri": "c://d"}))).await;
    assert_eq!(other.next().await.unwrap().1["method"], "notifications/prompts/list_changed");
    while again.next().await.is_some() {}
    assert_eq!(send(&app, request("DELETE", &headers, "")).await.status, 204);
    while other.next().await.is_some() {}
    eventually("nobody listens", || probe.running() == 0).await;
}

#[tokio::test]
async fn batches_are_a_matter_of_one_version() {
    let (_, app) = app();
    let batch = format!(
        "[{},{},{},{}]",
        call(1, "probe/echo", &json!({"a": 1})),
        r#"{"jsonrpc":"2.0","method":"notifications/own"}"#,
        call(2, "probe/error", &json!({"code": 5})),
        call(3, "ping", &json!({}))
    );
    for version in ["2024-11-05", "2025-06-18", "2025-11-25"] {
        let session = initialize(&app, version, json!({})).await;
        let answer = post(&app, &[("mcp-session-id", &session)], batch.clone()).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, -32600));
    }
    let session = initialize(&app, "2025-03-26", json!({})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let answers = post(&app, &headers, batch).await.json();
    assert_eq!(answers.as_array().unwrap().len(), 3);
    assert_eq!((&answers[0]["id"], &answers[0]["result"]["was"]["a"]), (&json!(1), &json!(1)));
    assert_eq!((&answers[1]["error"]["code"], &answers[2]["result"]), (&json!(5), &json!({})));
    let loud =
        format!("[{},{}]", call(1, "probe/many", &json!({"n": 2})), call(2, "probe/many", &json!({"n": 2})));
    let answer = post(&app, &headers, loud).await;
    assert_eq!((answer.events().len(), answer.events()[4].as_array().unwrap().len()), (5, 2));
    let silent = r#"[{"jsonrpc":"2.0","method":"notifications/own"}]"#;
    assert_eq!(post(&app, &headers, silent).await.status, 202);
    for (bad, code) in [("[]", -32600), ("[[]]", -32600), ("[1]", -32600)] {
        assert_eq!(post(&app, &headers, bad).await.code(), code, "{bad}");
    }
    let crowd = format!("[{}1]", "1,".repeat(60));
    let answer = post(&app, &headers, crowd).await;
    assert!(answer.body.contains("`[clients] batch_max`"), "{}", answer.body);
}

#[tokio::test]
async fn tasks_are_told_in_their_older_form() {
    let probe = Arc::new(Probe::default());
    let app = router(probe.clone(), Options::default());
    let session = initialize(&app, VERSION, json!({"roots": {}})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let plain = post(&app, &headers, call(1, "tools/call", &json!({"name": "task"}))).await.json();
    assert!(plain["result"].get("task").is_none(), "who did not ask for a task gets none");
    let made = post(&app, &headers, call(2, "tools/call", &json!({"name": "task", "task": {"ttl": 9}})))
        .await
        .json();
    assert_eq!(made["result"]["task"], json!({"taskId": "t", "status": "working", "ttl": 9}));
    let id = json!({"taskId": "t"});
    let shown = json!({"taskId": "t", "status": "working", "ttl": 9, "pollInterval": 100});
    assert_eq!(post(&app, &headers, call(3, "tasks/get", &id)).await.json()["result"], shown);
    assert_eq!(post(&app, &headers, call(4, "tasks/cancel", &id)).await.json()["result"], shown);
    let mut events = stream(&app, request("POST", &headers, call(5, "tasks/result", &id))).await;
    let (_, question) = events.next().await.unwrap();
    assert_eq!(question["method"], "roots/list");
    let answer = json!({"jsonrpc": "2.0", "id": question["id"], "result": {"roots": [1]}}).to_string();
    post(&app, &headers, answer).await;
    let (_, last) = events.next().await.unwrap();
    let meta = json!({"io.modelcontextprotocol/related-task": {"taskId": "t"}});
    assert_eq!(last["result"], json!({"content": [], "got": {"k": {"roots": [1]}}, "_meta": meta}));
}
