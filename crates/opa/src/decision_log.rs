//! Sending decisions to where OPA's decision logs go.
//!
//! The upload is OPA's: `POST` of a gzip-compressed JSON array of events, `Content-Type: application/json`,
//! `Content-Encoding: gzip`; give the whole address, as a rule one that ends in `/logs`. The file holds one event a
//! line (JSON Lines), and is renamed to `NAME.1`, `NAME.2` … when it is full.

mod file;
mod queue;
mod upload;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use policy::decision_log::LogEvent;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use url::Url;

use queue::Queue;

/// `[policy.decision_log]`: where decisions are sent besides the store, which has them all.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DecisionLogConfig {
    pub upload: Option<UploadConfig>,
    pub file: Option<FileConfig>,
    pub buffer: BufferConfig,
}

/// `[policy.decision_log.buffer]`: what waits to be sent, for each of the two destinations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BufferConfig {
    /// Events that wait at most; beyond it the oldest is dropped and counted.
    pub events_max: usize,
    /// Bytes that wait at most; beyond it the oldest is dropped and counted.
    pub bytes_max: usize,
}

impl Default for BufferConfig {
    fn default() -> Self {
        Self { events_max: 10_000, bytes_max: 32 << 20 }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UploadConfig {
    pub url: Url,
    /// Sent as `Authorization: Bearer …`.
    #[serde(default)]
    pub token: Option<SecretString>,
    /// Time that events wait for more to come, seconds.
    #[serde(default = "delay_default")]
    pub delay_seconds: f64,
    /// Size of one upload before it is compressed, bytes; a single larger event is sent alone.
    #[serde(default = "batch_default")]
    pub batch_bytes_max: usize,
    /// Time one upload may take, seconds.
    #[serde(default = "timeout_default")]
    pub timeout_seconds: f64,
    /// Longest wait between two tries, seconds.
    #[serde(default = "retry_default")]
    pub retry_seconds_max: f64,
}

impl UploadConfig {
    /// An address with everything else as it is by default.
    pub fn to(url: Url) -> Self {
        Self {
            url,
            token: None,
            delay_seconds: delay_default(),
            batch_bytes_max: batch_default(),
            timeout_seconds: timeout_default(),
            retry_seconds_max: retry_default(),
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileConfig {
    pub path: PathBuf,
    /// Size at which the file is set aside, bytes.
    #[serde(default = "file_default")]
    pub bytes_max: u64,
    /// Files that were set aside and are kept.
    #[serde(default = "files_default")]
    pub kept_max: u32,
}

fn delay_default() -> f64 {
    5.0
}
fn batch_default() -> usize {
    1 << 20
}
fn timeout_default() -> f64 {
    30.0
}
fn retry_default() -> f64 {
    60.0
}
fn file_default() -> u64 {
    64 << 20
}
fn files_default() -> u32 {
    5
}

/// Why the log cannot begin.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    #[error("the decision log cannot be written to {path}: {error}; see policy.decision_log.file.path")]
    File { path: String, error: std::io::Error },
}

/// What became of the events, by destination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub upload: Option<Destination>,
    pub file: Option<Destination>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Destination {
    /// Arrived.
    pub sent: u64,
    /// Given up, oldest first, because too many waited.
    pub dropped: u64,
    /// Given up because the destination refused them for what they are.
    pub refused: u64,
    /// Waiting.
    pub waiting: u64,
    /// Tries that failed since one went well.
    pub failures: u64,
    /// Why the last try failed; `None` when it did not.
    pub last_error: Option<String>,
}

/// Takes events and sends them on in the background. Cheap to clone. The last clone dropped without
/// [`DecisionLog::close`] leaves behind what still waits.
#[derive(Clone)]
pub struct DecisionLog {
    inner: Arc<Inner>,
}

struct Inner {
    upload: Option<Arc<Queue>>,
    file: Option<Arc<Queue>>,
    workers: std::sync::Mutex<Vec<JoinHandle<()>>>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        for queue in [&self.upload, &self.file].into_iter().flatten() {
            queue.close();
            queue.abandon();
        }
    }
}

impl DecisionLog {
    /// Begins; the file is opened at once, so that a wrong path shows now.
    pub fn start(config: DecisionLogConfig, http: reqwest::Client) -> Result<Self, LogError> {
        let mut workers = Vec::new();
        let file = match config.file {
            None => None,
            Some(file) => {
                let queue = Arc::new(Queue::new(&config.buffer));
                let writer = file::Writer::open(file)?;
                workers.push(tokio::spawn(file::run(writer, queue.clone())));
                Some(queue)
            }
        };
        let upload = config.upload.map(|upload| {
            let queue = Arc::new(Queue::new(&config.buffer));
            workers.push(tokio::spawn(upload::run(upload, http, queue.clone())));
            queue
        });
        Ok(Self { inner: Arc::new(Inner { upload, file, workers: workers.into() }) })
    }

    /// Takes an event. Never waits: when too many wait already, the oldest is dropped.
    pub fn log(&self, event: &LogEvent) {
        let line = match serde_json::to_vec(event) {
            Ok(line) => Bytes::from(line),
            Err(error) => {
                tracing::error!(%error, "a decision could not be written as JSON for the decision log");
                return;
            }
        };
        for queue in [&self.inner.upload, &self.inner.file].into_iter().flatten() {
            queue.push(line.clone());
        }
    }

    pub fn counts(&self) -> Counts {
        let of = |queue: &Option<Arc<Queue>>| queue.as_ref().map(|queue| queue.counts());
        Counts { upload: of(&self.inner.upload), file: of(&self.inner.file) }
    }

    /// Sends what waits, for as long as that takes but no longer than `time_max`, and ends. The counts tell what was
    /// left behind.
    pub async fn close(self, time_max: Duration) -> Counts {
        for queue in [&self.inner.upload, &self.inner.file].into_iter().flatten() {
            queue.close();
        }
        let workers: Vec<_> = std::mem::take(
            &mut *self.inner.workers.lock().unwrap_or_else(std::sync::PoisonError::into_inner),
        );
        let stops: Vec<_> = workers.iter().map(JoinHandle::abort_handle).collect();
        let all = async {
            for worker in workers {
                // A worker that panicked has nothing more to send.
                let _ = worker.await;
            }
        };
        if tokio::time::timeout(time_max, all).await.is_err() {
            stops.iter().for_each(tokio::task::AbortHandle::abort);
            for queue in [&self.inner.upload, &self.inner.file].into_iter().flatten() {
                queue.abandon();
            }
        }
        self.counts()
    }
}
