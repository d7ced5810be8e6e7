//! Children that misbehave.

use std::sync::atomic::Ordering;
use std::time::Duration;

use domain::server::{ServerLimits, Sharing};
use mcp::upstream::{State, UpstreamError};
use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::support::{Scripted, call, client, eventually, limits, over_pipe, request, start};

#[tokio::test]
async fn one_that_hangs_costs_its_own_call_and_is_told() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        let hung = peer.expect("tools/call").await;
        let quick = peer.expect("tools/call").await;
        peer.answer(&quick, json!({"content": []})).await;
        let cancelled = peer.expect("notifications/cancelled").await;
        assert_eq!(cancelled["params"]["requestId"], hung["id"]);
        // Too late, and then once more.
        peer.answer(&hung, json!({"content": ["late"]})).await;
        peer.answer(&hung, json!({"content": ["late"]})).await;
        let next = peer.expect("tools/call").await;
        peer.answer(&next, json!({"content": ["next"]})).await;
        peer.answer(&next, json!({"content": ["twice"]})).await;
        peer.rest().await;
    });
    let limits = ServerLimits { call_ms_max: 1_500, ..limits() };
    let upstream = over_pipe(server, limits, Sharing::Shared);
    upstream.discovery("one").await.unwrap();
    let (hung, _inbox) = start(&upstream, request(&client("one"), "tools/call", json!({"name": "hang"})));
    eventually("the first call is under way", || upstream.status().calls_under_way == 1).await;
    assert_eq!(call(&upstream, "quick").await.unwrap()["content"], json!([]));
    let error = hung.await.unwrap().unwrap_err();
    assert!(matches!(error, UpstreamError::TimedOut { limit: "call_ms_max", .. }), "{error}");
    assert_eq!(call(&upstream, "next").await.unwrap()["content"], json!(["next"]));
    eventually("all are counted", || upstream.status().oddities.late_answers == 3).await;
}

#[tokio::test]
async fn a_request_that_is_dropped_is_cancelled() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        let dropped = peer.expect("tools/call").await;
        let cancelled = peer.expect("notifications/cancelled").await;
        assert_eq!(cancelled["params"]["requestId"], dropped["id"]);
        let next = peer.expect("tools/call").await;
        peer.answer(&next, json!({})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    upstream.discovery("one").await.unwrap();
    let (dropped, _inbox) = start(&upstream, request(&client("one"), "tools/call", json!({"name": "t"})));
    eventually("it is under way", || upstream.status().calls_under_way == 1).await;
    tokio::time::sleep(Duration::from_millis(50)).await;
    dropped.abort();
    assert!(dropped.await.unwrap_err().is_cancelled());
    call(&upstream, "next").await.unwrap();
}

#[tokio::test]
async fn one_that_dies_fails_its_calls_with_its_last_words_and_is_started_again() {
    let server = Scripted::new(|nth, mut peer| async move {
        peer.greet().await;
        let request = peer.expect("tools/call").await;
        if nth == 0 {
            peer.errors.write_all(b"out of cheese\n").await.unwrap();
            return;
        }
        peer.answer(&request, json!({"content": []})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let error = call(&upstream, "t").await.unwrap_err();
    assert!(error.to_string().contains("exit status: 0"), "{error}");
    call(&upstream, "t").await.unwrap();
    let status = upstream.status();
    assert_eq!((status.restarts, status.failures_in_a_row), (1, 0));
    assert!(status.stderr_tail.contains("out of cheese"));
}

#[tokio::test]
async fn one_that_says_nothing_but_garbage_is_given_up() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        peer.expect("tools/call").await;
        loop {
            peer.raw("la\n").await;
            tokio::task::yield_now().await;
        }
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let error = call(&upstream, "t").await.unwrap_err();
    assert!(matches!(error, UpstreamError::Protocol(_)), "{error}");
    assert_eq!(upstream.status().oddities.garbage, 1_000);
}

#[tokio::test]
async fn some_garbage_between_messages_does_no_harm() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        while let Some(request) = peer.heard().await {
            for _ in 0..300 {
                peer.raw("Handling a request...\n").await;
            }
            peer.answer(&request, json!({"content": []})).await;
        }
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    for _ in 0..5 {
        call(&upstream, "t").await.unwrap();
    }
    assert_eq!(upstream.status().oddities.garbage, 1_500);
}

#[tokio::test]
async fn a_line_without_end_is_cut_off() {
    let server = Scripted::new(|nth, mut peer| async move {
        peer.greet().await;
        let request = peer.expect("tools/call").await;
        if nth == 0 {
            loop {
                peer.raw(&"x".repeat(32 << 10)).await;
                tokio::task::yield_now().await;
            }
        }
        peer.answer(&request, json!({"content": []})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let error = call(&upstream, "t").await.unwrap_err();
    assert!(matches!(error, UpstreamError::TooLarge { bytes_max: 1_048_576 }), "{error}");
    assert!(error.to_string().contains("limits.message_bytes_max"));
    call(&upstream, "t").await.unwrap();
}

#[tokio::test]
async fn a_flood_of_notifications_is_bounded_and_the_answer_still_comes() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        let request = peer.expect("tools/call").await;
        let progress = json!({"progressToken": request["id"], "progress": 1, "message": "x".repeat(1_000)});
        let progress = json!({"jsonrpc": "2.0", "method": "notifications/progress", "params": progress});
        for _ in 0..3_000 {
            peer.say(progress.clone()).await;
            peer.say(json!({"jsonrpc": "2.0", "method": "notifications/tools/list_changed"})).await;
        }
        peer.answer(&request, json!({"content": []})).await;
        peer.rest().await;
    });
    let upstream = over_pipe(server, limits(), Sharing::Shared);
    let params = json!({"name": "t", "_meta": {"progressToken": 1}});
    let (flooded, mut inbox) = start(&upstream, request(&client("one"), "tools/call", params));
    // The client is slow: nothing is read before the server has said everything.
    eventually("what nobody reads is dropped", || upstream.status().oddities.dropped_notifications > 2_000)
        .await;
    let mut told = 0;
    while inbox.recv().await.is_some() {
        told += 1;
    }
    flooded.await.unwrap().unwrap();
    assert!((1..1_000).contains(&told), "{told}");
}

#[tokio::test]
async fn one_that_cannot_be_started_is_left_alone_for_a_while() {
    let server = Scripted::new(|_, _| async {});
    let limits = ServerLimits { failures_max: 3, ..limits() };
    let upstream = over_pipe(server.clone(), limits, Sharing::Shared);
    for _ in 0..3 {
        let error = call(&upstream, "t").await.unwrap_err();
        assert!(matches!(error, UpstreamError::Unavailable(_)), "{error}");
    }
    let started = server.started.load(Ordering::SeqCst);
    let error = call(&upstream, "t").await.unwrap_err();
    assert!(matches!(error, UpstreamError::Refused { failures: 3, .. }), "{error}");
    assert!(upstream.discovery("one").await.is_err());
    assert_eq!(server.started.load(Ordering::SeqCst), started);
    assert_eq!(upstream.status().state, State::Refused);
}

#[tokio::test]
async fn one_that_reads_nothing_blocks_nobody_for_longer_than_a_call_may_take() {
    let server = Scripted::new(|_, mut peer| async move {
        peer.greet().await;
        std::future::pending::<()>().await;
    });
    let limits = ServerLimits { call_ms_max: 500, failures_max: 100, ..limits() };
    let upstream = over_pipe(server, limits, Sharing::Shared);
    upstream.discovery("one").await.unwrap();
    let big = json!({"name": "t", "arguments": {"text": "x".repeat(100_000)}});
    let calls: Vec<_> =
        (0..50).map(|_| start(&upstream, request(&client("one"), "tools/call", big.clone()))).collect();
    for (call, _inbox) in calls {
        assert!(matches!(call.await.unwrap(), Err(UpstreamError::TimedOut { .. })));
    }
}
