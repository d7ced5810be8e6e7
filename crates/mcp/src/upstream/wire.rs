//! Messages of ours, as bytes.

use serde::Serialize;
use serde_json::value::RawValue;

use crate::message::RpcError;

#[derive(Serialize)]
struct Outgoing<'a> {
    jsonrpc: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<u64>,
    method: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    params: Option<&'a RawValue>,
}

pub(crate) fn request(id: u64, method: &str, params: Option<&RawValue>) -> Vec<u8> {
    bytes(&Outgoing { jsonrpc: "2.0", id: Some(id), method, params })
}

pub(crate) fn notification(method: &str, params: Option<&RawValue>) -> Vec<u8> {
    bytes(&Outgoing { jsonrpc: "2.0", id: None, method, params })
}

/// `result` is JSON.
pub(crate) fn result(id: &RawValue, result: &str) -> Vec<u8> {
    one_line(format!(r#"{{"jsonrpc":"2.0","id":{},"result":{result}}}"#, id.get()).into_bytes())
}

pub(crate) fn error(id: &RawValue, error: &RpcError) -> Vec<u8> {
    #[derive(Serialize)]
    struct Failed<'a> {
        jsonrpc: &'static str,
        id: &'a RawValue,
        error: &'a RpcError,
    }
    bytes(&Failed { jsonrpc: "2.0", id, error })
}

fn bytes(message: &impl Serialize) -> Vec<u8> {
    one_line(serde_json::to_vec(message).unwrap_or_else(|error| {
        unreachable!("strings, numbers and JSON that was read before can always be written: {error}")
    }))
}

/// One line is one message. JSON escapes line ends in strings, but what passes through untouched may have been
/// written over several lines.
fn one_line(mut bytes: Vec<u8>) -> Vec<u8> {
    for byte in bytes.iter_mut().filter(|byte| matches!(**byte, b'\n' | b'\r')) {
        *byte = b' ';
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_one_line() {
        let params = RawValue::from_string("{\n \"a\":\r\n \"x\\ny\"}".to_owned()).unwrap();
        let line = request(7, "m", Some(&params));
        assert_eq!(
            String::from_utf8(line).unwrap(),
            r#"{"jsonrpc":"2.0","id":7,"method":"m","params":{  "a":   "x\ny"}}"#
        );
    }
}
