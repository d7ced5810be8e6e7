//! Clients of 2026-07-28 over HTTP.

use std::sync::Arc;

use mcp::serve::{Credential, Options, router};
use serde_json::json;

use super::support::{Probe, VERSION, eventually, meta, modern, modern_headers, post, request, send, stream};

#[tokio::test]
async fn a_plain_request_is_one_body_and_nothing_is_lost() {
    let probe = Arc::new(Probe::default());
    let app = router(probe.clone(), Options::default());
    let params =
        r#"{"name" : "x", "own":[1.0, 2e5,"\u00e9"],"_meta":META}"#.replace("META", &meta().to_string());
    for id in ["1", "0", "-1", "12345678901234567890123", r#""a\u0062""#, r#""""#, r#""1""#] {
        let body =
            format!(r#"{{"params":{params},"id": {id} ,"method":"probe\/echo","jsonrpc":"2.0","extra":1}}"#);
        let answer = post(&app, &modern_headers("probe/echo"), body).await;
        assert_eq!(answer.headers["content-type"], "application/json");
        let wanted = format!(
            r#"{{"jsonrpc":"2.0","id":{id},"result":{{"resultType":"complete","was": {params} , "n":1.0}}}}"#
        );
        assert_eq!(answer.body, wanted);
    }
    let asked = probe.asked.lock().unwrap();
    assert_eq!(asked[0].params, params);
    assert_eq!(asked[0].client.info["own"], 7);
    assert!(asked[0].client.capabilities.get("own/thing").is_some());
}

#[tokio::test]
async fn discovery_is_the_services_and_the_versions_are_ours() {
    let app = router(Arc::new(Probe::default()), Options::default());
    let result = modern(&app, "server/discover", json!({})).await.json()["result"].clone();
    assert_eq!(result["supportedVersions"], json!([VERSION]));
    assert_eq!(result["capabilities"]["x/own"]["kept"], 1);
    assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"]["extra"], true);
    assert_eq!(
        (&result["resultType"], &result["ttlMs"], &result["cacheScope"]),
        (&json!("complete"), &json!(0), &json!("private"))
    );
}

#[tokio::test]
async fn errors_keep_their_code_and_get_the_status_of_the_specification() {
    let app = router(Arc::new(Probe::default()), Options::default());
    for (code, status) in [(-32602, 200), (-32603, 200), (7, 200), (-32601, 404), (-32021, 400)] {
        let answer = modern(&app, "probe/error", json!({"code": code})).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (status, code));
        assert_eq!(answer.json()["error"]["data"], json!([1]));
    }
    for method in ["initialize", "ping", "logging/setLevel", "resources/subscribe", "own/unknown"] {
        let answer = modern(&app, method, json!({})).await;
        assert_eq!(
            (answer.status.as_u16(), answer.code(), &answer.json()["id"]),
            (404, -32601, &json!(1)),
            "{method}"
        );
    }
}

#[tokio::test]
async fn what_is_told_before_the_answer_makes_a_stream() {
    let app = router(Arc::new(Probe::default()), Options::default());
    let answer = modern(&app, "probe/many", json!({"n": 200})).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["x-accel-buffering"]),
        (200, &http::HeaderValue::from_static("no"))
    );
    let events = answer.events();
    assert_eq!(events.len(), 201);
    assert!((0..200).all(|n| events[n]["params"]["progress"] == n));
    assert_eq!(events[200]["result"]["done"], true);
    assert!(!answer.body.contains("id: "), "streams of this era are not resumable");
    let pretty = modern(&app, "probe/pretty", json!({})).await;
    assert_eq!(pretty.json()["result"]["text"], "a\nb");
}

#[tokio::test]
async fn going_away_cancels() {
    let probe = Arc::new(Probe::default());
    let app = router(probe.clone(), Options::default());
    let body =
        json!({"jsonrpc": "2.0", "id": 1, "method": "probe/hang", "params": {"loud": true, "_meta": meta()}});
    let mut loud = stream(&app, request("POST", &modern_headers("probe/hang"), body.to_string())).await;
    assert_eq!(loud.next().await.unwrap().1["method"], "notifications/progress");
    assert_eq!(probe.running(), 1);
    drop(loud);
    eventually("the request is dropped", || probe.running() == 0).await;

    let silent = tokio::spawn({
        let app = app.clone();
        async move { modern(&app, "probe/hang", json!({})).await }
    });
    eventually("the request runs", || probe.running() == 1).await;
    silent.abort();
    eventually("the request is dropped", || probe.running() == 0).await;
}

#[tokio::test]
async fn quiet_streams_show_that_they_live() {
    let app = router(Arc::new(Probe::default()), Options { keep_alive_seconds: 1, ..Options::default() });
    let answer = modern(&app, "probe/many", json!({"n": 1, "pause": 2500})).await;
    assert!(answer.body.contains("\n:\n\n") || answer.body.starts_with(":\n\n"), "{}", answer.body);
    assert_eq!(answer.events().len(), 2);
}

#[tokio::test]
async fn a_subscription_is_acknowledged_filtered_and_marked_with_its_id() {
    let probe = Arc::new(Probe::default());
    let endpoint = mcp::serve::Endpoint::new(probe.clone(), Options::default());
    let app = endpoint.router();
    let filter = json!({"toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["a://b"], "own": 1});
    let params = json!({"notifications": filter, "_meta": meta()});
    let body = json!({"jsonrpc": "2.0", "id": "sub-1", "method": "subscriptions/listen", "params": params});
    let mut events =
        stream(&app, request("POST", &modern_headers("subscriptions/listen"), body.to_string())).await;
    let marked = json!({"io.modelcontextprotocol/subscriptionId": "sub-1"});
    let (_, first) = events.next().await.unwrap();
    assert_eq!(first["method"], "notifications/subscriptions/acknowledged");
    // The probe offers no changes of prompts.
    assert_eq!(
        first["params"],
        json!({"notifications": {"toolsListChanged": true, "resourceSubscriptions": ["a://b"]}, "_meta": marked})
    );
    let (_, second) = events.next().await.unwrap();
    assert_eq!(second["method"], "notifications/tools/list_changed");
    assert_eq!(
        second["params"],
        json!({"_meta": {"own": 1, "io.modelcontextprotocol/subscriptionId": "sub-1"}, "x": 2})
    );
    let (_, third) = events.next().await.unwrap();
    assert_eq!(third["params"], json!({"uri": "a://b", "_meta": marked}));
    endpoint.close().await;
    let (_, last) = events.next().await.unwrap();
    assert_eq!((&last["id"], &last["result"]["_meta"]), (&json!("sub-1"), &marked));
    assert!(events.next().await.is_none());
    drop(events);
    eventually("the subscription is dropped", || probe.running() == 0).await;
}

#[tokio::test]
async fn a_client_is_the_credential_it_was_let_in_with_and_has_a_share() {
    let probe = Arc::new(Probe::default());
    let app = router(probe.clone(), Options { requests_at_once_max: 2, ..Options::default() });
    let hang = |credential: &str| {
        let body = json!({"jsonrpc": "2.0", "id": 1, "method": "probe/hang", "params": {"loud": true, "_meta": meta()}});
        let mut request = request("POST", &modern_headers("probe/hang"), body.to_string());
        request.extensions_mut().insert(Credential(credential.into()));
        request
    };
    let (_first, second) = (stream(&app, hang("a")).await, stream(&app, hang("a")).await);
    let third = send(&app, hang("a")).await;
    assert_eq!((third.status.as_u16(), third.code()), (429, 429));
    assert!(third.body.contains("requests_at_once_max"));
    let _other = stream(&app, hang("b")).await;
    drop(second);
    eventually("a place is free", || probe.running() == 2).await;
    let _again = stream(&app, hang("a")).await;
    let asked = probe.asked.lock().unwrap();
    assert_eq!(
        asked.iter().map(|asked| asked.client.conversation.as_str()).collect::<Vec<_>>(),
        ["a", "a", "b", "a"]
    );
}

#[tokio::test]
async fn notifications_are_accepted_and_other_ways_in_are_none() {
    let probe = Arc::new(Probe::default());
    let app = router(probe.clone(), Options::default());
    let body =
        json!({"jsonrpc": "2.0", "method": "notifications/own", "params": {"_meta": meta()}}).to_string();
    let answer = post(&app, &modern_headers("notifications/own"), body).await;
    assert_eq!((answer.status.as_u16(), answer.body.as_str()), (202, ""));
    assert_eq!(*probe.told.lock().unwrap(), ["notifications/own"]);
    for method in ["GET", "DELETE"] {
        let answer = send(&app, request(method, &[("mcp-protocol-version", VERSION)], "")).await;
        assert_eq!(
            (answer.status.as_u16(), &answer.headers["allow"]),
            (405, &http::HeaderValue::from_static("POST"))
        );
    }
    assert_eq!(send(&app, request("PUT", &[], "")).await.status, 405);
}
