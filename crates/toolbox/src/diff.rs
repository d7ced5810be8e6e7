//! Unified diffs of what a tool changed.

use std::time::Duration;

use similar::TextDiff;

/// Time after which a diff gets coarser instead of better.
const EFFORT_MAX: Duration = Duration::from_millis(500);

/// Unified diff with three lines of context, cut at a line after `bytes_max`; empty when nothing differs.
pub(crate) fn unified(path: &str, old: &str, new: &str, bytes_max: usize) -> String {
    let diff = TextDiff::configure().timeout(EFFORT_MAX).diff_lines(old, new);
    let mut text =
        diff.unified_diff().context_radius(3).header(&format!("a/{path}"), &format!("b/{path}")).to_string();
    if text.len() > bytes_max {
        let end = text.floor_char_boundary(bytes_max);
        let end = text[..end].rfind('\n').map_or(0, |at| at + 1);
        let left = text.len() - end;
        text.truncate(end);
        text.push_str(&format!("[{left} bytes of the diff are left out: `result_bytes_max` in [toolbox]]\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_diff_is_cut_at_a_line() {
        let old: String = (0..500).map(|n| format!("{n}\n")).collect();
        let diff = unified("f", &old, "", 100);
        assert!(diff.len() < 200, "{diff}");
        assert!(
            diff.ends_with("bytes of the diff are left out: `result_bytes_max` in [toolbox]]\n"),
            "{diff}"
        );
    }

    #[test]
    fn equal_texts_have_no_diff() {
        assert_eq!(unified("f", "a\n", "a\n", 100), "");
    }
}
