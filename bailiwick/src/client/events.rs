//! A task's live events: in order, without gaps, through reconnects.

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

/// Attempts to reconnect before giving up, half a second apart.
const RECONNECTS_MAX: u32 = 20;

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
    failures: u32,
}

impl TaskEvents {
    pub(super) fn new(client: Client, task_id: TaskId, after: u64) -> Self {
        Self { client, task_id, last_seq: after, frames: None, failures: 0 }
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
                    self.failures = 0;
                    if let Some(event) = self.read(&frame)? {
                        return Ok(event);
                    }
                }
                Some(Err(_)) | None => self.frames = None,
            }
        }
    }

    async fn connect(&mut self) -> Result<(), ApiError> {
        loop {
            let path = format!("/tasks/{}/events?after={}", self.task_id, self.last_seq);
            let request = self.client.request(Method::GET, &path).header("accept", "text/event-stream");
            match self.client.success(request).await {
                Ok(response) => {
                    self.frames = Some(Box::pin(response.bytes_stream().eventsource()));
                    // Counts as a failure until something arrives, so that a server which accepts and hangs up
                    // is not asked for ever.
                    self.failures += 1;
                    return Ok(());
                }
                Err(error @ ApiError::Unreachable { .. }) if self.failures >= RECONNECTS_MAX => {
                    return Err(error);
                }
                Err(ApiError::Unreachable { .. }) => self.failures += 1,
                Err(error) => return Err(error),
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
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
