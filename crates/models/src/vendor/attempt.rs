//! One try of one request.

use std::time::Duration;

use async_stream::try_stream;
use domain::model::ModelRequest;
use eventsource_stream::{EventStreamError, Eventsource};
use futures::{Stream, StreamExt};
use serde_json::Value;

use crate::errors::{Failure, Refusal};
use crate::idle::{self, Silent};
use crate::vendor::wire::{self, Piece};
use crate::vendor::{Target, http};

/// Sends the request and reads its answer. Ends with [`Piece::Done`] or with an error, never without.
pub(crate) fn attempt<'a>(
    target: &'a Target,
    request: &'a ModelRequest,
) -> impl Stream<Item = Result<Piece, Failure>> + Send + 'a {
    try_stream! {
        let bounds = target.bounds;
        let body = wire::encode(target.api, &target.host(), &target.model, request);
        let response = tokio::time::timeout(bounds.first_word, http::send(target, &body))
            .await
            .map_err(|_| Failure::silent(target, Silent(bounds.first_word), "first_word_seconds_max"))??;

        let mut read = 0_u64;
        let bytes = response.bytes_stream().map(move |chunk| {
            let chunk = chunk.map_err(|error| Failure::from_transport(target, &error))?;
            read += chunk.len() as u64;
            if read > bounds.answer_bytes { Err(Failure::too_long(target, bounds.answer_bytes)) } else { Ok(chunk) }
        });
        let mut events = std::pin::pin!(bytes.eventsource());
        let mut decoder = wire::decoder(target.api, &target.model);
        let mut pieces = Vec::new();
        let mut silence = (bounds.first_word, "first_word_seconds_max");
        while let Some(event) = next(target, &mut events, silence).await? {
            silence = (bounds.idle, "idle_seconds_max");
            if event.data.trim() == "[DONE]" {
                decoder.end_mark();
                break;
            }
            let data: Value = serde_json::from_str(&event.data)
                .map_err(|error| Failure::nonsense(target, &format!("an event of its stream is not JSON: {error}")))?;
            decoder
                .event(&event.event, &data, &mut pieces)
                .map_err(|complaint| Refusal::inside_stream(&complaint.0).into_failure(target))?;
            for piece in pieces.drain(..) {
                yield piece;
            }
        }
        let answer = decoder.finish().ok_or_else(|| Failure::cut(target))?;
        yield Piece::Done(Box::new(answer));
    }
}

/// The next event within its time.
async fn next<S>(
    target: &Target,
    events: &mut S,
    (longest, setting): (Duration, &str),
) -> Result<Option<eventsource_stream::Event>, Failure>
where
    S: Stream<Item = Result<eventsource_stream::Event, EventStreamError<Failure>>> + Unpin,
{
    match idle::next_within(events, longest).await {
        Err(silent) => Err(Failure::silent(target, silent, setting)),
        Ok(None) => Ok(None),
        Ok(Some(Ok(event))) => Ok(Some(event)),
        Ok(Some(Err(EventStreamError::Transport(failure)))) => Err(failure),
        Ok(Some(Err(EventStreamError::Utf8(_)))) => {
            Err(Failure::nonsense(target, "its stream is not valid UTF-8"))
        }
        Ok(Some(Err(EventStreamError::Parser(_)))) => {
            Err(Failure::nonsense(target, "its stream is not made of events"))
        }
    }
}
