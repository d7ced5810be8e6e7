//! Uploads to a decision log service.

use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE};
use reqwest::{Client, StatusCode};
use secrecy::ExposeSecret as _;

use super::UploadConfig;
use super::queue::Queue;
use crate::engine::told;

/// The first wait after a failure; it doubles until the longest that is configured.
const RETRY_FIRST_SECONDS: f64 = 0.5;

/// What became of one upload.
enum Outcome {
    Arrived,
    /// Smaller uploads might arrive.
    TooLarge,
    /// The service will never take these events.
    Refused(String),
    /// Later, it might.
    Failed(String),
}

/// Sends what comes until the queue is closed and empty.
pub(super) async fn run(config: UploadConfig, http: Client, queue: Arc<Queue>) {
    while queue.wait().await {
        let delay = Duration::from_secs_f64(config.delay_seconds.clamp(0.0, 3_600.0));
        // Whichever comes first: the time is over, or a batch is full.
        let _ = tokio::time::timeout(delay, queue.wait_for_bytes(config.batch_bytes_max)).await;
        let mut batches = vec![queue.take(config.batch_bytes_max)];
        while let Some(mut batch) = batches.pop() {
            match deliver(&config, &http, &queue, &batch).await {
                Outcome::Arrived => queue.sent(batch.len() as u64),
                Outcome::TooLarge if batch.len() > 1 => {
                    let rest = batch.split_off(batch.len() / 2);
                    batches.extend([rest, batch]);
                }
                Outcome::TooLarge => queue.refused(1, "one event is larger than the service takes".into()),
                Outcome::Refused(why) => queue.refused(batch.len() as u64, why),
                Outcome::Failed(_) => return,
            }
        }
    }
}

/// Tries until it is decided. `Failed` only when the queue was abandoned meanwhile.
async fn deliver(config: &UploadConfig, http: &Client, queue: &Queue, batch: &[Bytes]) -> Outcome {
    let body = match packed(batch) {
        Ok(body) => Bytes::from(body),
        Err(error) => return Outcome::Refused(error.to_string()),
    };
    let mut wait = RETRY_FIRST_SECONDS;
    loop {
        match post(config, http, body.clone()).await {
            Outcome::Failed(why) => {
                tracing::warn!(%why, events = batch.len(), "the decision log service did not take an upload");
                queue.failed(why.clone());
                if queue.is_abandoned() {
                    return Outcome::Failed(why);
                }
            }
            decided => return decided,
        }
        let longest = config.retry_seconds_max.clamp(0.01, 3_600.0);
        tokio::time::sleep(Duration::from_secs_f64(wait.min(longest) * rand::random_range(0.8..1.2))).await;
        wait *= 2.0;
    }
}

async fn post(config: &UploadConfig, http: &Client, body: Bytes) -> Outcome {
    let mut request = http
        .post(config.url.clone())
        .timeout(Duration::from_secs_f64(config.timeout_seconds.clamp(0.01, 3_600.0)))
        .header(CONTENT_TYPE, "application/json")
        .header(CONTENT_ENCODING, "gzip")
        .body(body);
    if let Some(token) = &config.token {
        request = request.bearer_auth(token.expose_secret());
    }
    match request.send().await {
        // Without the address: it may hold a token.
        Err(error) => Outcome::Failed(told(&error.without_url())),
        Ok(response) => match response.status() {
            status if status.is_success() => Outcome::Arrived,
            StatusCode::PAYLOAD_TOO_LARGE => Outcome::TooLarge,
            status @ (StatusCode::BAD_REQUEST | StatusCode::UNPROCESSABLE_ENTITY) => {
                Outcome::Refused(format!("the service answered {status}"))
            }
            status => Outcome::Failed(format!("the service answered {status}")),
        },
    }
}

/// The events as one JSON array, compressed.
fn packed(batch: &[Bytes]) -> std::io::Result<Vec<u8>> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    for (index, event) in batch.iter().enumerate() {
        gzip.write_all(if index == 0 { b"[" } else { b"," })?;
        gzip.write_all(event)?;
    }
    gzip.write_all(b"]")?;
    gzip.finish()
}
