//! Results of tools as vendors take them.

use domain::tool::{Content, KnownContent, ToolOutcome};

/// A picture in a result.
pub(crate) struct Image<'a> {
    pub data: &'a str,
    pub mime_type: &'a str,
}

/// A result as text. Pictures are `[image …]`; blocks of unknown kinds are their JSON; a result that is only
/// structured is that.
pub(crate) fn text(outcome: &ToolOutcome) -> String {
    let mut parts: Vec<String> = outcome
        .content
        .iter()
        .map(|content| match content {
            Content::Known(KnownContent::Text { text }) => text.clone(),
            Content::Known(KnownContent::Image { mime_type, .. }) => format!("[image: {mime_type}]"),
            Content::Other(value) => value.to_string(),
        })
        .collect();
    if parts.iter().all(|part| part.trim().is_empty()) {
        parts = outcome.structured_content.iter().map(ToString::to_string).collect();
    }
    let text = parts.join("\n");
    // No vendor takes an empty result gladly, and a model should know that there was none.
    if text.trim().is_empty() { "(no output)".to_owned() } else { text }
}

/// As [`text`], saying in words that it is an error, for formats without a flag for that.
pub(crate) fn text_with_error(outcome: &ToolOutcome) -> String {
    let text = text(outcome);
    if outcome.is_error { format!("Error: {text}") } else { text }
}

/// The pictures of a result.
pub(crate) fn images(outcome: &ToolOutcome) -> impl Iterator<Item = Image<'_>> {
    outcome.content.iter().filter_map(|content| match content {
        Content::Known(KnownContent::Image { data, mime_type }) => Some(Image { data, mime_type }),
        _ => None,
    })
}
