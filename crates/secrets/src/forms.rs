//! The forms in which a value may come back: as it is, and as programs write it into other texts.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Shorter texts would be found everywhere.
pub(crate) const FORM_BYTES_MIN: usize = 8;
/// Lines of a value with many, such as a private key, are looked for on their own from this length on.
const LINE_BYTES_MIN: usize = 16;

/// Longer values are looked for in pieces of this size. That bounds the work of a hostile one: the search is
/// built in time that grows with the square of a text that repeats itself.
const PIECE_BYTES: usize = 128;

/// All forms of at least [`FORM_BYTES_MIN`] bytes.
pub(crate) fn of(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    if value.len() < FORM_BYTES_MIN {
        return forms;
    }
    let trimmed = value.trim();
    for text in pieces(value).chain(pieces(trimmed)) {
        forms.insert(text.to_owned());
        let once = json_escaped(text);
        forms.insert(json_escaped(&once));
        forms.insert(json_escaped(text).replace('/', "\\/"));
        forms.insert(once);
        forms.extend(percent_encoded(text));
        forms.extend(base64_encoded(text));
        forms.extend([hex(text, false), hex(text, true)]);
    }
    if trimmed.contains('\n') {
        let lines = trimmed.lines().map(str::trim);
        // The first and last line of a key in PEM form say only what it is.
        forms.extend(
            lines
                .filter(|line| line.len() >= LINE_BYTES_MIN && !line.starts_with("-----"))
                .map(str::to_owned),
        );
    }
    forms.retain(|form| form.len() >= FORM_BYTES_MIN);
    forms
}

/// The last piece may be longer, so that none is too short to be looked for.
fn pieces(mut rest: &str) -> impl Iterator<Item = &str> {
    std::iter::from_fn(move || {
        let end =
            if rest.len() < 2 * PIECE_BYTES { rest.len() } else { rest.ceil_char_boundary(PIECE_BYTES) };
        let (piece, after) = rest.split_at(end);
        rest = after;
        (!piece.is_empty()).then_some(piece)
    })
}

fn json_escaped(text: &str) -> String {
    let quoted = serde_json::Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

/// Signs that percent-encoding leaves as they are: by RFC 3986, in paths, in forms, and as JavaScript does it.
const LEFT_ALONE: [&[u8]; 4] = [b"-._~", b"-._~/", b"-._*", b"-._~!*'()"];

/// As in paths and queries, and as in forms; with digits of either case.
fn percent_encoded(text: &str) -> impl Iterator<Item = String> {
    let encode = move |left_alone: &[u8], space: &str, upper: bool| {
        let mut encoded = String::with_capacity(text.len() * 3);
        for byte in text.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => encoded.push(byte.into()),
                byte if left_alone.contains(&byte) => encoded.push(byte.into()),
                b' ' => encoded.push_str(space),
                _ if upper => encoded.push_str(&format!("%{byte:02X}")),
                _ => encoded.push_str(&format!("%{byte:02x}")),
            }
        }
        encoded
    };
    LEFT_ALONE.into_iter().flat_map(move |left_alone| {
        [("%20", true), ("%20", false), ("+", true), ("+", false)]
            .map(|(space, upper)| encode(left_alone, space, upper))
    })
}

fn hex(text: &str, upper: bool) -> String {
    text.bytes().map(|byte| if upper { format!("{byte:02X}") } else { format!("{byte:02x}") }).collect()
}

/// In both alphabets, and as part of something longer: three bytes become four characters, so there are three
/// ways to lie. Characters that also hold bits of the neighbours are left out.
fn base64_encoded(text: &str) -> impl Iterator<Item = String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let mut bytes = vec![0; before];
        bytes.extend_from_slice(text.as_bytes());
        let skip = [0, 2, 3][before];
        let whole = bytes.len() * 8 / 6;
        for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
            forms.push(engine.encode(&bytes)[skip..whole].to_owned());
        }
    }
    forms.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_encoding_is_known_as_every_library_writes_it() {
        let forms = of("a/b c~d*e(f)");
        for form in [
            "a%2Fb%20c~d%2Ae%28f%29",
            // `quote` of Python.
            "a/b%20c~d%2Ae%28f%29",
            // `URLSearchParams` of JavaScript, and its `encodeURIComponent`.
            "a%2Fb+c%7Ed*e%28f%29",
            "a%2Fb%20c~d*e(f)",
        ] {
            assert!(forms.contains(form), "{form}");
        }
    }
}
