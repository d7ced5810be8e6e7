//! What a file holds: text in some encoding, an image, or other bytes.

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};
use encoding_rs::{CoderResult, Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// Bytes from the head of a file that it is judged by.
pub(crate) const HEAD_BYTES: usize = 64 << 10;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kind {
    Text(Format),
    /// One of the four image types that MCP clients and models take.
    Image(&'static str),
    Binary(&'static str),
}

/// How a text is stored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Format {
    pub(crate) encoding: &'static Encoding,
    /// Length of the byte order mark at the very beginning; 0 when there is none.
    pub(crate) bom_bytes: usize,
}

impl Format {
    pub(crate) const UTF_8: Format = Format { encoding: UTF_8, bom_bytes: 0 };

    /// `UTF-8`, `UTF-8 with BOM`, `UTF-16LE` ….
    pub(crate) fn name(self) -> String {
        let bom = if self.bom_bytes > 0 { " with BOM" } else { "" };
        format!("{}{bom}", self.encoding.name())
    }
}

/// Judges by the head of a file; `whole` when the head is all of it.
pub(crate) fn sniff(head: &[u8], whole: bool) -> Kind {
    if let Some((encoding, bom_bytes)) = Encoding::for_bom(head) {
        return Kind::Text(Format { encoding, bom_bytes });
    }
    let has_nul = memchr::memchr(0, head).is_some();
    if !has_nul && is_utf8(head, whole) {
        return Kind::Text(Format::UTF_8);
    }
    if let Some(known) = infer::get(head) {
        return match known.mime_type() {
            mime @ ("image/png" | "image/jpeg" | "image/gif" | "image/webp") => Kind::Image(mime),
            mime => Kind::Binary(mime),
        };
    }
    if let Some(encoding) = utf16_without_bom(head) {
        return Kind::Text(Format { encoding, bom_bytes: 0 });
    }
    if has_nul || mostly_control(head) {
        return Kind::Binary("application/octet-stream");
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Allow);
    detector.feed(head, whole);
    Kind::Text(Format { encoding: detector.guess(None, Utf8Detection::Deny), bom_bytes: 0 })
}

/// Decodes bytes without their BOM; true when some of them were not valid and are shown as `U+FFFD`.
/// With `cut`, an incomplete character at the end is dropped instead.
pub(crate) fn decode(bytes: &[u8], encoding: &'static Encoding, cut: bool) -> (String, bool) {
    let mut decoder = encoding.new_decoder_without_bom_handling();
    let mut text =
        String::with_capacity(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3));
    let (result, _, lossy) = decoder.decode_to_string(bytes, &mut text, !cut);
    debug_assert_eq!(result, CoderResult::InputEmpty, "the buffer was made for the worst case");
    (text, lossy)
}

/// The opposite of [`decode`], or the first character that the encoding does not have.
pub(crate) fn encode(text: &str, encoding: &'static Encoding) -> Result<Vec<u8>, char> {
    if encoding == UTF_16LE {
        return Ok(text.encode_utf16().flat_map(u16::to_le_bytes).collect());
    }
    if encoding == UTF_16BE {
        return Ok(text.encode_utf16().flat_map(u16::to_be_bytes).collect());
    }
    let (bytes, _, unmappable) = encoding.encode(text);
    if unmappable {
        let first = text.chars().find(|c| encoding.encode(c.encode_utf8(&mut [0; 4])).2);
        return Err(first.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Ok(bytes.into_owned())
}

/// How lines of a text end: `lf`, `crlf`, `mixed`, or `none` for a text of one line.
pub(crate) fn line_endings(text: &str) -> &'static str {
    let all = memchr::memchr_iter(b'\n', text.as_bytes()).count();
    let crlf = memchr::memmem::find_iter(text.as_bytes(), b"\r\n").count();
    match (all, crlf) {
        (0, _) => "none",
        (_, 0) => "lf",
        (all, crlf) if all == crlf => "crlf",
        _ => "mixed",
    }
}

fn is_utf8(head: &[u8], whole: bool) -> bool {
    match std::str::from_utf8(head) {
        Ok(_) => true,
        // The head may end within a character.
        Err(error) => !whole && error.error_len().is_none(),
    }
}

/// Western text in UTF-16 has a zero in every other byte, and letters in the others: small numbers of two
/// bytes have the zeros too.
fn utf16_without_bom(head: &[u8]) -> Option<&'static Encoding> {
    let every_other = |offset: usize| head.iter().skip(offset).step_by(2).copied().collect::<Vec<u8>>();
    let (even, odd) = (every_other(0), every_other(1));
    if even.len() != odd.len() || even.len() < 2 {
        return None;
    }
    let mostly_zero = |bytes: &[u8]| bytes.iter().filter(|byte| **byte == 0).count() * 10 >= bytes.len() * 7;
    match (mostly_zero(&even), mostly_zero(&odd)) {
        (false, true) if !mostly_control(&even) => Some(UTF_16LE),
        (true, false) if !mostly_control(&odd) => Some(UTF_16BE),
        _ => None,
    }
}

/// More than one byte in fifty is a control character that no text holds.
fn mostly_control(head: &[u8]) -> bool {
    let control = head.iter().filter(|byte| matches!(byte, 0..=7 | 14..=26 | 28..=31 | 127)).count();
    control * 50 > head.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn text(encoding: &'static Encoding, bom_bytes: usize) -> Kind {
        Kind::Text(Format { encoding, bom_bytes })
    }

    #[test]
    fn kinds_are_told_apart() {
        assert_eq!(sniff(b"", true), text(UTF_8, 0));
        assert_eq!(sniff("grüße\n".as_bytes(), true), text(UTF_8, 0));
        assert_eq!(sniff(b"\xef\xbb\xbfhi", true), text(UTF_8, 3));
        assert_eq!(sniff(b"\xff\xfeh\0i\0", true), text(UTF_16LE, 2));
        assert_eq!(sniff(b"h\0e\0l\0l\0o\0", true), text(UTF_16LE, 0));
        assert_eq!(sniff(b"\0h\0e\0l\0l\0o", true), text(UTF_16BE, 0));
        assert_eq!(sniff(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", true), Kind::Image("image/png"));
        assert_eq!(
            sniff(&[b"\x7fELF\x02\x01\x01".as_slice(), &[0; 60]].concat(), true),
            Kind::Binary("application/x-executable")
        );
        assert_eq!(sniff(b"ab\0cd", true), Kind::Binary("application/octet-stream"));
        assert!(
            matches!(sniff(b"Stra\xdfe und Gr\xfc\xdfe aus K\xf6ln\n", true), Kind::Text(f) if f.encoding.name() == "windows-1252")
        );
    }

    #[test]
    fn a_head_may_end_within_a_character() {
        let cut = &"ü".as_bytes()[..1];
        assert_eq!(sniff(cut, false), text(UTF_8, 0));
        assert_ne!(sniff(cut, true), text(UTF_8, 0));
    }

    #[test]
    fn what_an_encoding_lacks_is_named() {
        assert_eq!(encode("a€b", encoding_rs::WINDOWS_1252), Ok(b"a\x80b".to_vec()));
        assert_eq!(encode("a→b", encoding_rs::WINDOWS_1252), Err('→'));
    }

    proptest! {
        #[test]
        fn utf16_goes_there_and_back(text in ".{0,40}") {
            for encoding in [UTF_16LE, UTF_16BE, UTF_8] {
                let bytes = encode(&text, encoding).unwrap();
                prop_assert_eq!(decode(&bytes, encoding, false), (text.clone(), false));
            }
        }
    }
}
