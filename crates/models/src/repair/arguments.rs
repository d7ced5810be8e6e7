//! Arguments of a tool call that are not quite JSON, as small models write them.

use serde_json::{Map, Value};

/// Texts longer than this are not mended, only parsed.
const MENDED_BYTES_MAX: usize = 1 << 20;

/// The arguments as JSON, and what had to be mended. Valid JSON comes through unchanged; what cannot be mended
/// with certainty comes back as a JSON string, fails against the schema, and the model is told.
pub(crate) fn mend(text: &str) -> (Value, Option<String>) {
    let trimmed = text.trim();
    if trimmed.is_empty() {
        // Several vendors send nothing for a tool without parameters.
        return (Value::Object(Map::new()), None);
    }
    let mut notes = Vec::new();
    let Some(value) = parse(trimmed, &mut notes).map(|value| unpack(value, &mut notes)) else {
        return (Value::String(text.to_owned()), None);
    };
    let repaired = (!notes.is_empty()).then(|| notes.join("; "));
    (value, repaired)
}

/// JSON as it is, or else what is left of it without the wrapping, with its syntax mended.
fn parse(text: &str, notes: &mut Vec<String>) -> Option<Value> {
    let error = match serde_json::from_str(text) {
        Ok(value) => return Some(value),
        Err(error) => error,
    };
    if text.len() > MENDED_BYTES_MAX {
        return None;
    }
    let inner = unwrap_object(text)?;
    if inner.len() < text.len() {
        notes.push("text around the JSON was left out".to_owned());
        if let Ok(value) = serde_json::from_str(inner) {
            return Some(value);
        }
    }
    if ends_inside_string(inner) {
        // What the model meant to write after this point cannot be guessed.
        return None;
    }
    let mended = jsonrepair_rs::jsonrepair(inner).ok()?;
    let value: Value = serde_json::from_str(&mended).ok()?;
    // A mender that makes a list or a word of it has misunderstood.
    value.is_object().then(|| {
        notes.push(format!("the JSON was not valid ({error}) and was mended"));
        value
    })
}

/// From the first brace to the last closing one: without code fences and without words around them. A text that
/// closes nothing goes to its end, without a closing fence.
fn unwrap_object(text: &str) -> Option<&str> {
    let rest = &text[text.find('{')?..];
    let end = match rest.rfind('}') {
        Some(last) => last + 1,
        None => rest.rfind("```").unwrap_or(rest.len()),
    };
    Some(rest[..end].trim_end())
}

/// Whether the quotes do not pair up.
fn ends_inside_string(text: &str) -> bool {
    let mut inside = false;
    let mut escaped = false;
    for character in text.chars() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => inside = !inside,
            _ => {}
        }
    }
    inside
}

/// An object that was sent as the text of an object.
fn unpack(value: Value, notes: &mut Vec<String>) -> Value {
    /// Some servers encode twice, none more than three times.
    const DEEPEST: usize = 3;
    let mut value = value;
    for _ in 0..DEEPEST {
        let Value::String(text) = &value else { break };
        let mut inner_notes = Vec::new();
        let Some(inner) = parse(text.trim(), &mut inner_notes).filter(|inner| !is_scalar(inner)) else {
            break;
        };
        notes.push("the JSON was encoded as a string".to_owned());
        notes.append(&mut inner_notes);
        value = inner;
    }
    value
}

fn is_scalar(value: &Value) -> bool {
    matches!(value, Value::Null | Value::Bool(_) | Value::Number(_))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_small_models_write_is_mended_and_said() {
        let meant = json!({"path": "src/main.rs", "recursive": true, "limit": null});
        for (text, said) in [
            (r#"{"path": "src/main.rs", "recursive": true, "limit": null,}"#, "not valid"),
            (r#"{'path': 'src/main.rs', 'recursive': True, 'limit': None}"#, "not valid"),
            (r#"{"path": "src/main.rs", "recursive": true, "limit": null"#, "not valid"),
            (r#"{path: "src/main.rs", recursive: true, limit: null}"#, "not valid"),
            ("```json\n{\"path\": \"src/main.rs\", \"recursive\": true, \"limit\": null}\n```", "around"),
            ("Here: {\"path\": \"src/main.rs\", \"recursive\": true, \"limit\": null} Done.", "around"),
            (r#""{\"path\": \"src/main.rs\", \"recursive\": true, \"limit\": null}""#, "as a string"),
            ("```\n{'path': 'src/main.rs', 'recursive': True, 'limit': None,\n}```", "around"),
        ] {
            let (value, repaired) = mend(text);
            assert_eq!(value, meant, "{text}");
            assert!(repaired.as_deref().is_some_and(|notes| notes.contains(said)), "{text}: {repaired:?}");
        }
    }

    #[test]
    fn nothing_at_all_is_no_arguments() {
        assert_eq!(mend(""), (json!({}), None));
        assert_eq!(mend(" \n"), (json!({}), None));
    }

    #[test]
    fn what_cannot_be_known_stays_text() {
        for text in ["read the file please", r#"{"path": "a.txt", "content": "half of"#, "{{{{", "<html>"] {
            let (value, repaired) = mend(text);
            assert!(value == json!(text) || value.is_object(), "{text}: {value}");
            if value.is_string() {
                assert_eq!(repaired, None, "{text}");
            }
        }
        assert_eq!(mend(r#"{"content": "half of"#).0, json!(r#"{"content": "half of"#));
    }

    #[test]
    fn deep_nesting_is_refused_and_does_no_harm() {
        let deep = "{\"a\":".repeat(20_000);
        assert_eq!(mend(&deep).0, json!(deep));
        let lists = "[".repeat(20_000);
        assert_eq!(mend(&lists).0, json!(lists));
    }

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map(any::<String>(), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    proptest! {
        #[test]
        fn valid_objects_come_through_unchanged(
            map in prop::collection::btree_map(any::<String>(), any_json(), 0..5),
        ) {
            let value = Value::Object(map.into_iter().collect());
            prop_assert_eq!(mend(&value.to_string()), (value, None));
        }

        #[test]
        fn no_text_makes_it_panic(text in any::<String>()) {
            mend(&text);
        }

        #[test]
        fn no_almost_json_makes_it_panic(text in "[\\[\\]{}:,\"'`\\\\/*a-cTN0-9.eE+\n é-]{0,60}") {
            mend(&text);
        }
    }
}
