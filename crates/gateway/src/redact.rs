//! Values that the policy wants out of sight.

use serde_json::Value;

const REDACTED: &str = "[redacted]";

/// Replaces what the JSON pointers point to; a pointer to nothing changes nothing. True when one pointed to something.
pub(crate) fn redact(value: &mut Value, pointers: &[String]) -> bool {
    let mut any = false;
    for pointer in pointers {
        if let Some(found) = value.pointer_mut(pointer) {
            *found = Value::String(REDACTED.into());
            any = true;
        }
    }
    any
}

/// Cuts texts to a length, saying how much is left out.
pub(crate) fn shorten(value: &mut Value, bytes_max: usize) {
    match value {
        Value::String(text) if text.len() > bytes_max => {
            let kept = text.floor_char_boundary(bytes_max);
            let left_out = text.len() - kept;
            text.truncate(kept);
            text.push_str(&format!("… [{left_out} more bytes]"));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| shorten(item, bytes_max)),
        Value::Object(members) => members.values_mut().for_each(|member| shorten(member, bytes_max)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn pointers_replace_what_they_point_to() {
        let mut value = json!({"a": {"b/c": [1, {"d": "secret"}]}, "e": 1});
        redact(&mut value, &["/a/b~1c/1/d".into(), "/nothing".into(), "/e".into()]);
        assert_eq!(value, json!({"a": {"b/c": [1, {"d": "[redacted]"}]}, "e": "[redacted]"}));
    }

    #[test]
    fn texts_are_cut_between_characters() {
        let mut value = json!(["aü", "ab"]);
        shorten(&mut value, 2);
        assert_eq!(value, json!(["a… [2 more bytes]", "ab"]));
    }
}
