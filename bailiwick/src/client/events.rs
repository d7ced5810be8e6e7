//! A task's live events: in order, without gaps, through broken streams of one server.

use std::pin::Pin;
use std::time::Duration;

use agent::LiveEvent;
use domain::TaskId;
use domain::journal::Envelope;
use domain::task::TaskSummary;
use eventsource_stream::{Event, EventStreamError, Eventsource};
use futures::{Stream, StreamExt};
use reqwest::Method;

use super::{ApiError, Client};

/// Streams in a row that may end before anything came.
const EMPTY_STREAMS_MAX: u32 = 10;
/// Wait after each of them.
const EMPTY_STREAM_WAIT: Duration = Duration::from_millis(500);

/// One thing that happened.
#[derive(Debug)]
pub enum TaskEvent {
    /// Also larger than what came before in `seq`; none is skipped, none comes twice.
    Journal(Box<Envelope>),
    Live(LiveEvent),
    Summary(Box<TaskSummary>),
}

type Frames = Pin<Box<dyn Stream<Item = Result<Event, EventStreamError<reqwest::Error>>> + Send>>;

/// See [`Client::events`].
pub struct TaskEvents {
    client: Client,
    task_id: TaskId,
    last_seq: u64,
    frames: Option<Frames>,
    /// Streams in a row that gave nothing.
    empty: u32,
}

impl TaskEvents {
    pub(super) fn new(client: Client, task_id: TaskId, after: u64) -> Self {
        Self { client, task_id, last_seq: after, frames: None, empty: 0 }
    }

    /// The next event. Cancel-safe: what was received is never dropped between calls.
    pub async fn next(&mut self) -> Result<TaskEvent, ApiError> {
        loop {
            if self.frames.is_none() {
                self.connect().await?;
            }
            let Some(frames) = &mut self.frames else { continue };
            match frames.next().await {
                Some(Ok(frame)) => {
                    self.empty = 0;
                    if let Some(event) = self.read(&frame)? {
                        return Ok(event);
                    }
                }
                Some(Err(_)) | None => self.frames = None,
            }
        }
    }

    async fn connect(&mut self) -> Result<(), ApiError> {
        if self.empty >= EMPTY_STREAMS_MAX {
            return Err(ApiError::Silent { base: self.client.base.clone() });
        }
        if self.empty > 0 {
            tokio::time::sleep(EMPTY_STREAM_WAIT).await;
        }
        let path = format!("/tasks/{}/events?after={}", self.task_id, self.last_seq);
        let request = self.client.request(Method::GET, &path).header("accept", "text/event-stream");
        let response = self.client.success(request).await?;
        self.frames = Some(Box::pin(response.bytes_stream().eventsource()));
        self.empty += 1;
        Ok(())
    }

    fn read(&mut self, frame: &Event) -> Result<Option<TaskEvent>, ApiError> {
        let unreadable = |error: serde_json::Error| ApiError::Unreadable {
            base: "the event stream".to_owned(),
            detail: error.to_string(),
        };
        Ok(match frame.event.as_str() {
            "journal" => {
                let envelope: Envelope = serde_json::from_str(&frame.data).map_err(unreadable)?;
                if envelope.seq <= self.last_seq {
                    return Ok(None);
                }
                self.last_seq = envelope.seq;
                Some(TaskEvent::Journal(Box::new(envelope)))
            }
            "live" => Some(TaskEvent::Live(serde_json::from_str(&frame.data).map_err(unreadable)?)),
            "task" => {
                Some(TaskEvent::Summary(Box::new(serde_json::from_str(&frame.data).map_err(unreadable)?)))
            }
            _ => None,
        })
    }
}
