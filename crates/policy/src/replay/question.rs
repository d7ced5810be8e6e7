//! Reading a question out of a record.

use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::Question;

/// What stands where a value was taken out.
const REDACTED: &str = "[redacted]";

/// A question that was read, and how far it is the one that was asked.
#[derive(Clone, Debug)]
pub struct Read {
    pub question: Question,
    /// Empty when it is.
    pub inexact: Vec<Inexact>,
}

/// A part of a recorded question that is not what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Inexact {
    /// JSON pointer into the question.
    pub pointer: String,
    pub why: Why,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// The value was taken out.
    Redacted,
    /// The end of a text was cut off.
    Shortened,
    /// The result was not kept at all.
    Withheld,
    /// The record is from before the question had this member.
    Missing,
}

/// Reads leniently: members that a record lacks are filled in with nothing, and told; members that nobody knows any more
/// are left out. The error says why it is no question.
pub fn read_question(recorded: &Value) -> Result<Read, String> {
    let Some(members) = recorded.as_object() else { return Err("it is no question".into()) };
    if !members.contains_key("point") {
        return Err("it does not say at which point it was asked".into());
    }
    let mut inexact = Vec::new();
    find_losses(recorded, &mut String::new(), &mut inexact);
    let mut whole = recorded.clone();
    fill(&mut whole, &shape(), &mut String::new(), &mut inexact);
    let question =
        serde_json::from_value(whole).map_err(|error| format!("it is no question of today: {error}"))?;
    Ok(Read { question, inexact })
}

/// The members that every question has.
fn shape() -> Value {
    json!({
        "tenant": {"id": "", "plan": ""},
        "principal": {"id": "", "kind": "", "roles": []},
        "task": null,
        "server": {"name": "", "kind": "builtin"},
        "tool": {"name": "", "annotations": {}, "digest": "", "pinned": false},
        "arguments": {},
        "resources": {"paths": [], "hosts": [], "commands": [], "opaque": false},
    })
}

fn fill(value: &mut Value, shape: &Value, pointer: &mut String, inexact: &mut Vec<Inexact>) {
    let (Value::Object(members), Value::Object(wanted)) = (value, shape) else { return };
    for (name, default) in wanted {
        let length = pointer.len();
        pointer.push('/');
        pointer.push_str(name);
        match members.get_mut(name) {
            Some(found) => fill(found, default, pointer, inexact),
            None => {
                members.insert(name.clone(), default.clone());
                inexact.push(Inexact { pointer: pointer.clone(), why: Why::Missing });
            }
        }
        pointer.truncate(length);
    }
}

fn find_losses(value: &Value, pointer: &mut String, inexact: &mut Vec<Inexact>) {
    let mut lost = |why| inexact.push(Inexact { pointer: pointer.clone(), why });
    match value {
        Value::String(text)
            if text == REDACTED || text.contains("[redacted ") || text.contains("[secret ") =>
        {
            lost(Why::Redacted);
        }
        Value::String(text) if was_shortened(text) => lost(Why::Shortened),
        Value::Object(members) if pointer == "/result" && is_withheld(members) => lost(Why::Withheld),
        Value::Object(members) => {
            for (name, member) in members {
                step(pointer, &name.replace('~', "~0").replace('/', "~1"), member, inexact);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                step(pointer, &index.to_string(), item, inexact);
            }
        }
        _ => {}
    }
}

fn step(pointer: &mut String, name: &str, value: &Value, inexact: &mut Vec<Inexact>) {
    let length = pointer.len();
    pointer.push('/');
    pointer.push_str(name);
    find_losses(value, pointer, inexact);
    pointer.truncate(length);
}

/// `… [123 more bytes]`, as the gateway writes it.
fn was_shortened(text: &str) -> bool {
    text.strip_suffix(" more bytes]")
        .and_then(|text| text.rsplit_once("… ["))
        .is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_withheld(members: &Map<String, Value>) -> bool {
    members.len() == 1 && members.contains_key("withheld")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_records_are_filled_in_and_losses_are_told() {
        let read = read_question(&json!({
            "point": "tool.call",
            "tenant": {"id": "t", "plan": "desk"},
            "principal": {"id": "p", "kind": "agent"},
            "server": {"name": "s", "kind": "stdio"},
            "tool": {"name": "x", "annotations": {}, "digest": "sha256:00", "pinned": true},
            "arguments": {"password": "[redacted]", "a/b": ["long… [12 more bytes]", "an honest … [x more bytes]"]},
            "resources": {"paths": [], "hosts": [], "commands": [], "opaque": false},
            "of_tomorrow": 1,
        }))
        .unwrap();
        let told: Vec<(&str, Why)> = read.inexact.iter().map(|one| (one.pointer.as_str(), one.why)).collect();
        assert_eq!(
            told,
            [
                ("/arguments/password", Why::Redacted),
                ("/arguments/a~1b/0", Why::Shortened),
                ("/principal/roles", Why::Missing),
                ("/task", Why::Missing),
            ]
        );
        assert_eq!(read.question.principal.kind, "agent");
        for bad in
            [json!(null), json!({}), json!({"point": "tool.dream"}), json!({"point": "tool.call", "tool": 7})]
        {
            assert!(read_question(&bad).is_err(), "{bad}");
        }
    }
}
