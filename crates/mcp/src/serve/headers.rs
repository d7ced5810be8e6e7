//! The headers of a modern request, which repeat what its body says: whoever routes by the one and acts by the other
//! must see the same message (specification 2026-07-28, Streamable HTTP, "Server Validation").

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use serde_json::Value;

use super::incoming::Named;
use super::modern::code;
use crate::message::RpcError;

pub(super) const VERSION: &str = "mcp-protocol-version";
pub(super) const SESSION: &str = "mcp-session-id";
pub(super) const LAST_EVENT: &str = "last-event-id";
pub(super) const METHOD: &str = "mcp-method";
pub(super) const NAME: &str = "mcp-name";
const PARAM: &str = "mcp-param-";

/// Refuses a request whose `Mcp-Method` or `Mcp-Name` is missing or says something else than the body.
pub(super) fn check(headers: &HeaderMap, method: &str, named: Option<&Named<'_>>) -> Result<(), RpcError> {
    match one(headers, METHOD)? {
        Some(value) if value == method => {}
        Some(value) => return Err(differs("Mcp-Method", value, method)),
        None => return Err(missing("Mcp-Method")),
    }
    let Some(Named(named)) = named else { return Ok(()) };
    match (one(headers, NAME)?, named) {
        (Some(value), Some(named)) if decode("Mcp-Name", value)? == named.as_ref() => Ok(()),
        (Some(value), named) => Err(differs("Mcp-Name", value, named.as_deref().unwrap_or("none"))),
        (None, Some(_)) => Err(missing("Mcp-Name")),
        // Without a name in the body the service says what it misses.
        (None, None) => Ok(()),
    }
}

/// The one value of a header; given twice it is refused, because two readers could take two values.
pub(super) fn one<'a>(headers: &'a HeaderMap, name: &str) -> Result<Option<&'a str>, RpcError> {
    let mut values = headers.get_all(name).iter();
    let (first, second) = (values.next(), values.next());
    if second.is_some() {
        return Err(mismatch(format!("the header {name} is there twice")));
    }
    first
        .map(|value| value.to_str().map_err(|_| mismatch(format!("the header {name} is not visible ASCII"))))
        .transpose()
        .map(|value| value.map(|value| value.trim_matches([' ', '\t'])))
}

/// The `Mcp-Param-*` headers of a modern request; in [`Client::extensions`](crate::exchange::Client) of every modern
/// request over HTTP. Only who knows the tool's schema can check them, see [`Params::check`].
#[derive(Clone, Debug, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Refuses a value that is not visible ASCII and a header that is there twice.
    pub(super) fn of(headers: &HeaderMap) -> Result<Self, RpcError> {
        let names = headers.keys().filter_map(|name| Some((name, name.as_str().strip_prefix(PARAM)?)));
        let value = |name: &http::HeaderName| Ok(one(headers, name.as_str())?.unwrap_or_default().to_owned());
        names
            .map(|(name, short)| Ok((short.to_owned(), value(name)?)))
            .collect::<Result<_, RpcError>>()
            .map(Self)
    }

    /// Holds the headers against the arguments of a `tools/call`: every property of `schema` that is marked with
    /// `x-mcp-header` and has a value must be repeated, and nothing else may be said in its name.
    pub fn check(&self, schema: &Value, arguments: &Value) -> Result<(), RpcError> {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return Ok(()) };
        for (name, property) in properties {
            let argument = arguments.get(name).unwrap_or(&Value::Null);
            match property.get("x-mcp-header").and_then(Value::as_str) {
                Some(header) => self.check_one(header, argument)?,
                None => self.check(property, argument)?,
            }
        }
        Ok(())
    }

    fn check_one(&self, header: &str, argument: &Value) -> Result<(), RpcError> {
        let given = self.0.iter().find(|(name, _)| name.eq_ignore_ascii_case(header)).map(|(_, value)| value);
        let shown = format!("Mcp-Param-{header}");
        let same = match (given, argument) {
            (None, Value::Null) => return Ok(()),
            (None, _) => return Err(missing(&shown)),
            (Some(given), argument) => {
                let given = decode(&shown, given)?;
                match argument {
                    Value::String(text) => given == text.as_str(),
                    Value::Bool(flag) => given == flag.to_string(),
                    // Compared as numbers: `42.0` is `42`.
                    Value::Number(number) => given.parse().ok() == number.as_f64(),
                    _ => false,
                }
            }
        };
        if same { Ok(()) } else { Err(mismatch(format!("{shown} and the argument it repeats differ"))) }
    }
}

/// The text a header stands for: itself, or what is written in Base64 between the markers.
fn decode<'a>(name: &str, value: &'a str) -> Result<Cow<'a, str>, RpcError> {
    let Some(inner) = value.strip_prefix("=?base64?").and_then(|rest| rest.strip_suffix("?=")) else {
        return Ok(Cow::Borrowed(value));
    };
    let refused = || mismatch(format!("{name} is marked as Base64 and does not hold UTF-8 in Base64"));
    let bytes = STANDARD.decode(inner).map_err(|_| refused())?;
    String::from_utf8(bytes).map(Cow::Owned).map_err(|_| refused())
}

pub(super) fn mismatch(text: impl Into<String>) -> RpcError {
    RpcError::new(code::HEADER_MISMATCH, text)
}

pub(super) fn missing(name: &str) -> RpcError {
    mismatch(format!(
        "the header {name} is missing; a request of 2026-07-28 repeats there what its body says"
    ))
}

fn differs(name: &str, value: &str, body: &str) -> RpcError {
    mismatch(format!("the header {name} says `{value}` and the body `{body}`"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params(entries: &[(&str, &str)]) -> Params {
        Params(entries.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn params_are_held_against_the_arguments() {
        let schema = json!({"properties": {
            "region": {"type": "string", "x-mcp-header": "Region"},
            "n": {"type": "integer", "x-mcp-header": "N"},
            "deep": {"properties": {"flag": {"type": "boolean", "x-mcp-header": "Flag"}}},
            "free": {"type": "string"},
        }});
        let arguments = json!({"region": "é", "n": 42, "deep": {"flag": true}, "free": "x"});
        params(&[("region", "=?base64?w6k=?="), ("n", "42.0"), ("flag", "true")])
            .check(&schema, &arguments)
            .unwrap();
        params(&[("other", "x")]).check(&schema, &json!({"region": null})).unwrap();
        for wrong in [
            params(&[("n", "42"), ("flag", "true")]),
            params(&[("region", "=?base64?w6k?="), ("n", "42"), ("flag", "true")]),
            params(&[("region", "=?base64?w6k=?="), ("n", "43"), ("flag", "true")]),
            params(&[("region", "=?base64?w6k=?="), ("n", "42"), ("flag", "TRUE")]),
        ] {
            assert_eq!(
                wrong.check(&schema, &arguments).unwrap_err().code,
                code::HEADER_MISMATCH,
                "{wrong:?}"
            );
        }
        assert!(params(&[("region", "x")]).check(&schema, &json!({})).is_err());
    }
}
