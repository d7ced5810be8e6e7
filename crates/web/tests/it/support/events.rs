//! Reads a stream of server-sent events.

use std::collections::VecDeque;
use std::time::Duration;

use reqwest::{RequestBuilder, Response};
use serde_json::Value;

/// One event as it was sent.
#[derive(Debug)]
pub struct Frame {
    pub event: String,
    pub id: Option<u64>,
    pub data: Value,
}

pub struct Frames {
    response: Response,
    rest: String,
    ready: VecDeque<Frame>,
}

impl Frames {
    pub async fn open(request: RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { response, rest: String::new(), ready: VecDeque::new() }
    }

    /// The next event that is not a comment; `None` when the stream has ended.
    pub async fn next(&mut self) -> Option<Frame> {
        let wait = async {
            loop {
                if let Some(frame) = self.ready.pop_front() {
                    return Some(frame);
                }
                let chunk = self.response.chunk().await.ok()??;
                // Everything we send is ASCII in these tests, so a chunk never cuts a character.
                self.rest.push_str(std::str::from_utf8(&chunk).unwrap());
                while let Some(end) = self.rest.find("\n\n") {
                    let frame: String = self.rest.drain(..end + 2).collect();
                    self.ready.extend(parse(&frame));
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(20), wait).await.expect("an event comes")
    }

    /// The next event with that name; others are passed over.
    pub async fn next_of(&mut self, event: &str) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.event == event {
                return Some(frame);
            }
        }
    }

    /// Ids of the next journal events.
    pub async fn ids(&mut self, count: usize) -> Vec<u64> {
        let mut ids = Vec::with_capacity(count);
        while ids.len() < count {
            let frame = self.next_of("journal").await.expect("the stream goes on");
            assert_eq!(frame.data["seq"].as_u64(), frame.id);
            ids.push(frame.id.unwrap());
        }
        ids
    }
}

/// `None` for comments and for the reconnection time alone.
fn parse(frame: &str) -> Option<Frame> {
    let field = |name: &str| {
        frame
            .lines()
            .find_map(|line| Some(line.strip_prefix(name)?.strip_prefix(':')?.trim_start().to_owned()))
    };
    let data = field("data")?;
    Some(Frame {
        event: field("event").expect("every event has a name"),
        id: field("id").map(|id| id.parse().unwrap()),
        data: serde_json::from_str(&data).unwrap(),
    })
}
