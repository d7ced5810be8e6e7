//! Server-sent events: where the bytes are cut changes nothing, and no event grows beyond the bound.
#![no_main]

use libfuzzer_sys::fuzz_target;
use mcp::upstream::sse::{Decoder, Event};

const BYTES_MAX: usize = 256;

fuzz_target!(|input: &[u8]| {
    let Some((cuts, bytes)) = input.split_at_checked(4) else { return };
    let (whole, whole_end) = read([bytes]);
    let (cut, cut_end) = read(pieces(cuts, bytes));
    assert_eq!(whole, cut);
    assert_eq!(whole_end, cut_end);
    for event in whole {
        assert!(event.name.chars().count() <= BYTES_MAX && !event.name.is_empty());
        assert!(event.data.len() <= BYTES_MAX && !event.data.is_empty());
        assert!(!event.data.contains(&b'\r'));
    }
});

/// The events, and what the decoder knows at the end; `None` when it stopped at a bound.
fn read<'a>(
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Event>, Option<(Option<String>, Option<u64>)>) {
    let mut decoder = Decoder::new(BYTES_MAX as u64);
    let mut events = Vec::new();
    for piece in pieces {
        if decoder.push(piece, &mut events).is_err() {
            return (events, None);
        }
    }
    let end = (decoder.last_event_id().map(str::to_owned), decoder.retry_ms());
    (events, Some(end))
}

/// Pieces whose lengths are taken from `cuts`, over and over.
fn pieces<'a>(cuts: &[u8], mut bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let mut all = Vec::new();
    for cut in cuts.iter().cycle() {
        let (piece, rest) = bytes.split_at(usize::from(cut % 32 + 1).min(bytes.len()));
        all.push(piece);
        bytes = rest;
        if bytes.is_empty() {
            return all;
        }
    }
    all
}
