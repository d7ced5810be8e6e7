//! Trying again: when, how long after, and that nothing is doubled.

use std::time::{Duration, Instant};

use domain::model::{ModelErrorKind, ModelEvent};
use futures::StreamExt;
use futures::future::join_all;
use models::Config;
use testkit::model_server::{Fault, Turn};

use crate::support::{ALL, events, hello, quick, request, retries, serve, user};

#[tokio::test]
async fn the_vendors_wait_is_kept() {
    let each = ALL.map(|api| async move {
        let limited = Turn::fault(Fault::RateLimited { retry_after_seconds: Some(1) });
        let (server, model) = serve(api, quick(), [limited, Turn::text("at last")]).await;
        let begun = Instant::now();
        let (events, error) = events(&model, request(vec![user("hello")])).await;
        assert_eq!(error, None, "{api:?}");
        assert!(begun.elapsed() >= Duration::from_secs(1), "{api:?}");
        let retries = retries(&events);
        assert_eq!(retries.len(), 1, "{api:?}");
        assert_eq!((retries[0].0, retries[0].1), (2, 1_000), "{api:?}");
        assert!(retries[0].2.contains("limits how often"), "{api:?}: {retries:?}");
        assert_eq!(server.requests().len(), 2, "{api:?}");
    });
    join_all(each).await;
}

#[tokio::test]
async fn a_wait_beyond_the_limit_is_not_begun() {
    for api in ALL {
        let limited = Turn::fault(Fault::RateLimited { retry_after_seconds: Some(86_400) });
        let (server, model) = serve(api, quick(), [limited, Turn::text("tomorrow")]).await;
        let error = hello(&model).await.expect_err("a day is too long");
        assert_eq!(error.kind, ModelErrorKind::RateLimited, "{api:?}");
        assert!(error.message.contains("`models.retry_after_seconds_max` allows 120 s"), "{api:?}: {error}");
        assert_eq!(server.requests().len(), 1, "{api:?}");
    }
}

#[tokio::test]
async fn what_passes_is_survived_and_nothing_is_doubled() {
    for fault in [
        Fault::ServerError,
        Fault::Overloaded,
        Fault::Garbage,
        Fault::Cut { after_events: 4, clean: true },
        Fault::Cut { after_events: 4, clean: false },
        Fault::InvalidUtf8 { after_events: 4 },
        Fault::TruncatedJson { after_events: 4 },
        Fault::ErrorEvent { after_events: 4 },
    ] {
        for api in ALL {
            let long = "This text is long enough to be sent in several pieces, whatever the vendor.";
            let bad = Turn::text(long).with_fault(fault.clone());
            let (server, model) = serve(api, quick(), [bad, Turn::text("whole")]).await;
            let (events, error) = events(&model, request(vec![user("hello")])).await;
            assert_eq!(error, None, "{api:?} {fault:?}");
            assert_eq!(retries(&events).len(), 1, "{api:?} {fault:?}: {events:?}");
            let Some(ModelEvent::Done(response)) = events.last() else { panic!("{api:?} {fault:?}: no end") };
            assert_eq!(response.text, "whole", "{api:?} {fault:?}");
            // What is shown after the retry is the new text and nothing else.
            let at = events.iter().position(|event| matches!(event, ModelEvent::Retrying { .. }));
            let after: String = events[at.expect("a retry")..]
                .iter()
                .filter_map(|event| match event {
                    ModelEvent::Text(text) => Some(text.as_str()),
                    _ => None,
                })
                .collect();
            assert_eq!(after, "whole", "{api:?} {fault:?}");
            assert_eq!(server.requests().len(), 2, "{api:?} {fault:?}");
        }
    }
}

#[tokio::test]
async fn silence_is_cut_and_tried_again() {
    let each = ALL.map(|api| async move {
        let config = Config { idle_seconds_max: 1, ..quick() };
        let silent = Turn::text("A text of several pieces, and then nothing for a long time.")
            .with_fault(Fault::Idle { after_events: 4, seconds: 30.0 });
        let (server, model) = serve(api, config, [silent, Turn::text("whole")]).await;
        let (events, error) = events(&model, request(vec![user("hello")])).await;
        assert_eq!(error, None, "{api:?}");
        let retries = retries(&events);
        assert!(retries[0].2.contains("models.idle_seconds_max"), "{api:?}: {retries:?}");
        assert_eq!(server.requests().len(), 2, "{api:?}");
    });
    join_all(each).await;
}

#[tokio::test]
async fn a_model_may_think_longer_before_its_first_word() {
    let each = ALL.map(|api| async move {
        let config = Config { idle_seconds_max: 1, first_word_seconds_max: 3, attempts_max: 1, ..quick() };
        let slow = Turn { delay_ms: 1_400, ..Turn::text("slow") };
        let (_server, model) = serve(api, config.clone(), [slow]).await;
        assert_eq!(hello(&model).await.map(|answer| answer.text), Ok("slow".to_owned()), "{api:?}");

        let config = Config { first_word_seconds_max: 1, ..config };
        let (_server, model) = serve(api, config, [Turn { delay_ms: 20_000, ..Turn::text("never") }]).await;
        let error = hello(&model).await.expect_err("too slow");
        assert!(error.message.contains("models.first_word_seconds_max"), "{api:?}: {error}");
    });
    join_all(each).await;
}

#[tokio::test]
async fn dropping_the_stream_ends_the_request() {
    for api in ALL {
        let (server, model) = serve(api, quick(), [Turn::fault(Fault::ServerError).repeated()]).await;
        let mut stream = model.model.stream(request(vec![user("hello")]));
        let first = stream.next().await;
        assert!(matches!(first, Some(Ok(ModelEvent::Retrying { .. }))), "{api:?}: {first:?}");
        drop(stream);
        let asked = server.requests().len();
        tokio::time::sleep(Duration::from_millis(30)).await;
        assert_eq!(server.requests().len(), asked, "{api:?}: nobody asks any more");
    }
}
