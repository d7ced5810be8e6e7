//! Text from models and tools, made safe to print: a file's content must not move the cursor, set the title,
//! write the clipboard or hide what stands before it.

use std::borrow::Cow;

/// Replaces control characters other than newline and tab by visible ones, and drops the characters that turn
/// the direction of writing.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(harmful) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(
        text.chars()
            .filter_map(|c| match c {
                c if !harmful(c) => Some(c),
                // CR LF ends a line; the LF remains.
                '\r' => None,
                '\0'..='\x1f' => char::from_u32(0x2400 + c as u32),
                '\x7f' => Some('\u{2421}'),
                '\u{80}'..='\u{9f}' => Some('\u{fffd}'),
                _ => None,
            })
            .collect(),
    )
}

fn harmful(c: char) -> bool {
    (c.is_control() && c != '\n' && c != '\t')
        || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_become_visible_and_plain_text_stays() {
        assert_eq!(clean("a\tb\nc é"), "a\tb\nc é");
        assert_eq!(clean("\x1b]0;title\x07x"), "␛]0;title␇x");
        assert_eq!(clean("safe\u{202e}txt.exe"), "safetxt.exe");
        assert_eq!(clean("\u{9b}31m"), "\u{fffd}31m");
        assert_eq!(clean("one\r\ntwo"), "one\ntwo");
    }
}
