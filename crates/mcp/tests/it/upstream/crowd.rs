//! Many at once, and nobody for a long time.

use std::sync::atomic::{AtomicUsize, Ordering};

use domain::server::{ServerLimits, Sharing};
use mcp::upstream::{State, UpstreamError};
use serde_json::json;

use super::support::{Scripted, ask, call, client, eventually, limits, over_pipe, request, start, value};

fn echo() -> std::sync::Arc<Scripted> {
    Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        while let Some(request) = peer.heard().await {
            peer.answer(&request, json!({"content": [], "name": request["params"]["name"]})).await;
        }
    })
}

#[tokio::test]
async fn many_callers_share_one_child_and_each_gets_its_own_answer() {
    let server = echo();
    let upstream = over_pipe(server.clone(), limits(), Sharing::Shared);
    let calls = (0..200).map(|nth| {
        let upstream = upstream.clone();
        async move {
            let who = client(&format!("c{}", nth % 7));
            let name = format!("tool-{nth}");
            let result = ask(&upstream, &who, "tools/call", json!({"name": name})).await.unwrap();
            assert_eq!(result["name"], name);
        }
    });
    futures::future::join_all(calls).await;
    assert_eq!(server.started.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn only_so_many_are_asked_at_once_and_others_wait_their_turn() {
    static MOST: AtomicUsize = AtomicUsize::new(0);
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        let mut waiting = Vec::new();
        loop {
            let quiet = std::time::Duration::from_millis(100);
            match tokio::time::timeout(quiet, peer.heard()).await {
                Ok(Some(request)) => waiting.push(request),
                Ok(None) => return,
                Err(_) => {
                    MOST.fetch_max(waiting.len(), Ordering::SeqCst);
                    for request in std::mem::take(&mut waiting) {
                        peer.answer(&request, json!({"content": []})).await;
                    }
                }
            }
        }
    });
    let limits = ServerLimits { calls_at_once_max: 3, ..limits() };
    let upstream = over_pipe(server, limits, Sharing::Shared);
    let results = futures::future::join_all((0..7).map(|_| call(&upstream, "t"))).await;
    assert!(results.iter().all(Result::is_ok));
    assert_eq!(MOST.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn the_same_progress_token_of_two_clients_is_kept_apart() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        let first = peer.expect("tools/call").await;
        let second = peer.expect("tools/call").await;
        for request in [&first, &second] {
            let token = &request["params"]["_meta"]["progressToken"];
            let params = json!({"progressToken": token, "message": request["params"]["name"], "progress": 1});
            peer.say(json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": params})).await;
            peer.answer(request, json!({"content": []})).await;
        }
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let mut calls = Vec::new();
    for who in ["one", "two"] {
        let params = json!({"name": who, "_meta": {"progressToken": "t"}});
        calls.push((who, start(&upstream, request(&client(who), "tools/call", params))));
    }
    for (who, (call, mut inbox)) in calls {
        call.await.unwrap().unwrap();
        let told = value(&inbox.recv().await.unwrap().params.unwrap());
        assert_eq!(told, json!({"progressToken": "t", "message": who, "progress": 1}));
    }
}

#[tokio::test]
async fn what_nobody_uses_is_freed_and_comes_back_when_needed() {
    let server = echo();
    let limits = ServerLimits { idle_seconds_max: 1, ..limits() };
    let upstream = over_pipe(server.clone(), limits, Sharing::PerClient);
    for nth in 0..20 {
        ask(&upstream, &client(&format!("c{nth}")), "tools/call", json!({"name": "t"})).await.unwrap();
    }
    eventually("all children are gone", || server.killed.load(Ordering::SeqCst) == 20).await;
    assert_eq!((upstream.status().state, upstream.status().sessions), (State::Idle, 0));
    call(&upstream, "t").await.unwrap();
    assert_eq!(server.started.load(Ordering::SeqCst), 21);
}

#[tokio::test]
async fn closing_ends_everything_and_dropping_does_too() {
    let server = echo();
    let upstream = over_pipe(server.clone(), limits(), Sharing::Shared);
    call(&upstream, "t").await.unwrap();
    upstream.close().await;
    assert!(matches!(call(&upstream, "t").await, Err(UpstreamError::Unavailable(_))));
    assert_eq!(upstream.status().state, State::Closed);
    eventually("the child is gone", || server.killed.load(Ordering::SeqCst) == 1).await;

    let upstream = over_pipe(server.clone(), limits(), Sharing::Shared);
    call(&upstream, "t").await.unwrap();
    drop(upstream);
    eventually("the second child is gone", || server.killed.load(Ordering::SeqCst) == 2).await;
}
