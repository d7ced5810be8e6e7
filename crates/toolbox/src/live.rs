//! Output of a running command for whoever watches: as text, at a pace that a watcher can take.

use domain::tool::{ProgressSink, ToolProgress};
use encoding_rs::{Decoder, UTF_8};
use fence::Stream;

/// Text of one stream that waits for the next flush; of more, the middle is left out.
const WAITING_BYTES_MAX: usize = 16 << 10;

/// Gathers what comes and hands it on when [`Live::flush`] is called.
pub(crate) struct Live {
    sink: ProgressSink,
    stdout: Waiting,
    stderr: Waiting,
}

struct Waiting {
    /// Holds back the first bytes of a character until the others come.
    decoder: Decoder,
    text: String,
    omitted: usize,
}

impl Live {
    pub(crate) fn new(sink: ProgressSink) -> Self {
        Self { sink, stdout: Waiting::new(), stderr: Waiting::new() }
    }

    pub(crate) fn push(&mut self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Stdout => self.stdout.push(bytes),
            Stream::Stderr => self.stderr.push(bytes),
        }
    }

    pub(crate) fn flush(&mut self) {
        if let Some(text) = self.stdout.take() {
            (self.sink)(ToolProgress::Stdout { text });
        }
        if let Some(text) = self.stderr.take() {
            (self.sink)(ToolProgress::Stderr { text });
        }
    }
}

impl Waiting {
    fn new() -> Self {
        Self { decoder: UTF_8.new_decoder_without_bom_handling(), text: String::new(), omitted: 0 }
    }

    fn push(&mut self, bytes: &[u8]) {
        for block in bytes.chunks(WAITING_BYTES_MAX / 4) {
            self.text.reserve(self.decoder.max_utf8_buffer_length(block.len()).unwrap_or(block.len() * 3));
            let _ = self.decoder.decode_to_string(block, &mut self.text, false);
            // The newest is what a watcher wants; trimmed in large steps, so that it costs little.
            if self.text.len() > 2 * WAITING_BYTES_MAX {
                let start = self.text.ceil_char_boundary(self.text.len() - WAITING_BYTES_MAX);
                self.text.drain(..start);
                self.omitted += start;
            }
        }
    }

    fn take(&mut self) -> Option<String> {
        if self.text.is_empty() {
            return None;
        }
        let text = std::mem::take(&mut self.text);
        Some(match std::mem::take(&mut self.omitted) {
            0 => text,
            omitted => format!("[… {omitted} bytes went by …]\n{text}"),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    #[test]
    fn characters_come_whole_and_a_flood_is_thinned() {
        let seen = Arc::new(Mutex::new(Vec::new()));
        let sink: ProgressSink = {
            let seen = seen.clone();
            Arc::new(move |progress| seen.lock().unwrap().push(progress))
        };
        let mut live = Live::new(sink);
        live.push(Stream::Stdout, &"ü".as_bytes()[..1]);
        live.flush();
        live.push(Stream::Stdout, &"ü".as_bytes()[1..]);
        live.push(Stream::Stderr, b"oops");
        live.flush();
        live.push(Stream::Stdout, &vec![b'x'; 10 << 20]);
        live.flush();

        let seen = seen.lock().unwrap();
        assert_eq!(seen[0], ToolProgress::Stdout { text: "ü".into() });
        assert_eq!(seen[1], ToolProgress::Stderr { text: "oops".into() });
        let ToolProgress::Stdout { text } = &seen[2] else { panic!("{:?}", seen[2]) };
        assert!(text.starts_with("[… ") && text.len() < 3 * WAITING_BYTES_MAX, "{}", text.len());
        assert_eq!(seen.len(), 3);
    }
}
