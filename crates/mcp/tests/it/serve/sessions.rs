//! How sessions begin, whose they are, and that they end.

use std::sync::Arc;

use mcp::serve::{Credential, Endpoint, Options};
use serde_json::json;

use super::support::{Probe, call, eventually, initialize, post, request, send, stream};

fn initialize_body() -> String {
    call(
        0,
        "initialize",
        &json!({"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "t"}}),
    )
}

#[tokio::test]
async fn a_day_of_clients_that_never_say_goodbye_ends_as_it_began() {
    const CLIENTS: usize = 10_000;
    let probe = Arc::new(Probe::default());
    let options = Options { session_idle_seconds_max: 1, sessions_max: CLIENTS, ..Options::default() };
    let endpoint = Endpoint::new(probe.clone(), options);
    let app = endpoint.router();
    let mut kept = None;
    for n in 0..CLIENTS {
        let session = initialize(&app, "2025-06-18", json!({})).await;
        match n {
            // One keeps listening and asking, a few begin to listen and go.
            0 => {
                kept =
                    Some((stream(&app, request("GET", &[("mcp-session-id", &session)], "")).await, session))
            }
            1..10 => drop(stream(&app, request("GET", &[("mcp-session-id", &session)], "")).await),
            _ => {}
        }
    }
    let (mut listening, session) = kept.unwrap();
    eventually("one session is left", || endpoint.sessions() == 1).await;
    eventually("the service knows", || probe.ended.lock().unwrap().len() == CLIENTS - 1).await;
    let distinct: std::collections::HashSet<_> = probe.ended.lock().unwrap().iter().cloned().collect();
    assert_eq!(distinct.len(), CLIENTS - 1);
    eventually("one subscription is left", || probe.running() == 1).await;
    listening.next().await.unwrap();
    assert_eq!(post(&app, &[("mcp-session-id", &session)], call(1, "ping", &json!({}))).await.status, 200);
    drop(listening);
    eventually("no session is left", || endpoint.sessions() == 0).await;
    assert_eq!(post(&app, &[("mcp-session-id", &session)], call(1, "ping", &json!({}))).await.status, 404);
    eventually("the service knows", || probe.ended.lock().unwrap().len() == CLIENTS && probe.running() == 0)
        .await;
}

#[tokio::test]
async fn a_session_is_there_for_the_credential_that_opened_it() {
    let probe = Arc::new(Probe::default());
    let endpoint = Endpoint::new(probe.clone(), Options::default());
    let app = endpoint.router();
    let sent = async |method: &str, session: &str, credential: Option<&str>, body: String| {
        let headers: &[(&str, &str)] = if session.is_empty() { &[] } else { &[("mcp-session-id", session)] };
        let mut request = request(method, headers, body);
        if let Some(credential) = credential {
            request.extensions_mut().insert(Credential(credential.into()));
        }
        send(&app, request).await
    };
    let opened = sent("POST", "", Some("a"), initialize_body()).await;
    let session = opened.headers["mcp-session-id"].to_str().unwrap().to_owned();
    for stranger in [None, Some("b"), Some(""), Some("A")] {
        for method in ["POST", "GET", "DELETE"] {
            let answer = sent(method, &session, stranger, call(1, "ping", &json!({}))).await;
            assert_eq!(answer.status, 404, "{method} {stranger:?}");
            let unknown = sent(method, "never-there", stranger, call(1, "ping", &json!({}))).await;
            assert_eq!(
                (answer.status, answer.body),
                (unknown.status, unknown.body),
                "nobody learns that it is there"
            );
        }
    }
    assert_eq!(sent("POST", &session, Some("a"), call(1, "ping", &json!({}))).await.status, 200);
    assert_eq!(sent("DELETE", &session, Some("a"), String::new()).await.status, 204);
    assert_eq!(sent("POST", &session, Some("a"), call(1, "ping", &json!({}))).await.status, 404);
    assert_eq!((endpoint.sessions(), probe.ended.lock().unwrap().len()), (0, 1));
}

#[tokio::test]
async fn nobody_pushes_out_the_sessions_of_others() {
    let probe = Arc::new(Probe::default());
    let endpoint = Endpoint::new(probe.clone(), Options { sessions_max: 3, ..Options::default() });
    let app = endpoint.router();
    let open = async |credential: &str| {
        let mut request = request("POST", &[], initialize_body());
        request.extensions_mut().insert(Credential(credential.into()));
        send(&app, request).await
    };
    let id = |answer: &super::support::Answer| answer.headers["mcp-session-id"].to_str().unwrap().to_owned();
    let ping = async |session: &str, credential: &str| {
        let mut request = request("POST", &[("mcp-session-id", session)], call(1, "ping", &json!({})));
        request.extensions_mut().insert(Credential(credential.into()));
        send(&app, request).await.status.as_u16()
    };
    let (first, second) = (id(&open("a").await), id(&open("a").await));
    let third = id(&open("b").await);
    tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    assert_eq!(ping(&first, "a").await, 200);
    let refused = open("c").await;
    assert_eq!((refused.status.as_u16(), refused.code()), (429, 429));
    assert!(refused.body.contains("`[clients] sessions_max`"), "{}", refused.body);
    // The one of the same credential that was idle longest makes room.
    let fourth = id(&open("a").await);
    assert_eq!((ping(&first, "a").await, ping(&second, "a").await), (200, 404));
    assert_eq!((ping(&third, "b").await, ping(&fourth, "a").await), (200, 200));
    eventually("the service knows", || probe.ended.lock().unwrap().len() == 1).await;
    endpoint.close().await;
    assert_eq!((endpoint.sessions(), probe.ended.lock().unwrap().len()), (0, 4));
}

#[tokio::test]
async fn a_session_that_works_is_not_idle_and_has_a_share() {
    let probe = Arc::new(Probe::default());
    let options = Options { session_idle_seconds_max: 1, requests_at_once_max: 2, ..Options::default() };
    let endpoint = Endpoint::new(probe.clone(), options);
    let app = endpoint.router();
    let session = initialize(&app, "2025-06-18", json!({})).await;
    let headers = [("mcp-session-id", session.as_str())];
    let first = stream(&app, request("POST", &headers, call(1, "probe/hang", &json!({"loud": true})))).await;
    let second = stream(&app, request("POST", &headers, call(2, "probe/hang", &json!({"loud": true})))).await;
    let third = post(&app, &headers, call(3, "probe/echo", &json!({}))).await;
    assert!(third.body.contains("requests_at_once_max"), "{}", third.body);
    drop((first, second));
    tokio::time::sleep(std::time::Duration::from_millis(1_600)).await;
    assert_eq!((endpoint.sessions(), probe.running()), (1, 2));
    assert_eq!(send(&app, request("DELETE", &headers, "")).await.status, 204);
    eventually("what ran is dropped", || probe.running() == 0).await;
}

#[tokio::test]
async fn what_a_client_says_about_itself_has_an_end() {
    let endpoint = Endpoint::new(Arc::new(Probe::default()), Options::default());
    let app = endpoint.router();
    let params = json!({"protocolVersion": "2025-06-18", "clientInfo": {"name": "x".repeat(100_000)}});
    let answer = post(&app, &[], call(0, "initialize", &params)).await;
    assert_eq!((answer.status.as_u16(), answer.code(), endpoint.sessions()), (429, 429, 0));
    assert!(answer.body.contains("`[clients] client_bytes_max`"), "{}", answer.body);
}
