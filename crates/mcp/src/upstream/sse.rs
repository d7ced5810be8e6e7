//! Server-sent events with a bound on every buffer.
//!
//! Written here because the crates that read event streams keep a line or an event however long it grows, and a
//! server may send either without end.

use super::UpstreamError;

/// One event with data. Events without data only move [`Decoder::last_event_id`] and [`Decoder::retry_ms`].
#[derive(Debug, PartialEq, Eq)]
pub struct Event {
    /// `message` when the server named none.
    pub name: String,
    pub data: Vec<u8>,
}

/// Takes bytes as they come and gives whole events.
#[derive(Debug)]
pub struct Decoder {
    bytes_max: usize,
    line: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    name: Vec<u8>,
    id: Option<Vec<u8>>,
    last_event_id: Option<String>,
    retry_ms: Option<u64>,
    /// A line feed that follows belongs to the carriage return before it.
    after_return: bool,
    at_start: bool,
}

impl Decoder {
    /// `bytes_max`: of one event, names and line ends included.
    pub fn new(bytes_max: u64) -> Self {
        Self {
            bytes_max: usize::try_from(bytes_max).unwrap_or(usize::MAX),
            line: Vec::new(),
            data: Vec::new(),
            has_data: false,
            name: Vec::new(),
            id: None,
            last_event_id: None,
            retry_ms: None,
            after_return: false,
            at_start: true,
        }
    }

    /// What to ask a server to go on after.
    pub fn last_event_id(&self) -> Option<&str> {
        self.last_event_id.as_deref()
    }

    /// How long the server wants a client to wait before it connects again.
    pub fn retry_ms(&self) -> Option<u64> {
        self.retry_ms
    }

    /// Appends the events that `bytes` complete to `events`.
    pub fn push(&mut self, mut bytes: &[u8], events: &mut impl Extend<Event>) -> Result<(), UpstreamError> {
        while !bytes.is_empty() {
            if std::mem::take(&mut self.after_return) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let Some(end) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) else {
                self.line.extend_from_slice(bytes);
                return self.check();
            };
            self.line.extend_from_slice(&bytes[..end]);
            self.check()?;
            self.after_return = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            let line = std::mem::take(&mut self.line);
            if let Some(event) = self.line(&line) {
                events.extend([event]);
            }
            self.line = emptied(line);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), UpstreamError> {
        if self.line.len() + self.data.len() > self.bytes_max {
            return Err(UpstreamError::TooLarge { bytes_max: self.bytes_max as u64 });
        }
        Ok(())
    }

    fn line(&mut self, line: &[u8]) -> Option<Event> {
        let line = match std::mem::take(&mut self.at_start) {
            true => line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line),
            false => line,
        };
        if line.is_empty() {
            return self.dispatch();
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &b""[..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => self.name = value.to_vec(),
            b"id" if !value.contains(&0) => self.id = Some(value.to_vec()),
            b"retry" => {
                self.retry_ms =
                    std::str::from_utf8(value).ok().and_then(|text| text.parse().ok()).or(self.retry_ms);
            }
            // A comment (the field is empty), or a field that the standard says to ignore.
            _ => {}
        }
        None
    }

    fn dispatch(&mut self) -> Option<Event> {
        if let Some(id) = self.id.take() {
            self.last_event_id = String::from_utf8(id).ok().filter(|id| !id.is_empty());
        }
        let name = std::mem::take(&mut self.name);
        self.has_data = false;
        let data = std::mem::take(&mut self.data);
        if data.is_empty() {
            return None;
        }
        let name =
            if name.is_empty() { "message".to_owned() } else { String::from_utf8_lossy(&name).into_owned() };
        Some(Event { name, data })
    }
}

/// The buffer for the next line; a big one is given back to the system.
pub(super) fn emptied(mut buffer: Vec<u8>) -> Vec<u8> {
    const KEPT_BYTES_MAX: usize = 64 << 10;
    if buffer.capacity() > KEPT_BYTES_MAX {
        return Vec::new();
    }
    buffer.clear();
    buffer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(pieces: &[&[u8]], bytes_max: u64) -> Result<(Vec<(String, String)>, Decoder), UpstreamError> {
        let mut decoder = Decoder::new(bytes_max);
        let mut events = Vec::new();
        for piece in pieces {
            decoder.push(piece, &mut events)?;
        }
        let events =
            events.into_iter().map(|event| (event.name, String::from_utf8(event.data).unwrap())).collect();
        Ok((events, decoder))
    }

    #[test]
    fn fields_and_line_ends_are_read_as_the_standard_says() {
        let text = "\u{feff}: hello\r\nid: 7\rretry: 500\ndata:\n\nevent: endpoint\ndata: a\r\ndata:  b\r\n\r\ndata:c\nother: x\n\n";
        let (events, decoder) = read(&[text.as_bytes()], 1000).unwrap();
        assert_eq!(events, [("endpoint".into(), "a\n b".into()), ("message".into(), "c".into())]);
        assert_eq!((decoder.last_event_id(), decoder.retry_ms()), (Some("7"), Some(500)));
    }

    #[test]
    fn an_endless_line_and_an_endless_event_are_stopped() {
        let piece = [b'x'; 100];
        assert!(matches!(
            read(&[b"data: ", &piece, &piece], 150),
            Err(UpstreamError::TooLarge { bytes_max: 150 })
        ));
        assert!(read(&[&b"data: xxxxxxxxxxxxxxxxxxxxxx\n"[..]; 10], 150).is_err());
        assert!(read(&[&b": only comments\n\n"[..]; 1000], 150).is_ok());
    }

    proptest! {
        #[test]
        fn where_the_bytes_are_cut_makes_no_difference(
            text in "(data: ?[a-z]{0,5}|id: [0-9]|event: x|: c|)(\n|\r|\r\n)([a-z:]{0,9}(\n|\r|\r\n)){0,8}(\n\n)?",
            at in 0usize..60,
        ) {
            let bytes = text.as_bytes();
            let at = at.min(bytes.len());
            let whole = read(&[bytes], 1000).unwrap().0;
            prop_assert_eq!(read(&[&bytes[..at], &bytes[at..]], 1000).unwrap().0, whole);
        }
    }
}
