//! Lines of bounded length.

use tokio::io::{AsyncBufRead, AsyncBufReadExt};

/// A line that is longer than `max` is read to its end and forgotten: it costs time, never memory.
pub(super) struct Lines<R> {
    reader: R,
    line: Vec<u8>,
    max: usize,
}

pub(super) enum Line {
    /// Without its end.
    Whole(Vec<u8>),
    TooLong,
}

impl<R: AsyncBufRead + Unpin> Lines<R> {
    pub(super) fn new(reader: R, max: usize) -> Self {
        Self { reader, line: Vec::new(), max }
    }

    /// None at the end of the input; what stands there without a line end is a line.
    pub(super) async fn next(&mut self) -> std::io::Result<Option<Line>> {
        let mut is_too_long = false;
        loop {
            let found = self.reader.fill_buf().await?;
            if found.is_empty() {
                let line = std::mem::take(&mut self.line);
                return Ok(match (is_too_long, line.is_empty()) {
                    (true, _) => Some(Line::TooLong),
                    (false, true) => None,
                    (false, false) => Some(Line::Whole(line)),
                });
            }
            let end = found.iter().position(|byte| *byte == b'\n');
            let part = &found[..end.unwrap_or(found.len())];
            if is_too_long || self.line.len() + part.len() > self.max {
                is_too_long = true;
                self.line = Vec::new();
            } else {
                self.line.extend_from_slice(part);
            }
            let used = part.len() + usize::from(end.is_some());
            self.reader.consume(used);
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                return Ok(Some(if is_too_long { Line::TooLong } else { Line::Whole(line) }));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_line_without_end_costs_no_memory_and_the_next_one_is_read() {
        let text = format!("short\n{}\r\nafter\nlast", "x".repeat(1000));
        let mut lines = Lines::new(tokio::io::BufReader::with_capacity(16, text.as_bytes()), 10);
        let mut seen = Vec::new();
        while let Some(line) = lines.next().await.unwrap() {
            seen.push(match line {
                Line::Whole(line) => String::from_utf8(line).unwrap(),
                Line::TooLong => "too long".into(),
            });
            assert!(lines.line.capacity() <= 10);
        }
        assert_eq!(seen, ["short", "too long", "after", "last"]);
    }
}
