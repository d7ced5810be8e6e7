//! One keep-alive connection over HTTP/1.1, with no more work for an answer than it takes to find its end: what the
//! load costs is taken from what is measured.

use std::io;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

pub struct Connection {
    authority: String,
    path: String,
    stream: Option<TcpStream>,
    received: Vec<u8>,
    body: Vec<u8>,
}

pub struct Answer<'a> {
    pub status: u16,
    pub session: Option<String>,
    pub body: &'a [u8],
}

/// Where the parts of an answer's head say that its body ends.
enum End {
    Length(usize),
    LastChunk,
    Close,
}

impl Connection {
    /// `url` like `http://127.0.0.1:7878/mcp`. Nothing is opened before the first request.
    pub fn new(url: &str) -> Self {
        let rest = url.strip_prefix("http://").expect("plain HTTP");
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        Self {
            authority: authority.to_owned(),
            path: format!("/{path}"),
            stream: None,
            received: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The bytes of a POST; `headers` are lines that end with CR LF.
    pub fn post(&self, headers: &str, body: &str) -> Vec<u8> {
        format!(
            "POST {} HTTP/1.1\r\nHost: {}\r\nContent-Type: application/json\r\n\
             Accept: application/json, text/event-stream\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.path,
            self.authority,
            body.len()
        )
        .into_bytes()
    }

    pub async fn send(&mut self, request: &[u8]) -> io::Result<Answer<'_>> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.authority).await?;
                stream.set_nodelay(true)?;
                stream
            }
        };
        stream.write_all(request).await?;
        self.received.clear();
        self.body.clear();
        let head = loop {
            more(&mut stream, &mut self.received).await?;
            if let Some(at) = find(&self.received, b"\r\n\r\n") {
                break at + 4;
            }
        };
        let (status, session, end, keep) = read_head(&self.received[..head])?;
        let mut at = head;
        match end {
            End::Length(length) => {
                while self.received.len() < at + length {
                    more(&mut stream, &mut self.received).await?;
                }
                self.body.extend_from_slice(&self.received[at..at + length]);
            }
            End::LastChunk => loop {
                let line = loop {
                    match find(&self.received[at..], b"\r\n") {
                        Some(line) => break line,
                        None => more(&mut stream, &mut self.received).await?,
                    }
                };
                let size = std::str::from_utf8(&self.received[at..at + line]).ok();
                let size =
                    size.and_then(|text| usize::from_str_radix(text.split(';').next()?.trim(), 16).ok());
                let size = size.ok_or_else(|| wrong("a chunk without a size"))?;
                at += line + 2;
                while self.received.len() < at + size + 2 {
                    more(&mut stream, &mut self.received).await?;
                }
                if size == 0 {
                    break;
                }
                self.body.extend_from_slice(&self.received[at..at + size]);
                at += size + 2;
            },
            End::Close => {
                while more(&mut stream, &mut self.received).await.is_ok() {}
                self.body.extend_from_slice(&self.received[at..]);
            }
        }
        if keep {
            self.stream = Some(stream);
        }
        Ok(Answer { status, session, body: &self.body })
    }
}

fn read_head(head: &[u8]) -> io::Result<(u16, Option<String>, End, bool)> {
    let text = std::str::from_utf8(head).map_err(|_| wrong("a head that is no text"))?;
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)).and_then(|code| code.parse().ok());
    let status = status.ok_or_else(|| wrong("no status line"))?;
    let (mut session, mut end, mut keep) = (None, None, true);
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let value = value.trim();
        if name.eq_ignore_ascii_case("content-length") {
            end = Some(End::Length(value.parse().map_err(|_| wrong("a length that is no number"))?));
        } else if name.eq_ignore_ascii_case("transfer-encoding") {
            end = Some(End::LastChunk);
        } else if name.eq_ignore_ascii_case("mcp-session-id") {
            session = Some(value.to_owned());
        } else if name.eq_ignore_ascii_case("connection") {
            keep = !value.eq_ignore_ascii_case("close");
        }
    }
    let end = match end {
        Some(end) => end,
        None if matches!(status, 204 | 304) => End::Length(0),
        None => End::Close,
    };
    keep &= !matches!(end, End::Close);
    Ok((status, session, end, keep))
}

async fn more(stream: &mut TcpStream, received: &mut Vec<u8>) -> io::Result<()> {
    match stream.read_buf(received).await? {
        0 => Err(wrong("the connection was closed")),
        _ => Ok(()),
    }
}

pub fn find(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|window| window == part)
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
