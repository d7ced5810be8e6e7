//! `json.marshal`, letter by letter as OPA writes it.

use regorus::Value;

use super::Made;
use crate::{costs, meter};

/// JSON that may stand in HTML: what could end a script or a comment there is escaped. The engine's own does not do
/// that, and a rule can look at the text.
pub(super) fn marshal(arguments: &[Value]) -> Made {
    let cost = costs::deep(arguments).unwrap_or(u64::MAX);
    meter::spend(cost).map_err(|_| "the value is too large to be written")?;
    let text = serde_json::to_string(&arguments[0]).map_err(|_| "the value cannot be written")?;
    Ok(Value::from(escaped(text)))
}

/// These letters stand in strings only, so no structure can be hit.
fn escaped(text: String) -> String {
    if !text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']) {
        return text;
    }
    let mut out = String::with_capacity(text.len() + 64);
    for c in text.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            other => out.push(other),
        }
    }
    out
}
