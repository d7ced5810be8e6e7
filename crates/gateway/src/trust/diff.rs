//! Two definitions of a tool side by side, for a person.

use serde_json::Value;
use similar::TextDiff;

/// Lines around a change that are shown with it.
const CONTEXT_LINES: usize = 3;

/// What changed between two definitions, as a unified diff over readable lines.
pub fn diff(approved: &Value, offered: &Value) -> String {
    let (before, after) = (readable(approved), readable(offered));
    TextDiff::from_lines(&before, &after)
        .unified_diff()
        .context_radius(CONTEXT_LINES)
        .header("approved", "offered")
        .to_string()
}

/// The description in lines of its own, then everything else with its keys in order: what a server only moved around
/// does not show as a change. Invisible characters are written out.
fn readable(definition: &Value) -> String {
    let mut rest = definition.clone();
    let description = match rest.as_object_mut() {
        Some(members) => members.shift_remove("description"),
        None => None,
    };
    sort(&mut rest);
    let description = match &description {
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let rest = serde_json::to_string_pretty(&rest).unwrap_or_default();
    visible(&format!("{}\n{rest}\n", description.trim_end()))
}

fn sort(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.sort_keys();
            members.values_mut().for_each(sort);
        }
        Value::Array(items) => items.iter_mut().for_each(sort),
        _ => {}
    }
}

/// Control and format characters as `<U+200B>`, so that nothing hides in a diff.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && super::flags::invisible(c) {
            shown.push_str(&format!("<U+{:04X}>", u32::from(c)));
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn it_shows_what_changed_and_only_that() {
        let before = json!({"name": "t", "description": "Reads.\nFiles.", "inputSchema": {"type": "object"}});
        let moved = json!({"inputSchema": {"type": "object"}, "description": "Reads.\nFiles.", "name": "t"});
        assert_eq!(diff(&before, &moved), "");
        let after =
            json!({"name": "t", "description": "Reads.\nFiles\u{200b}.", "inputSchema": {"type": "object"}});
        let text = diff(&before, &after);
        assert!(text.contains("-Files.\n+Files<U+200B>.\n"), "{text}");
        assert!(text.contains("--- approved\n+++ offered"), "{text}");
    }
}
