//! What is kept out of the decision log.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::LogEvent;

/// `[policy.decision_log.mask]`: JSON pointers (RFC 6901) that begin with `/input` or `/result`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Mask {
    /// Taken out, and listed as `erased`.
    pub remove: Vec<String>,
    /// Replaced where they are there, and listed as `masked`.
    pub replace: Vec<String>,
    /// What stands there instead.
    pub with: Value,
}

/// A pointer of the mask that leads nowhere in any event.
#[derive(Debug, thiserror::Error)]
#[error("policy.decision_log.mask: {pointer:?} {why}")]
pub struct MaskError {
    pub pointer: String,
    pub why: &'static str,
}

impl Mask {
    /// Says which pointer could never apply. A mask that is not checked applies what it can.
    pub fn check(&self) -> Result<(), MaskError> {
        for pointer in self.remove.iter().chain(&self.replace) {
            let why = match pointer.split('/').nth(1) {
                _ if !pointer.starts_with('/') => "is no JSON pointer: it does not begin with /",
                Some("input" | "result") => continue,
                _ => "points outside of /input and /result",
            };
            return Err(MaskError { pointer: pointer.clone(), why });
        }
        Ok(())
    }

    pub(super) fn apply(&self, event: &mut LogEvent) {
        for pointer in &self.remove {
            if remove(event, pointer) {
                event.erased.push(escaped(pointer));
            }
        }
        for pointer in &self.replace {
            if let Some(found) = find(event, pointer) {
                *found = self.with.clone();
                event.masked.push(escaped(pointer));
            }
        }
    }
}

fn remove(event: &mut LogEvent, pointer: &str) -> bool {
    match pointer {
        "/input" => return event.input.take().is_some(),
        "/result" => return event.result.take().is_some(),
        _ => {}
    }
    let Some((parent, name)) = pointer.rsplit_once('/') else { return false };
    match find(event, parent) {
        Some(Value::Object(members)) => members.shift_remove(&unescaped(name)).is_some(),
        Some(Value::Array(items)) => match name.parse::<usize>() {
            Ok(index) if index < items.len() => {
                items.remove(index);
                true
            }
            _ => false,
        },
        _ => false,
    }
}

fn find<'e>(event: &'e mut LogEvent, pointer: &str) -> Option<&'e mut Value> {
    let rest = pointer.strip_prefix('/')?;
    let (part, rest) = match rest.split_once('/') {
        Some((part, _)) => (part, &rest[part.len()..]),
        None => (rest, ""),
    };
    let whole = match part {
        "input" => event.input.as_mut()?,
        "result" => event.result.as_mut()?,
        _ => return None,
    };
    whole.pointer_mut(rest)
}

/// A name as it is, of a name in a JSON pointer.
fn unescaped(name: &str) -> String {
    name.replace("~1", "/").replace("~0", "~")
}

/// A JSON pointer as OPA lists it: names percent-encoded.
pub(super) fn escaped(pointer: &str) -> String {
    pointer.split('/').map(|name| percent_encoded(&unescaped(name))).collect::<Vec<_>>().join("/")
}

/// As for one segment of a URL's path.
fn percent_encoded(name: &str) -> String {
    let mut encoded = String::with_capacity(name.len());
    for byte in name.bytes() {
        match byte {
            b'a'..=b'z'
            | b'A'..=b'Z'
            | b'0'..=b'9'
            | b'-'
            | b'_'
            | b'.'
            | b'~'
            | b'$'
            | b'&'
            | b'+'
            | b':'
            | b'='
            | b'@' => encoded.push(char::from(byte)),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::*;

    fn event() -> LogEvent {
        LogEvent {
            labels: BTreeMap::new(),
            decision_id: "d".into(),
            trace_id: String::new(),
            span_id: String::new(),
            bundles: BTreeMap::new(),
            path: "bailiwick".into(),
            input: Some(json!({"arguments": {"a b": 1, "list": [1, 2, 3], "c/d": {"~": 2}}})),
            result: Some(json!({"deny": []})),
            erased: vec![],
            masked: vec![],
            requested_by: String::new(),
            timestamp: String::new(),
            metrics: BTreeMap::new(),
        }
    }

    #[test]
    fn what_is_removed_is_gone_and_listed() {
        let mask = Mask {
            remove: ["/input/arguments/a b", "/input/arguments/list/1", "/input/missing", "/result"]
                .map(String::from)
                .to_vec(),
            replace: vec!["/input/arguments/c~1d/~0".into(), "/input/arguments/nothing".into()],
            with: json!("***"),
        };
        mask.check().unwrap();
        let mut masked = event();
        mask.apply(&mut masked);
        assert_eq!(masked.input, Some(json!({"arguments": {"list": [1, 3], "c/d": {"~": "***"}}})));
        assert_eq!(masked.result, None);
        assert_eq!(masked.erased, ["/input/arguments/a%20b", "/input/arguments/list/1", "/result"]);
        assert_eq!(masked.masked, ["/input/arguments/c%2Fd/~"]);
    }

    #[test]
    fn pointers_that_lead_nowhere_are_told() {
        for bad in ["input/x", "", "/labels/id", "/inputs"] {
            let mask = Mask { remove: vec![bad.into()], ..Mask::default() };
            assert!(mask.check().is_err(), "{bad}");
        }
    }
}
