//! Cutting text without breaking it.

/// The longest beginning of at most `bytes_max` bytes that ends at a character.
pub fn head(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let mut end = bytes_max;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The longest ending of at most `bytes_max` bytes that begins at a character.
pub fn tail(text: &str, bytes_max: usize) -> &str {
    if text.len() <= bytes_max {
        return text;
    }
    let mut start = text.len() - bytes_max;
    while !text.is_char_boundary(start) {
        start += 1;
    }
    &text[start..]
}

/// Two thirds from the beginning and one from the end, with a line between that says how much is missing.
/// The line comes on top of `bytes_max`.
pub fn head_and_tail(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let head = head(text, bytes_max / 3 * 2);
    let tail = tail(text, bytes_max / 3);
    let missing = text.len() - head.len() - tail.len();
    format!("{head}\n[… {missing} bytes left out here …]\n{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_fall_between_characters() {
        let text = "äöü".repeat(10);
        for bytes_max in 0..=text.len() {
            assert!(head(&text, bytes_max).len() <= bytes_max);
            assert!(tail(&text, bytes_max).len() <= bytes_max);
            assert!(text.starts_with(head(&text, bytes_max)));
            assert!(text.ends_with(tail(&text, bytes_max)));
        }
    }

    #[test]
    fn head_and_tail_are_kept_and_the_gap_is_counted() {
        let text = format!("{}{}", "a".repeat(900), "z".repeat(900));
        let cut = head_and_tail(&text, 300);
        assert_eq!(cut, format!("{}\n[… 1500 bytes left out here …]\n{}", "a".repeat(200), "z".repeat(100)));
        assert_eq!(head_and_tail("short", 300), "short");
    }
}
