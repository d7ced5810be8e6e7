//! Output of a command in bounded memory: its head and its tail, and how much lay between.

use std::collections::VecDeque;

/// One stream of a command.
#[derive(Debug)]
pub(crate) struct Capture {
    head: Vec<u8>,
    tail: VecDeque<u8>,
    half: usize,
    total: u64,
}

/// What was kept.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Kept {
    /// Head, a line that says how much is left out, tail; or the whole.
    pub(crate) text: String,
    /// Bytes that the command wrote.
    pub(crate) bytes_total: u64,
    pub(crate) bytes_omitted: u64,
    /// Some bytes were not valid UTF-8 and are shown as `U+FFFD`.
    pub(crate) lossy: bool,
}

impl Capture {
    /// Keeps `bytes_max` bytes, half from the head, half from the tail.
    pub(crate) fn new(bytes_max: usize) -> Self {
        Self { head: Vec::new(), tail: VecDeque::new(), half: bytes_max / 2, total: 0 }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        self.total += bytes.len() as u64;
        let (first, rest) = bytes.split_at(bytes.len().min(self.half - self.head.len()));
        self.head.extend_from_slice(first);
        let rest = &rest[rest.len().saturating_sub(self.half)..];
        self.tail.drain(..(self.tail.len() + rest.len()).saturating_sub(self.half));
        self.tail.extend(rest);
    }

    pub(crate) fn finish(self) -> Kept {
        let tail = Vec::from(self.tail);
        let bytes_omitted = self.total - (self.head.len() + tail.len()) as u64;
        if bytes_omitted == 0 {
            let whole = [self.head, tail].concat();
            let (text, lossy) = lossily(&whole);
            return Kept { text, bytes_total: self.total, bytes_omitted, lossy };
        }
        // The cuts may fall within a character; those bytes are no fault of the command's.
        let head_end = self.head.len() - incomplete_at_end(&self.head);
        let tail_start = tail.iter().take(3).take_while(|byte| is_continuation(**byte)).count();
        let bytes_omitted = bytes_omitted + (self.head.len() - head_end + tail_start) as u64;
        let (head, head_lossy) = lossily(&self.head[..head_end]);
        let (tail, tail_lossy) = lossily(&tail[tail_start..]);
        let line = if head.ends_with('\n') { "" } else { "\n" };
        Kept {
            text: format!(
                "{head}{line}[… {bytes_omitted} bytes left out here: `output_bytes_max` in [toolbox] …]\n{tail}"
            ),
            bytes_total: self.total,
            bytes_omitted,
            lossy: head_lossy || tail_lossy,
        }
    }
}

fn lossily(bytes: &[u8]) -> (String, bool) {
    match String::from_utf8_lossy(bytes) {
        std::borrow::Cow::Borrowed(text) => (text.to_owned(), false),
        std::borrow::Cow::Owned(text) => (text, true),
    }
}

fn is_continuation(byte: u8) -> bool {
    byte & 0b1100_0000 == 0b1000_0000
}

/// Bytes at the end that begin a character without completing it.
fn incomplete_at_end(bytes: &[u8]) -> usize {
    for back in 1..=bytes.len().min(3) {
        let needed = match bytes[bytes.len() - back] {
            byte if is_continuation(byte) => continue,
            0xc0..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf7 => 4,
            _ => 1,
        };
        return if needed > back { back } else { 0 };
    }
    0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn capture(bytes_max: usize, pieces: &[&[u8]]) -> Kept {
        let mut capture = Capture::new(bytes_max);
        pieces.iter().for_each(|piece| capture.push(piece));
        capture.finish()
    }

    #[test]
    fn short_output_is_whole() {
        let kept = capture(100, &[b"one\n", b"two\n"]);
        assert_eq!((kept.text.as_str(), kept.bytes_omitted, kept.lossy), ("one\ntwo\n", 0, false));
    }

    #[test]
    fn long_output_keeps_head_and_tail_and_says_what_is_missing() {
        let kept = capture(8, &[b"abcdefgh", b"ijkl", b"mnop"]);
        assert_eq!(kept.text, "abcd\n[… 8 bytes left out here: `output_bytes_max` in [toolbox] …]\nmnop");
        assert_eq!((kept.bytes_total, kept.bytes_omitted), (16, 8));
    }

    #[test]
    fn a_character_at_the_cut_is_not_called_invalid() {
        let kept = capture(6, &["aaüüüüüaa".as_bytes()]);
        assert!(!kept.lossy, "{kept:?}");
        assert!(capture(6, &[b"a\xff"]).lossy);
    }

    proptest! {
        #[test]
        fn how_it_was_cut_into_pieces_does_not_matter(
            bytes in prop::collection::vec(any::<u8>(), 0..60), at in 0usize..60, bytes_max in 2usize..40,
        ) {
            let at = at.min(bytes.len());
            prop_assert_eq!(
                capture(bytes_max, &[&bytes[..at], &bytes[at..]]),
                capture(bytes_max, &[&bytes])
            );
        }

        #[test]
        fn valid_text_never_looks_invalid(text in "[aü→😀\n]{0,40}", bytes_max in 8usize..60) {
            prop_assert!(!capture(bytes_max, &[text.as_bytes()]).lossy);
        }
    }
}
