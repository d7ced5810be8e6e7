//! A model that says what the test wrote down.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use domain::limits::Usage;
use domain::model::{
    Model, ModelCall, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest, ModelResponse,
    ModelSource, OpenModel, StopReason,
};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde_json::json;
use tokio::sync::Semaphore;

/// One answer of the model.
#[derive(Clone, Debug)]
pub enum Turn {
    Say(&'static str),
    /// Calls a tool of [`super::gate::ScriptedGate`].
    Call(&'static str),
    /// Says the text, and ends the turn only when the test adds a permit.
    Hold(&'static str, Arc<Semaphore>),
}

/// Turns of all tasks, in order; when they are used up the model says `Done.`
#[derive(Debug, Default)]
pub struct Script {
    turns: Arc<Mutex<VecDeque<Turn>>>,
}

impl Script {
    pub fn add(&self, turns: Vec<Turn>) {
        self.turns.lock().unwrap().extend(turns);
    }
}

impl ModelSource for Script {
    fn open(&self, name: &str) -> Result<OpenModel, ModelError> {
        if name != "scripted" && name != "demo" {
            return Err(ModelError {
                kind: ModelErrorKind::UnknownModel,
                message: format!("there is no model {name}; did you mean scripted?"),
            });
        }
        let info = ModelInfo {
            name: name.into(),
            context_tokens: 100_000,
            max_output_tokens: 1_000,
            price: None,
            host: None,
        };
        Ok(OpenModel { model: Arc::new(Scripted { turns: self.turns.clone() }), info })
    }
}

#[derive(Debug)]
struct Scripted {
    turns: Arc<Mutex<VecDeque<Turn>>>,
}

impl Model for Scripted {
    fn stream(&self, _: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let turn = self.turns.lock().unwrap().pop_front().unwrap_or(Turn::Say("Done."));
        match turn {
            Turn::Say(text) => {
                stream::iter([Ok(ModelEvent::Text(text.into())), Ok(done(text, vec![]))]).boxed()
            }
            Turn::Call(tool) => {
                let call = ModelCall {
                    provider_call_id: "call_0".into(),
                    name: tool.into(),
                    arguments: json!({}),
                    repaired: None,
                };
                stream::iter([Ok(done("", vec![call]))]).boxed()
            }
            Turn::Hold(text, gate) => {
                let said = stream::iter([Ok(ModelEvent::Text(text.into()))]);
                let end = stream::once(async move {
                    gate.acquire().await.expect("the test holds it").forget();
                    Ok(done(text, vec![]))
                });
                said.chain(end).boxed()
            }
        }
    }
}

fn done(text: &str, calls: Vec<ModelCall>) -> ModelEvent {
    ModelEvent::Done(ModelResponse {
        text: text.into(),
        reasoning: None,
        calls,
        usage: Usage { input: 10, output: 5, ..Usage::default() },
        stop: StopReason::End,
        opaque: None,
    })
}
