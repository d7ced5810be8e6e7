//! `demo`: a scripted guide. No model, no key, no network, no tokens; it says so.

mod sample;
#[cfg(test)]
mod tests;
mod tour;

pub use sample::create_sample_workspace;

use std::time::Duration;

use domain::limits::Usage;
use domain::model::{
    Model, ModelError, ModelEvent, ModelInfo, ModelRequest, ModelResponse, Price, StopReason,
};
use futures::stream::{self, BoxStream, StreamExt};

/// Its name, among models.
pub(crate) const NAME: &str = "demo";

/// Pause between two words, so that one can read along.
const PAUSE: Duration = Duration::from_millis(12);

/// The guide. What it says next depends only on the conversation so far.
#[derive(Clone, Copy, Debug)]
pub struct Demo {
    /// Pause between two words of its text.
    pub pause: Duration,
}

impl Default for Demo {
    fn default() -> Self {
        Self { pause: PAUSE }
    }
}

impl Model for Demo {
    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let turn = tour::next(&request);
        let pause = self.pause;
        let words: Vec<String> = turn.text.split_inclusive(' ').map(str::to_owned).collect();
        let response = ModelResponse {
            text: turn.text,
            reasoning: None,
            calls: turn.calls,
            // Nothing was read or written by a model.
            usage: Usage::default(),
            stop: StopReason::End,
            opaque: None,
        };
        let text = stream::iter(words).then(move |word| async move {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            Ok(ModelEvent::Text(word))
        });
        text.chain(stream::iter([Ok(ModelEvent::Done(response))])).boxed()
    }
}

/// What is known of the guide.
pub(crate) fn info() -> ModelInfo {
    ModelInfo {
        name: NAME.to_owned(),
        // It has no window; this is large enough that no conversation is ever compacted for it.
        context_tokens: 1_000_000,
        max_output_tokens: 4_096,
        price: Some(Price::default()),
        host: None,
    }
}
