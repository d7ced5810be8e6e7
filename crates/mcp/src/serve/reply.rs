//! Messages to the client, put together from parts that are JSON already. Every message is one line.

use serde_json::value::RawValue;

use crate::exchange::Notification;
use crate::message::{Json, RpcError};

pub(super) fn outcome(id: &RawValue, outcome: &Result<Json, RpcError>) -> String {
    match outcome {
        Ok(result) => self::result(id, result),
        Err(error) => self::error(Some(id), error),
    }
}

pub(super) fn result(id: &RawValue, result: &RawValue) -> String {
    let mut text = String::with_capacity(40 + id.get().len() + result.get().len());
    text.push_str(r#"{"jsonrpc":"2.0","id":"#);
    text.push_str(id.get());
    text.push_str(r#","result":"#);
    text.push_str(result.get());
    text.push('}');
    one_line(text)
}

/// `id` is null where the request's could not be read (JSON-RPC 2.0 §5).
pub(super) fn error(id: Option<&RawValue>, error: &RpcError) -> String {
    // `RpcError` holds strings, numbers and a `Value`: writing it cannot fail.
    let error = serde_json::to_string(error).unwrap_or_default();
    let id = id.map_or("null", RawValue::get);
    one_line(format!(r#"{{"jsonrpc":"2.0","id":{id},"error":{error}}}"#))
}

pub(super) fn notification(notification: &Notification) -> String {
    message(r#"{"jsonrpc":"2.0""#, &notification.method, notification.params.as_deref())
}

pub(super) fn request(id: u64, method: &str, params: Option<&RawValue>) -> String {
    message(&format!(r#"{{"jsonrpc":"2.0","id":{id}"#), method, params)
}

fn message(head: &str, method: &str, params: Option<&RawValue>) -> String {
    let mut text = String::with_capacity(48 + method.len() + params.map_or(0, |params| params.get().len()));
    text.push_str(head);
    text.push_str(r#","method":"#);
    text.push_str(&serde_json::Value::from(method).to_string());
    if let Some(params) = params {
        text.push_str(r#","params":"#);
        text.push_str(params.get());
    }
    text.push('}');
    one_line(text)
}

/// Line ends in JSON are white space between tokens (inside strings they are escaped), and both stdio and
/// server-sent events end a message at one.
fn one_line(text: String) -> String {
    if text.bytes().any(|byte| matches!(byte, b'\n' | b'\r')) {
        text.replace(['\n', '\r'], " ")
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::members::raw;

    #[test]
    fn ids_are_echoed_as_written_and_messages_are_one_line() {
        let id = raw(r#""a\u0062""#.into());
        assert_eq!(
            result(&id, &raw("{\n \"x\":\r\n 1}".into())),
            "{\"jsonrpc\":\"2.0\",\"id\":\"a\\u0062\",\"result\":{  \"x\":   1}}"
        );
        assert_eq!(
            error(None, &RpcError::new(-1, "a\nb")),
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"a\nb"}}"#
        );
        assert_eq!(request(3, "roots/list", None), r#"{"jsonrpc":"2.0","id":3,"method":"roots/list"}"#);
    }
}
