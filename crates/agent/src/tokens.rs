//! How many tokens a text will take, without asking the vendor.
//!
//! One token per four bytes of UTF-8: about right for English and for code, and above the truth for most
//! other scripts, whose characters take more bytes. It only has to carry from one answer to the next: each
//! answer brings the vendor's own count ([`crate::state::State::prompt_tokens`]).

use domain::tool::{Content, KnownContent, Tool, ToolOutcome};
use serde_json::Value;

const BYTES_PER_TOKEN: u64 = 4;

/// Vendors charge an image by its size in pixels, which is not looked at here: about 1.2 megapixels.
const TOKENS_PER_IMAGE: u64 = 1_600;

pub fn of_text(text: &str) -> u64 {
    of_bytes(text.len())
}

pub fn of_json(value: &Value) -> u64 {
    of_bytes(domain::json_bytes(value))
}

/// As it is sent: cut to [`crate::conversation::OUTCOME_BYTES_MAX`].
pub fn of_outcome(outcome: &ToolOutcome) -> u64 {
    let mut bytes = 0;
    let mut images = 0;
    for content in &outcome.content {
        match content {
            Content::Known(KnownContent::Text { text }) => bytes += text.len() as u64,
            Content::Known(KnownContent::Image { .. }) => images += TOKENS_PER_IMAGE,
            Content::Other(value) => bytes += of_json(value) * BYTES_PER_TOKEN,
        }
    }
    if let Some(structured) = &outcome.structured_content {
        bytes += of_json(structured) * BYTES_PER_TOKEN;
    }
    bytes.min(crate::conversation::OUTCOME_BYTES_MAX as u64).div_ceil(BYTES_PER_TOKEN) + images
}

pub fn of_tools(tools: &[Tool]) -> u64 {
    tools
        .iter()
        .map(|tool| of_text(&tool.name) + of_text(&tool.description) + of_json(&tool.input_schema))
        .sum()
}

fn of_bytes(bytes: usize) -> u64 {
    (bytes as u64).div_ceil(BYTES_PER_TOKEN)
}
