//! The lines of one file that match.

use std::io::{self, Read};

use grep::matcher::LineTerminator;
use grep::regex::RegexMatcher;
use grep::searcher::{
    BinaryDetection, MmapChoice, Searcher, SearcherBuilder, Sink, SinkContext, SinkFinish, SinkMatch,
};
use schemars::JsonSchema;
use serde::Serialize;

/// Memory for one line of a file; a file with a longer one is left out.
const LINE_BYTES_MAX: usize = 16 << 20;

/// Characters of a line that are shown.
const LINE_CHARACTERS_MAX: usize = 500;

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct FileMatches {
    pub(super) path: String,
    pub(super) lines: Vec<Line>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Line {
    /// From 1.
    pub(super) line: u64,
    /// Without its line end; a long line is cut, and ends with "…".
    pub(super) text: String,
    /// False for a line of context.
    pub(super) is_match: bool,
}

/// Searches one file after the other and keeps count of what is left to give back.
pub(super) struct Content {
    searcher: Searcher,
    matches_left: usize,
    bytes_left: usize,
}

/// What one file gave.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) lines: Vec<Line>,
    pub(super) matches: u64,
    pub(super) binary: bool,
    pub(super) truncated: bool,
}

impl Content {
    pub(super) fn new(context_lines: usize, matches_max: usize, bytes_max: usize) -> Self {
        let searcher = SearcherBuilder::new()
            .line_terminator(LineTerminator::crlf())
            .line_number(true)
            .before_context(context_lines)
            .after_context(context_lines)
            .binary_detection(BinaryDetection::quit(0))
            .bom_sniffing(true)
            .heap_limit(Some(LINE_BYTES_MAX))
            // A file that shrinks while it is mapped kills the process.
            .memory_map(MmapChoice::never())
            .build();
        Self { searcher, matches_left: matches_max, bytes_left: bytes_max }
    }

    pub(super) fn search(&mut self, matcher: &RegexMatcher, file: impl Read) -> io::Result<Found> {
        let mut collector = Collector {
            found: Found::default(),
            matches_left: self.matches_left,
            bytes_left: self.bytes_left,
        };
        self.searcher.search_reader(matcher, file, &mut collector)?;
        let mut found = collector.found;
        if found.binary {
            // What matched before the first zero byte is not text either.
            return Ok(Found { binary: true, ..Found::default() });
        }
        // Context before a match that was left out belongs to nothing.
        let end = found.lines.iter().rposition(|line| line.is_match).map_or(0, |at| at + 1);
        if found.truncated {
            found.lines.truncate(end);
        }
        (self.matches_left, self.bytes_left) = (collector.matches_left, collector.bytes_left);
        Ok(found)
    }
}

struct Collector {
    found: Found,
    matches_left: usize,
    bytes_left: usize,
}

impl Collector {
    /// False when there is no room for it.
    fn line(&mut self, number: Option<u64>, bytes: &[u8], is_match: bool) -> bool {
        let text = shown(bytes);
        if self.bytes_left < text.len() {
            self.found.truncated = true;
            return false;
        }
        self.bytes_left -= text.len();
        self.found.lines.push(Line { line: number.unwrap_or_default(), text, is_match });
        true
    }
}

impl Sink for Collector {
    type Error = io::Error;

    fn matched(&mut self, _: &Searcher, found: &SinkMatch<'_>) -> io::Result<bool> {
        if self.matches_left == 0 {
            self.found.truncated = true;
            return Ok(false);
        }
        if !self.line(found.line_number(), found.bytes(), true) {
            return Ok(false);
        }
        self.matches_left -= 1;
        self.found.matches += 1;
        Ok(true)
    }

    fn context(&mut self, _: &Searcher, context: &SinkContext<'_>) -> io::Result<bool> {
        Ok(self.line(context.line_number(), context.bytes(), false))
    }

    fn binary_data(&mut self, _: &Searcher, _: u64) -> io::Result<bool> {
        self.found.binary = true;
        Ok(false)
    }

    fn finish(&mut self, _: &Searcher, end: &SinkFinish) -> io::Result<()> {
        self.found.binary |= end.binary_byte_offset().is_some();
        Ok(())
    }
}

fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_end_matches(['\n', '\r']);
    match text.char_indices().nth(LINE_CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}
