//! Tool calls that a model wrote into its text: `<tool_call>{…}</tool_call>` and its relatives.

use serde_json::Value;

use super::arguments;
use crate::vendor::{Arguments, RawCall};

/// How models of several families mark a call: opening and closing text.
const MARKS: [(&str, &str); 4] = [
    ("<tool_call>", "</tool_call>"),
    ("<function_call>", "</function_call>"),
    ("<|tool_call|>", "<|/tool_call|>"),
    ("[TOOL_CALLS]", "\n\n"),
];

/// The text without its calls, and the calls. `None` when there is none, or one that names no known tool: then
/// it was only talk about tools.
pub(crate) fn extract(text: &str, known: &[&str]) -> Option<(String, Vec<RawCall>)> {
    let (rest, bodies) = marked(text).or_else(|| bare(text))?;
    let mut calls = Vec::new();
    for body in bodies {
        calls.extend(read(&body, known)?);
    }
    (!calls.is_empty()).then_some((rest, calls))
}

/// Everything between marks, and the text around it.
fn marked(text: &str) -> Option<(String, Vec<String>)> {
    let (open, close) = MARKS.into_iter().find(|(open, _)| text.contains(open))?;
    let mut rest = String::new();
    let mut bodies = Vec::new();
    let mut tail = text;
    while let Some((before, after)) = tail.split_once(open) {
        rest.push_str(before);
        // The last closing mark is often forgotten.
        let (body, after) = after.split_once(close).unwrap_or((after, ""));
        bodies.push(body.trim().to_owned());
        tail = after;
    }
    rest.push_str(tail);
    Some((rest.trim().to_owned(), bodies))
}

/// A whole answer that is one call and nothing else.
fn bare(text: &str) -> Option<(String, Vec<String>)> {
    let body = text.trim();
    let fenced = body.strip_prefix("```json").or_else(|| body.strip_prefix("```"));
    let body = fenced.and_then(|body| body.strip_suffix("```")).unwrap_or(body).trim();
    let looks = body.starts_with('{') && body.ends_with('}') && body.contains("\"name\"");
    looks.then(|| (String::new(), vec![body.to_owned()]))
}

/// The calls of one body: an object or a list of objects with `name` and `arguments` (or `parameters`).
fn read(body: &str, known: &[&str]) -> Option<Vec<RawCall>> {
    let value = serde_json::from_str(body).unwrap_or_else(|_| arguments::mend(body).0);
    let list = match value {
        Value::Array(list) => list,
        one => vec![one],
    };
    list.into_iter().map(|call| one_call(call, known)).collect()
}

fn one_call(mut call: Value, known: &[&str]) -> Option<RawCall> {
    let call = call.as_object_mut()?;
    let name = call.get("name")?.as_str()?.to_owned();
    if !known.contains(&name.as_str()) {
        return None;
    }
    let given = call.remove("arguments").or_else(|| call.remove("parameters"));
    let arguments = match given {
        None => Arguments::Text(String::new()),
        Some(Value::String(text)) => Arguments::Text(text),
        Some(value) => Arguments::Json(value),
    };
    Some(RawCall { id: String::new(), name, arguments })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const KNOWN: [&str; 2] = ["read_file", "list_directory"];

    fn names(text: &str) -> Vec<String> {
        let calls = extract(text, &KNOWN).map(|(_, calls)| calls).unwrap_or_default();
        calls.into_iter().map(|call| call.name).collect()
    }

    #[test]
    fn several_families_are_understood() {
        let two = "<tool_call>{\"name\": \"read_file\", \"arguments\": {\"path\": \"a\"}}</tool_call> and \
                   <tool_call>{'name': 'list_directory', 'arguments': {},}";
        assert_eq!(names(two), KNOWN);
        assert_eq!(names("[TOOL_CALLS][{\"name\": \"read_file\", \"arguments\": {}}]"), ["read_file"]);
        assert_eq!(
            names("```json\n{\"name\": \"read_file\", \"parameters\": {\"path\": \"a\"}}\n```"),
            ["read_file"]
        );
        let (rest, calls) = extract(two, &KNOWN).expect("two calls");
        assert_eq!(rest, "and");
        assert_eq!(calls[0].arguments, Arguments::Json(json!({"path": "a"})));
    }

    #[test]
    fn talk_about_tools_is_left_alone() {
        for text in [
            "Use <tool_call> to call a tool.",
            "<tool_call>{\"name\": \"rm_rf\", \"arguments\": {}}</tool_call>",
            "{\"name\": \"Ada\", \"age\": 36}",
            "The file says {\"name\": \"read_file\"} somewhere.",
        ] {
            assert_eq!(extract(text, &KNOWN), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "(<tool_call>|</tool_call>|\\[TOOL_CALLS\\]|\\{|\\}|\"name\"|:|\"read_file\"|.){0,20}") {
            extract(&text, &KNOWN);
        }
    }
}
