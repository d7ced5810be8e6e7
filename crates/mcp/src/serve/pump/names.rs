//! Names in headers.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// The text as a header value: itself, or Base64 between the markers of the specification when a header cannot
/// carry it or it could be taken for such.
pub(super) fn encode(text: &str) -> String {
    let is_plain = text.bytes().all(|byte| (0x20..0x7f).contains(&byte))
        && text.trim() == text
        && !(text.starts_with("=?base64?") && text.ends_with("?="));
    if is_plain { text.to_owned() } else { format!("=?base64?{}?=", STANDARD.encode(text)) }
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn what_a_header_cannot_carry_is_encoded() {
        assert_eq!(encode("file:///a b"), "file:///a b");
        assert_eq!(encode(" padded "), "=?base64?IHBhZGRlZCA=?=");
        assert_eq!(encode("line1\nline2"), "=?base64?bGluZTEKbGluZTI=?=");
        assert_eq!(encode("=?base64?literal?="), "=?base64?PT9iYXNlNjQ/bGl0ZXJhbD89?=");
        assert_eq!(encode("é"), "=?base64?w6k=?=");
    }
}
