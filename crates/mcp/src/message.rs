//! JSON-RPC 2.0 messages whose parts stay as they were written.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// A piece of JSON that is passed on as it came.
pub type Json = Box<RawValue>;

/// Messages one batch may hold. Batches are legal in one version only and no known peer sends more than a few.
pub const BATCH_MAX: usize = 256;

/// JSON-RPC error codes used here (JSON-RPC 2.0 §5.1, MCP 2026-07-28).
pub mod code {
    pub const PARSE_ERROR: i64 = -32700;
    pub const INVALID_REQUEST: i64 = -32600;
    pub const METHOD_NOT_FOUND: i64 = -32601;
    pub const INVALID_PARAMS: i64 = -32602;
    pub const INTERNAL_ERROR: i64 = -32603;
}

/// One piece of what a peer sent, borrowed from its bytes.
#[derive(Clone, Debug)]
pub enum Message<'a> {
    Request(RawRequest<'a>),
    Notification(RawNotification<'a>),
    Response(RawResponse<'a>),
    /// Each entry is a message of its own, to be parsed with [`Message::parse`]; never empty.
    Batch(Vec<&'a RawValue>),
}

#[derive(Clone, Debug)]
pub struct RawRequest<'a> {
    /// A string or a number, exactly as it was written.
    pub id: &'a RawValue,
    pub method: Cow<'a, str>,
    /// An object or an array when there is one.
    pub params: Option<&'a RawValue>,
}

#[derive(Clone, Debug)]
pub struct RawNotification<'a> {
    pub method: Cow<'a, str>,
    pub params: Option<&'a RawValue>,
}

#[derive(Clone, Debug)]
pub struct RawResponse<'a> {
    /// Absent (or `null`) only where the peer could not tell which request it answers.
    pub id: Option<&'a RawValue>,
    pub outcome: Result<&'a RawValue, RpcError>,
}

/// Why bytes are not a JSON-RPC message. [`Malformed::error`] is what the peer is told.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Malformed {
    #[error("not JSON: {0}")]
    Syntax(String),
    #[error("not a JSON-RPC 2.0 message: {0}")]
    Envelope(String),
}

impl<'a> Message<'a> {
    /// Reads the envelope and nothing inside it: `id`, `params` and `result` keep their bytes.
    ///
    /// A member of the envelope that appears twice is refused, because two readers could then see two messages.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let is_batch = bytes.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&b'[');
        if is_batch {
            let Entries(entries) = serde_json::from_slice(bytes).map_err(malformed)?;
            if entries.is_empty() {
                return Err(Malformed::Envelope("an empty batch".into()));
            }
            return Ok(Self::Batch(entries));
        }
        serde_json::from_slice::<Envelope<'a>>(bytes).map_err(malformed)?.sort()
    }
}

impl Malformed {
    pub fn error(&self) -> RpcError {
        let code = match self {
            Self::Syntax(_) => code::PARSE_ERROR,
            Self::Envelope(_) => code::INVALID_REQUEST,
        };
        RpcError::new(code, self.to_string())
    }
}

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    jsonrpc: Cow<'a, str>,
    #[serde(borrow, default, deserialize_with = "present")]
    id: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "text")]
    method: Option<Cow<'a, str>>,
    #[serde(borrow, default, deserialize_with = "present")]
    params: Option<&'a RawValue>,
    #[serde(borrow, default, deserialize_with = "present")]
    result: Option<&'a RawValue>,
    #[serde(default)]
    error: Option<RpcError>,
}

impl<'a> Envelope<'a> {
    fn sort(self) -> Result<Message<'a>, Malformed> {
        let refuse = |why: &str| Err(Malformed::Envelope(why.into()));
        if self.jsonrpc != "2.0" {
            return refuse("`jsonrpc` is not \"2.0\"");
        }
        let Some(method) = self.method else { return self.response() };
        if self.result.is_some() || self.error.is_some() {
            return refuse("a `method` beside a `result` or an `error`");
        }
        if self.params.is_some_and(|params| !matches!(params.get().as_bytes()[0], b'{' | b'[')) {
            return refuse("`params` is neither an object nor an array");
        }
        match self.id {
            Some(id) if legal_id(id) => Ok(Message::Request(RawRequest { id, method, params: self.params })),
            Some(_) => refuse("`id` is neither a string nor a number"),
            None => Ok(Message::Notification(RawNotification { method, params: self.params })),
        }
    }

    fn response(self) -> Result<Message<'a>, Malformed> {
        let id = self.id.filter(|id| id.get() != "null");
        if id.is_some_and(|id| !legal_id(id)) {
            return Err(Malformed::Envelope("`id` is neither a string nor a number".into()));
        }
        match (self.result, self.error) {
            (Some(result), None) if id.is_some() => {
                Ok(Message::Response(RawResponse { id, outcome: Ok(result) }))
            }
            (None, Some(error)) => Ok(Message::Response(RawResponse { id, outcome: Err(error) })),
            (Some(_), None) => Err(Malformed::Envelope("a `result` without an `id`".into())),
            (Some(_), Some(_)) => Err(Malformed::Envelope("both `result` and `error`".into())),
            (None, None) => Err(Malformed::Envelope("no `method`, `result` or `error`".into())),
        }
    }
}

/// Strings and numbers of any form. `null` is legal in JSON-RPC and not in MCP.
fn legal_id(id: &RawValue) -> bool {
    matches!(id.get().as_bytes()[0], b'"' | b'-' | b'0'..=b'9')
}

/// A member that is there, `null` included.
fn present<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<&'de RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}

/// A string, borrowed where it holds no escapes.
fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Cow<'de, str>>, D::Error> {
    #[derive(Deserialize)]
    struct Text<'a>(#[serde(borrow)] Cow<'a, str>);
    Text::deserialize(deserializer).map(|text| Some(text.0))
}

/// The entries of a batch, at most [`BATCH_MAX`]: counted while reading, so that no list of crumbs fills the memory.
struct Entries<'a>(Vec<&'a RawValue>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Count;
        impl<'de> Visitor<'de> for Count {
            type Value = Vec<&'de RawValue>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a batch of messages")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = entries.next_element()? {
                    if all.len() == BATCH_MAX {
                        return Err(de::Error::custom(format!("a batch of more than {BATCH_MAX} messages")));
                    }
                    all.push(entry);
                }
                Ok(all)
            }
        }
        deserializer.deserialize_seq(Count).map(Entries)
    }
}

fn malformed(error: serde_json::Error) -> Malformed {
    match error.classify() {
        serde_json::error::Category::Data => Malformed::Envelope(error.to_string()),
        _ => Malformed::Syntax(error.to_string()),
    }
}

/// The `error` member of a response.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error("{message}")]
pub struct RpcError {
    pub code: i64,
    pub message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

impl RpcError {
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), data: None }
    }

    pub fn invalid_params(message: impl Into<String>) -> Self {
        Self::new(code::INVALID_PARAMS, message)
    }

    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(code::INTERNAL_ERROR, message)
    }

    pub fn method_not_found(method: &str) -> Self {
        Self::new(code::METHOD_NOT_FOUND, format!("there is no method `{method}` here"))
    }
}

/// Writes a value as a piece of JSON.
pub fn json(value: &impl Serialize) -> Result<Json, RpcError> {
    serde_json::value::to_raw_value(value)
        .map_err(|error| RpcError::internal(format!("a value could not be written as JSON: {error}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(text: &str) -> RawRequest<'_> {
        match Message::parse(text.as_bytes()) {
            Ok(Message::Request(request)) => request,
            other => panic!("{text}: {other:?}"),
        }
    }

    fn refused(text: &str) -> i64 {
        Message::parse(text.as_bytes()).expect_err(text).error().code
    }

    #[test]
    fn ids_and_params_keep_their_bytes() {
        for id in ["1", "-7", "1.50", "1e3", "12345678901234567890123", "\"a\\u0062\"", "\"\""] {
            let text =
                format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"m","params":{{ "a" : 1.0 , "a":2}}}}"#);
            let request = request(&text);
            assert_eq!(request.id.get(), id);
            assert_eq!(request.params.unwrap().get(), r#"{ "a" : 1.0 , "a":2}"#);
        }
    }

    #[test]
    fn kinds_are_told_apart() {
        assert!(matches!(
            Message::parse(br#"{"jsonrpc":"2.0","method":"n\u002f"}"#).unwrap(),
            Message::Notification(RawNotification { method, params: None }) if method == "n/"
        ));
        assert!(matches!(
            Message::parse(br#"{"jsonrpc":"2.0","id":1,"result":null}"#).unwrap(),
            Message::Response(RawResponse { id: Some(_), outcome: Ok(result) }) if result.get() == "null"
        ));
        assert!(matches!(
            Message::parse(br#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"?"}}"#).unwrap(),
            Message::Response(RawResponse { id: None, outcome: Err(error) }) if error.code == code::PARSE_ERROR
        ));
        assert!(
            matches!(Message::parse(b" [1, {}]").unwrap(), Message::Batch(entries) if entries.len() == 2)
        );
    }

    #[test]
    fn what_two_readers_could_read_differently_is_refused() {
        for text in [
            r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"m","m\u0065thod":"x"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"m","params":{},"params":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"m","result":{}}"#,
            r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}"#,
            r#"{"jsonrpc":"2.0","id":null,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":{},"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1,"method":"m","params":3}"#,
            r#"{"jsonrpc":"1.0","id":1,"method":"m"}"#,
            r#"{"id":1,"method":"m"}"#,
            r#"{"jsonrpc":"2.0","id":1}"#,
            r#"{"jsonrpc":"2.0","result":1}"#,
            "[]",
            "3",
        ] {
            assert_eq!(refused(text), code::INVALID_REQUEST, "{text}");
        }
        for text in ["", "{", "nonsense", r#"{"jsonrpc":"2.0","id":1,"method":"m"} {}"#] {
            assert_eq!(refused(text), code::PARSE_ERROR, "{text}");
        }
        assert_eq!(refused(&format!("[{}1]", "1,".repeat(BATCH_MAX))), code::INVALID_REQUEST);
    }
}
