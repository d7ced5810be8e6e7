//! The key goes to the vendor and to nobody else.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::IntoResponse;
use domain::model::{ModelErrorKind, ModelSource};
use models::Api;
use testkit::model_server::{Fault, Turn};
use tracing_subscriber::fmt::MakeWriter;

use crate::support::{ALL, KEY, catalogue, events, hello, quick, request, serve, user};

/// Collects everything that is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().expect("log").extend_from_slice(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;
    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// A server that repeats the key it was given, as a careless proxy might.
async fn parrot(status: StatusCode, redirect: Option<&'static str>) -> String {
    let answer = move |headers: HeaderMap| async move {
        let all = format!("bad key in {headers:?}");
        match redirect {
            Some(to) => (status, [(header::LOCATION, to)], all).into_response(),
            None => (status, all).into_response(),
        }
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("port");
    let address = listener.local_addr().expect("address");
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback(answer)).await });
    format!("http://{address}")
}

#[tokio::test]
async fn it_is_in_no_error_no_debug_output_and_no_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .with_ansi(false)
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let mut said = String::new();
    for api in ALL {
        for fault in [Fault::WrongKey, Fault::ServerError, Fault::Cut { after_events: 1, clean: false }] {
            let config = models::Config { attempts_max: 2, ..quick() };
            let (server, model) = serve(api, config, [Turn::fault(fault).repeated()]).await;
            said += &format!("{:?} {model:?}", events(&model, request(vec![user("hello")])).await);
            assert!(server.requests()[0].headers.values().any(|value| value.contains(KEY)), "it was sent");
        }
        for status in [StatusCode::UNAUTHORIZED, StatusCode::BAD_REQUEST, StatusCode::OK] {
            let config = models::Config { attempts_max: 1, ..quick() };
            let catalogue = catalogue(api, parrot(status, None).await, config);
            let error = hello(&catalogue.open("test/m").expect("model")).await.expect_err("refused");
            said += &format!("{catalogue:?} {:?} {error:?} {error}", catalogue.offered());
        }
    }
    assert!(!said.contains(KEY), "{said}");
    assert!(said.contains("[key]"), "the parrot was heard, and its word left out");
    let log = String::from_utf8_lossy(&log.0.lock().expect("log")).into_owned();
    assert!(log.contains("a model call failed"), "the log was listened to");
    assert!(!log.contains(KEY), "{log}");
}

#[tokio::test]
async fn it_does_not_follow_a_redirect() {
    let elsewhere = "http://127.0.0.1:1/elsewhere";
    let base_url = parrot(StatusCode::TEMPORARY_REDIRECT, Some(elsewhere)).await;
    let config = models::Config { attempts_max: 1, ..quick() };
    let model = catalogue(Api::AnthropicMessages, base_url, config).open("test/m").expect("model");
    let error = hello(&model).await.expect_err("a redirect is no answer");
    assert_eq!(error.kind, ModelErrorKind::BadResponse);
    assert!(error.message.contains("final address"), "{error}");
}

#[tokio::test]
async fn a_key_that_no_header_can_hold_is_told() {
    let config = quick();
    let keys = [("gemini".to_owned(), secrecy::SecretString::from("two\nlines"))].into();
    let catalogue = models::Catalogue::new(config, keys).expect("catalogue");
    let error = hello(&catalogue.open("gemini/any").expect("model")).await.expect_err("unusable");
    assert_eq!(error.kind, ModelErrorKind::WrongKey);
    assert!(error.message.contains("line break") && error.message.contains("GEMINI_API_KEY"), "{error}");
    assert!(!error.message.contains("two"), "{error}");
}
