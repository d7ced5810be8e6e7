//! What a tool gives back: text for a model, the same facts as data for programs.

use domain::tool::{Content, ToolOutcome};
use serde::Serialize;

use crate::error::ToolError;

/// An outcome with one text block and its structured form.
pub(crate) fn reply(text: String, structured: &impl Serialize) -> Result<ToolOutcome, ToolError> {
    reply_with(vec![Content::text(text)], structured)
}

pub(crate) fn reply_with(
    content: Vec<Content>,
    structured: &impl Serialize,
) -> Result<ToolOutcome, ToolError> {
    let structured =
        serde_json::to_value(structured).map_err(|error| ToolError::Defect(error.to_string()))?;
    Ok(ToolOutcome { content, structured_content: Some(structured), is_error: false })
}

/// `1 file`, `2 files`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("1 {noun}"),
        (_, Some(stem)) => format!("{number} {stem}ies"),
        _ if noun.ends_with("ch") => format!("{number} {noun}es"),
        _ => format!("{number} {noun}s"),
    }
}
