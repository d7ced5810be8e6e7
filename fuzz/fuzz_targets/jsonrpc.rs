//! JSON-RPC framing: what passes keeps its bytes, and what is read is read once.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mcp::message::{BATCH_MAX, Message, code};
use serde_json::value::RawValue;

fuzz_target!(|bytes: &[u8]| {
    let message = match Message::parse(bytes) {
        Ok(message) => message,
        Err(malformed) => {
            assert!(matches!(malformed.error().code, code::PARSE_ERROR | code::INVALID_REQUEST));
            return;
        }
    };
    assert!(serde_json::from_slice::<&RawValue>(bytes).is_ok(), "no JSON, and yet a message");
    let own = |raw: &RawValue| bytes.as_ptr_range().contains(&raw.get().as_ptr());
    match message {
        Message::Request(request) => {
            assert!(own(request.id) && request.params.is_none_or(own));
            assert!(matches!(request.id.get().as_bytes()[0], b'"' | b'-' | b'0'..=b'9'));
            let again = written(Some(request.id), &request.method, request.params);
            let Ok(Message::Request(other)) = Message::parse(again.as_bytes()) else { panic!("{again}") };
            assert_eq!((other.id.get(), &other.method), (request.id.get(), &request.method));
            assert_eq!(other.params.map(RawValue::get), request.params.map(RawValue::get));
        }
        Message::Notification(notification) => {
            assert!(notification.params.is_none_or(own));
            let again = written(None, &notification.method, notification.params);
            let Ok(Message::Notification(other)) = Message::parse(again.as_bytes()) else {
                panic!("{again}")
            };
            assert_eq!(other.method, notification.method);
            assert_eq!(other.params.map(RawValue::get), notification.params.map(RawValue::get));
        }
        Message::Response(response) => {
            assert!(response.id.is_none_or(own));
            assert!(response.id.is_some() || response.outcome.is_err(), "a result of no request");
        }
        Message::Batch(entries) => {
            assert!((1..=BATCH_MAX).contains(&entries.len()));
            assert!(entries.into_iter().all(own));
        }
    }
});

/// The message as a peer would write what was understood of it.
fn written(id: Option<&RawValue>, method: &str, params: Option<&RawValue>) -> String {
    let mut text = format!(r#"{{"jsonrpc":"2.0","method":{}"#, serde_json::Value::from(method));
    for (name, raw) in [("id", id), ("params", params)] {
        if let Some(raw) = raw {
            text.push_str(&format!(r#","{name}":{}"#, raw.get()));
        }
    }
    text + "}"
}
