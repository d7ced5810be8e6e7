//! Both eras over stdio: what goes out, and what comes of it.

use domain::server::Sharing;
use mcp::exchange::Outbox;
use mcp::upstream::State;
use serde_json::json;

use super::support::{
    Scripted, ask, call, client, client_with, limits, over_pipe, raw_request, request, start, value,
};

#[tokio::test]
async fn a_modern_server_gets_nearly_what_the_client_wrote() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        let request = peer.expect("x/unknown").await;
        assert_eq!(request["params"]["future"], json!({"a": [1.5, null]}));
        let meta = &request["params"]["_meta"];
        assert_eq!(meta["io.modelcontextprotocol/protocolVersion"], "2026-07-28");
        assert_eq!(meta["io.modelcontextprotocol/clientInfo"]["name"], "tester");
        assert_eq!(meta["io.modelcontextprotocol/clientCapabilities"]["sampling"], json!({}));
        assert_eq!(meta["traceparent"], "00-1");
        peer.raw(&format!(
            "{{\"jsonrpc\":\"2.0\",\"id\":{},\"result\":{{ \"n\":1.50,\"resultType\":\"complete\" }}}}\n",
            request["id"]
        ))
        .await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let params = r#"{"future":{"a":[1.50,null]},"_meta":{"traceparent":"00-1"}}"#;
    let result = upstream.request(raw_request(&client("one"), "x/unknown", params), Outbox::closed()).await;
    assert_eq!(result.unwrap().get(), r#"{ "n":1.50,"resultType":"complete" }"#);
    let status = upstream.status();
    assert_eq!((status.state, status.version, status.sessions), (State::Connected, Some("2026-07-28"), 1));
    assert_eq!(status.server_info["name"], "new");
}

#[tokio::test]
async fn a_legacy_server_gets_what_it_understands_and_its_results_are_completed() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet_legacy(json!({"tools": {}, "logging": {}})).await;
        let level = peer.expect("logging/setLevel").await;
        assert_eq!(level["params"]["level"], "warning");
        peer.answer(&level, json!({})).await;
        let request = peer.expect("tools/call").await;
        let meta = &request["params"]["_meta"];
        assert_eq!(meta["traceparent"], "00-1");
        assert_eq!(meta["progressToken"], request["id"]);
        assert_eq!(meta.as_object().unwrap().len(), 2, "{meta}");
        let log = |level: &str| json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": level, "data": 1}});
        peer.say(log("info")).await;
        peer.say(log("error")).await;
        let progress = json!({"progressToken": request["id"], "progress": 1});
        peer.say(json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress})).await;
        peer.answer(&request, json!({"content": []})).await;
        let request = peer.expect("tools/list").await;
        peer.answer(&request, json!({"tools": []})).await;
        let request = peer.expect("resources/read").await;
        peer.fail(&request, -32002, "no such thing").await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let discovery = upstream.discovery("one").await.unwrap();
    assert_eq!(discovery.result["supportedVersions"], json!(["2025-11-25"]));
    assert_eq!(discovery.result["_meta"]["io.modelcontextprotocol/serverInfo"]["name"], "old");
    let params = json!({"name": "t", "_meta": {
        "traceparent": "00-1",
        "progressToken": "mine",
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities": {},
        "io.modelcontextprotocol/logLevel": "warning",
    }});
    let (result, mut inbox) = start(&upstream, request(&client("one"), "tools/call", params));
    assert_eq!(result.await.unwrap().unwrap(), json!({"resultType": "complete", "content": []}));
    let told = inbox.recv().await.unwrap();
    assert_eq!(value(&told.params.unwrap())["level"], "error");
    let told = inbox.recv().await.unwrap();
    assert_eq!(value(&told.params.unwrap()), json!({"progressToken": "mine", "progress": 1}));
    assert!(inbox.recv().await.is_none());
    let list = ask(&upstream, &client("one"), "tools/list", json!({})).await.unwrap();
    assert_eq!(list, json!({"resultType": "complete", "ttlMs": 0, "cacheScope": "private", "tools": []}));
    let error = ask(&upstream, &client("one"), "resources/read", json!({"uri": "x:y"})).await.unwrap_err();
    assert!(matches!(error, mcp::upstream::UpstreamError::Rpc(error) if error.code == -32602));
}

#[tokio::test]
async fn a_legacy_server_that_is_silent_about_the_unknown_is_greeted_all_the_same() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.expect("server/discover").await;
        let request = peer.expect("initialize").await;
        peer.answer(&request, json!({"protocolVersion": "2024-11-05", "capabilities": {}, "serverInfo": {}}))
            .await;
        // The notice that nobody waits for the first answer may come before or after this one.
        while peer.heard().await.is_some_and(|message| message["method"] != "tools/call") {}
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let discovery = upstream.discovery("one").await.unwrap();
    assert_eq!(discovery.result["supportedVersions"], json!(["2024-11-05"]));
}

#[tokio::test]
async fn a_legacy_server_that_ends_at_the_unknown_is_started_again() {
    let server = Scripted::new(|nth, mut peer| async move {
        if nth == 0 {
            peer.expect("server/discover").await;
            return;
        }
        let request = peer.expect("initialize").await;
        peer.answer(&request, json!({"protocolVersion": "2025-06-18", "capabilities": {}, "serverInfo": {}}))
            .await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let discovery = upstream.discovery("one").await.unwrap();
    assert_eq!(discovery.result["supportedVersions"], json!(["2025-06-18"]));
}

#[tokio::test]
async fn subscriptions_are_translated_for_legacy_servers() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet_legacy(json!({"resources": {"subscribe": true}, "tools": {"listChanged": true}})).await;
        let request = peer.expect("resources/subscribe").await;
        assert_eq!(request["params"], json!({"uri": "a:b"}));
        peer.answer(&request, json!({})).await;
        let updated = |uri: &str| json!({"jsonrpc": "2.0", "method": "notifications/resources/updated", "params": {"uri": uri}});
        // The acknowledgement is sent by the near end; wait until it asks for something to know it is there.
        let request = peer.expect("tools/call").await;
        peer.say(updated("c:d")).await;
        peer.say(updated("a:b")).await;
        peer.say(json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})).await;
        peer.answer(&request, json!({"content": []})).await;
        let request = peer.expect("resources/unsubscribe").await;
        peer.answer(&request, json!({})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server.clone(), limits(), Sharing::Shared);
    let mut events = upstream.events();
    let wanted = json!({"notifications": {
        "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["a:b"],
    }});
    let (listening, mut inbox) = start(&upstream, request(&client("one"), "subscriptions/listen", wanted));
    let told = inbox.recv().await.unwrap();
    assert_eq!(told.method, "notifications/subscriptions/acknowledged");
    assert_eq!(
        value(&told.params.unwrap())["notifications"],
        json!({"toolsListChanged": true, "resourceSubscriptions": ["a:b"]})
    );
    call(&upstream, "t").await.unwrap();
    let told = inbox.recv().await.unwrap();
    assert_eq!(value(&told.params.unwrap())["uri"], "a:b");
    assert_eq!(inbox.recv().await.unwrap().method, "notifications/tools/list_changed");
    assert_eq!(events.recv().await.unwrap().method, "notifications/resources/updated");
    drop(inbox);
    assert_eq!(listening.await.unwrap().unwrap()["resultType"], "complete");
}

#[tokio::test]
async fn tasks_of_a_legacy_server_take_the_form_of_the_extension() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet_legacy(json!({"tools": {}, "tasks": {"requests": {"tools": {"call": {}}}}})).await;
        let request = peer.expect("tools/list").await;
        let tool = json!({"name": "t", "inputSchema": {}, "execution": {"taskSupport": "required"}});
        peer.answer(&request, json!({"tools": [tool]})).await;
        let request = peer.expect("tools/call").await;
        assert_eq!(request["params"]["task"], json!({}));
        let task = |status: &str| json!({"taskId": "1", "status": status, "ttl": 5, "pollInterval": 7});
        peer.answer(&request, json!({"task": task("working")})).await;
        let request = peer.expect("tasks/get").await;
        peer.answer(&request, task("input_required")).await;
        let request = peer.expect("tasks/result").await;
        peer.say(
            json!({"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": {"message": "?"}}),
        )
        .await;
        let answer = peer.heard().await.unwrap();
        assert_eq!(answer, json!({"jsonrpc": "2.0", "id": "q", "result": {"action": "accept"}}));
        let cancelled = peer.expect("notifications/cancelled").await;
        assert_eq!(cancelled["params"]["requestId"], request["id"]);
        let request = peer.expect("tasks/get").await;
        peer.answer(&request, task("completed")).await;
        let request = peer.expect("tasks/result").await;
        peer.answer(&request, json!({"content": []})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let asker =
        client_with("one", json!({"elicitation": {}, "extensions": {"io.modelcontextprotocol/tasks": {}}}));
    ask(&upstream, &asker, "tools/list", json!({})).await.unwrap();
    let made = ask(&upstream, &asker, "tools/call", json!({"name": "t"})).await.unwrap();
    assert_eq!(
        (&made["resultType"], &made["ttlMs"], &made["pollIntervalMs"]),
        (&json!("task"), &json!(5), &json!(7))
    );
    let task = ask(&upstream, &asker, "tasks/get", json!({"taskId": "1"})).await.unwrap();
    let (key, question) = task["inputRequests"].as_object().unwrap().iter().next().unwrap();
    assert_eq!(question["params"]["message"], "?");
    let update = json!({"taskId": "1", "inputResponses": {key: {"action": "accept"}}});
    assert_eq!(
        ask(&upstream, &asker, "tasks/update", update).await.unwrap(),
        json!({"resultType": "complete"})
    );
    let task = ask(&upstream, &asker, "tasks/get", json!({"taskId": "1"})).await.unwrap();
    assert_eq!((&task["status"], &task["result"]), (&json!("completed"), &json!({"content": []})));
}
