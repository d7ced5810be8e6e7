//! A range of lines out of a file of any size, in constant memory.

use std::io::{self, Read};

const BLOCK_BYTES: usize = 64 << 10;

#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted {
    /// First line, from 1.
    pub(crate) first: u64,
    pub(crate) count: u64,
    /// Bytes after which no further line is taken, and a single line is cut.
    pub(crate) bytes_max: usize,
    /// Read on to the end of the file to count its lines.
    pub(crate) count_all: bool,
    /// Byte order of two-byte code units, `None` for encodings in which a line feed is the byte 10.
    pub(crate) utf16: Option<ByteOrder>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ByteOrder {
    Little,
    Big,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Range {
    pub(crate) bytes: Vec<u8>,
    /// Lines taken, the last perhaps in part.
    pub(crate) lines: u64,
    /// The last line taken was longer than the limit and is cut.
    pub(crate) cut: bool,
    /// There is more after the last line taken.
    pub(crate) more: bool,
    /// Lines of the file; `None` when it was not read to its end.
    pub(crate) total: Option<u64>,
}

/// Reads `reader`, which stands after any byte order mark. A line feed at the very end begins no further line.
pub(crate) fn read(mut reader: impl Read, wanted: Wanted) -> io::Result<Range> {
    let mut scan =
        Scan { wanted, taken: Vec::new(), line: 1, lines: 0, cut: false, full: false, open: false };
    let mut block = vec![0; BLOCK_BYTES];
    loop {
        let filled = fill(&mut reader, &mut block)?;
        if filled == 0 {
            return Ok(scan.finish(true));
        }
        if !scan.block(&block[..filled]) && !wanted.count_all {
            return Ok(scan.finish(false));
        }
    }
}

struct Scan {
    wanted: Wanted,
    taken: Vec<u8>,
    /// Number of the line that the next byte belongs to.
    line: u64,
    lines: u64,
    cut: bool,
    /// Nothing more is taken.
    full: bool,
    /// The present line has begun.
    open: bool,
}

impl Scan {
    /// False once something after the range was seen: only counting is left.
    fn block(&mut self, mut block: &[u8]) -> bool {
        let mut wanting = true;
        while !block.is_empty() {
            let end = find_line_feed(block, self.wanted.utf16);
            let (piece, rest) = block.split_at(end.unwrap_or(block.len()));
            wanting = self.piece(piece, end.is_some());
            block = rest;
        }
        wanting
    }

    /// A piece of one line, ending with its line feed if `ends`.
    fn piece(&mut self, piece: &[u8], ends: bool) -> bool {
        let last = self.wanted.first.saturating_add(self.wanted.count);
        let wanted = self.line >= self.wanted.first && self.line < last;
        if self.line >= last {
            self.full = true;
        }
        if wanted && !self.full {
            self.take(piece);
        }
        self.open = !ends;
        if ends {
            self.line += 1;
        }
        // Full also once something beyond the range was seen: only then is it known that there is more.
        !self.full
    }

    fn take(&mut self, piece: &[u8]) {
        let begins = !self.open;
        if self.taken.len() + piece.len() <= self.wanted.bytes_max {
            self.lines += u64::from(begins);
            self.taken.extend_from_slice(piece);
            return;
        }
        self.full = true;
        if self.lines == 0 || (self.lines == 1 && !begins) {
            // The first line alone is too long: the head of it is better than nothing.
            let room = self.wanted.bytes_max - self.taken.len();
            self.taken.extend_from_slice(&piece[..room.min(piece.len()) & !1]);
            self.lines = 1;
            self.cut = true;
        } else if !begins {
            // Part of this line came with an earlier block; whole lines only.
            let whole = last_line_end(&self.taken, self.wanted.utf16);
            self.taken.truncate(whole);
            self.lines -= 1;
        }
    }

    fn finish(self, at_end: bool) -> Range {
        let total = self.line - 1 + u64::from(self.open);
        let beyond = self.wanted.first.saturating_sub(1).saturating_add(self.lines);
        Range {
            more: self.cut || !at_end || beyond < total,
            bytes: self.taken,
            lines: self.lines,
            cut: self.cut,
            total: at_end.then_some(total),
        }
    }
}

/// Fills the block unless the end comes first, so that it never ends within a code unit.
fn fill(reader: &mut impl Read, block: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < block.len() {
        match reader.read(&mut block[filled..]) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Position after the first line feed.
fn find_line_feed(block: &[u8], utf16: Option<ByteOrder>) -> Option<usize> {
    match utf16 {
        None => memchr::memchr(b'\n', block).map(|at| at + 1),
        Some(order) => block.chunks_exact(2).position(|unit| is_line_feed(unit, order)).map(|at| at * 2 + 2),
    }
}

/// Position after the last line feed, 0 when there is none.
fn last_line_end(bytes: &[u8], utf16: Option<ByteOrder>) -> usize {
    match utf16 {
        None => memchr::memrchr(b'\n', bytes).map_or(0, |at| at + 1),
        Some(order) => {
            bytes.chunks_exact(2).rposition(|unit| is_line_feed(unit, order)).map_or(0, |at| at * 2 + 2)
        }
    }
}

fn is_line_feed(unit: &[u8], order: ByteOrder) -> bool {
    unit == match order {
        ByteOrder::Little => [b'\n', 0],
        ByteOrder::Big => [0, b'\n'],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn take(text: &[u8], first: u64, count: u64, bytes_max: usize) -> Range {
        read(text, Wanted { first, count, bytes_max, count_all: true, utf16: None }).unwrap()
    }

    #[test]
    fn ranges_know_what_follows() {
        let text = b"one\ntwo\nthree";
        let range = take(text, 2, 1, 100);
        assert_eq!((range.bytes.as_slice(), range.lines, range.more), (&b"two\n"[..], 1, true));
        let range = take(text, 2, 9, 100);
        assert_eq!((range.bytes.as_slice(), range.lines, range.more), (&b"two\nthree"[..], 2, false));
        assert_eq!(take(b"one\n", 1, 9, 100).total, Some(1));
        assert_eq!(take(b"", 1, 9, 100).total, Some(0));
        assert_eq!(take(text, 9, 9, 100).lines, 0);
    }

    #[test]
    fn a_line_too_long_is_cut_and_others_are_kept_whole() {
        let range = take(b"abcdefgh\nij\n", 1, 9, 4);
        assert_eq!((range.bytes.as_slice(), range.cut, range.more), (&b"abcd"[..], true, true));
        let range = take(b"ab\ncdefgh\n", 1, 9, 6);
        assert_eq!((range.bytes.as_slice(), range.cut, range.more), (&b"ab\n"[..], false, true));
    }

    #[test]
    fn a_line_over_two_blocks_is_whole_or_absent() {
        let mut text = vec![b'x'; BLOCK_BYTES - 2];
        text.extend(b"\nyyyyyy\nz\n");
        let range = take(&text, 2, 1, 100);
        assert_eq!(range.bytes, b"yyyyyy\n");
        let range = take(&text, 1, 9, BLOCK_BYTES + 1);
        assert_eq!((range.bytes.len(), range.lines), (BLOCK_BYTES - 1, 1));
    }

    #[test]
    fn utf16_lines_are_split_at_units_not_bytes() {
        // U+0A0D holds the byte 10 and is no line feed.
        let text: Vec<u8> = "a\u{0a0d}\nb".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let wanted =
            Wanted { first: 1, count: 1, bytes_max: 99, count_all: true, utf16: Some(ByteOrder::Little) };
        let range = read(text.as_slice(), wanted).unwrap();
        assert_eq!((range.bytes.len(), range.total), (6, Some(2)));
    }

    proptest! {
        #[test]
        fn ranges_are_what_splitting_gives(text in "[a\n]{0,60}", first in 1u64..8, count in 1u64..8) {
            let lines: Vec<&str> = text.split_inclusive('\n').collect();
            let wanted: String =
                lines.iter().skip(first as usize - 1).take(count as usize).copied().collect();
            let range = take(text.as_bytes(), first, count, 1000);
            prop_assert_eq!(range.bytes, wanted.as_bytes());
            prop_assert_eq!(range.total, Some(lines.len() as u64));
            prop_assert_eq!(range.more, (first + count) as usize <= lines.len());
        }
    }
}
