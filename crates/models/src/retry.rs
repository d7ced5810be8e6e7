//! Tries of one request: when to try again, and how long to wait.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use backon::{BackoffBuilder, ExponentialBuilder};
use domain::model::{ModelError, ModelEvent, ModelRequest};
use futures::StreamExt;
use futures::stream::BoxStream;

use crate::errors::{Failure, Retry};
use crate::repair;
use crate::vendor::{Bounds, Piece, Target, attempt};

/// Asks until there is an answer, or no hope of one.
///
/// A try that fails after part of the text has been shown is made again from the beginning: the
/// [`ModelEvent::Retrying`] between them means that what came before it no longer counts.
pub(crate) fn stream(
    target: Arc<Target>,
    request: ModelRequest,
) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
    Box::pin(async_stream::stream! {
        let mut waits = backoff(&target.bounds);
        for tries in 1.. {
            let failure = {
                let mut pieces = pin!(attempt(&target, &request));
                loop {
                    match pieces.next().await {
                        Some(Ok(Piece::Text(text))) => yield Ok(ModelEvent::Text(text)),
                        Some(Ok(Piece::Reasoning(text))) => yield Ok(ModelEvent::Reasoning(text)),
                        Some(Ok(Piece::Done(answer))) => {
                            let response = repair::finish(target.api, *answer, &request);
                            yield Ok(ModelEvent::Done(response));
                            return;
                        }
                        Some(Err(failure)) => break failure,
                        None => break Failure::cut(&target),
                    }
                }
            };
            match next_wait(&target.bounds, tries, &failure, &mut waits) {
                Err(error) => {
                    tracing::warn!(provider = %target.provider, kind = ?error.kind, tries, "a model call failed");
                    yield Err(error);
                    return;
                }
                Ok(wait) => {
                    let wait_ms = u64::try_from(wait.as_millis()).unwrap_or(u64::MAX);
                    tracing::info!(
                        provider = %target.provider, kind = ?failure.error.kind, tries, wait_ms,
                        "a model call is tried again"
                    );
                    yield Ok(ModelEvent::Retrying { attempt: tries + 1, wait_ms, why: failure.error.message });
                    tokio::time::sleep(wait).await;
                }
            }
        }
    })
}

/// Waits of our own choosing: doubling, with jitter, never beyond the longest.
fn backoff(bounds: &Bounds) -> impl Iterator<Item = Duration> + Send + use<> {
    ExponentialBuilder::default()
        .with_min_delay(bounds.backoff_min)
        .with_max_delay(bounds.backoff_max)
        .with_factor(2.0)
        .with_jitter()
        .without_max_times()
        .build()
        .map({
            let longest = bounds.backoff_max;
            move |wait| wait.min(longest)
        })
}

/// How long to wait before the next try, or the error that ends them.
fn next_wait(
    bounds: &Bounds,
    tries: u32,
    failure: &Failure,
    waits: &mut impl Iterator<Item = Duration>,
) -> Result<Duration, ModelError> {
    let Retry::After(asked) = failure.retry else { return Err(failure.error.clone()) };
    let ended = |why: String| ModelError {
        kind: failure.error.kind,
        message: format!("{} {why}", failure.error.message),
    };
    if tries >= bounds.attempts {
        let times = if tries == 1 { "once".to_owned() } else { format!("{tries} times") };
        return Err(ended(format!("Tried {times}; `models.attempts_max` allows no more.")));
    }
    match asked {
        Some(asked) if asked > bounds.retry_after => Err(ended(format!(
            "It asks to wait {} s; `models.retry_after_seconds_max` allows {} s. Resume the task later.",
            asked.as_secs(),
            bounds.retry_after.as_secs()
        ))),
        Some(asked) => Ok(asked),
        None => Ok(waits.next().unwrap_or(bounds.backoff_max)),
    }
}
