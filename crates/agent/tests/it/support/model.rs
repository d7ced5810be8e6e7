//! A model that says what the test wrote.

use std::collections::VecDeque;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use domain::limits::Usage;
use domain::model::{
    Message, Model, ModelCall, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest,
    ModelResponse, ModelSource, OpenModel, Price, StopReason,
};
use futures::StreamExt as _;
use futures::stream::{self, BoxStream};
use serde_json::Value;

use super::{Point, StopAt};

#[derive(Clone, Debug)]
pub enum Reply {
    Answer(ModelResponse),
    Error(ModelErrorKind),
    /// A few words, and then nothing more.
    Hang,
    /// Ends without an end.
    BreakOff,
    Panic,
}

pub fn say(text: &str) -> Reply {
    answer(text, Vec::new())
}

pub fn calls(calls: Vec<ModelCall>) -> Reply {
    answer("", calls)
}

pub fn call(name: &str, arguments: Value) -> ModelCall {
    ModelCall { provider_call_id: "call_0".to_owned(), name: name.to_owned(), arguments, repaired: None }
}

fn answer(text: &str, calls: Vec<ModelCall>) -> Reply {
    Reply::Answer(ModelResponse {
        text: text.to_owned(),
        reasoning: None,
        calls,
        usage: Usage { input: 100, output: 20, ..Usage::default() },
        stop: StopReason::End,
        opaque: None,
    })
}

pub struct ScriptedModels {
    script: Arc<Script>,
    pub info: Mutex<ModelInfo>,
    /// Given by `open` instead of a model.
    pub refuses: Mutex<Option<ModelErrorKind>>,
}

struct Script {
    replies: Mutex<Replies>,
    requests: Mutex<Vec<ModelRequest>>,
    stop: Arc<StopAt>,
    counts: AtomicBool,
}

enum Replies {
    /// One after the other.
    Queue(VecDeque<Reply>),
    /// By the number of answers that the conversation holds already: asked twice, it says the same.
    ByTurn(Vec<Reply>),
}

impl ScriptedModels {
    pub fn new(replies: Vec<Reply>, stop: Arc<StopAt>) -> Self {
        let replies = Mutex::new(Replies::Queue(replies.into()));
        Self {
            script: Arc::new(Script {
                replies,
                requests: Mutex::default(),
                stop,
                counts: AtomicBool::new(false),
            }),
            info: Mutex::new(ModelInfo {
                name: "script".to_owned(),
                context_tokens: 100_000,
                max_output_tokens: 4_000,
                price: Some(Price { input: 1.0, output: 10.0, cache_read: None, cache_write: None }),
                host: None,
            }),
            refuses: Mutex::default(),
        }
    }

    pub fn by_turn(&self, replies: Vec<Reply>) {
        *self.script.replies.lock().unwrap() = Replies::ByTurn(replies);
    }

    /// From now on the usage is what was sent, not what the script says.
    pub fn count(&self) {
        self.script.counts.store(true, Ordering::SeqCst);
    }

    /// Adds replies to the queue.
    pub fn then(&self, more: Vec<Reply>) {
        match &mut *self.script.replies.lock().unwrap() {
            Replies::Queue(queue) => queue.extend(more),
            Replies::ByTurn(turns) => turns.extend(more),
        }
    }

    pub fn requests(&self) -> Vec<ModelRequest> {
        self.script.requests.lock().unwrap().clone()
    }

    /// The results that the model has been shown last, in order.
    pub fn last_results(&self) -> Vec<(bool, String)> {
        let requests = self.requests();
        let messages = requests.last().map_or(&[][..], |request| &request.messages);
        messages
            .iter()
            .filter_map(|message| match message {
                Message::ToolResult { outcome, .. } => Some((outcome.is_error, outcome.joined_text())),
                _ => None,
            })
            .collect()
    }
}

impl ModelSource for ScriptedModels {
    fn open(&self, _: &str) -> Result<OpenModel, ModelError> {
        if let Some(kind) = *self.refuses.lock().unwrap() {
            return Err(error(kind));
        }
        let model = Arc::new(ScriptedModel(self.script.clone()));
        Ok(OpenModel { model, info: self.info.lock().unwrap().clone() })
    }
}

struct ScriptedModel(Arc<Script>);

impl fmt::Debug for ScriptedModel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ScriptedModel")
    }
}

impl Model for ScriptedModel {
    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        let mut reply = self.0.reply(&request);
        if let Reply::Answer(response) = &mut reply
            && self.0.counts.load(Ordering::SeqCst)
        {
            let sent = request.system.len() + serde_json::to_string(&request.messages).unwrap().len();
            response.usage.input = sent as u64 / 4;
        }
        self.0.requests.lock().unwrap().push(request);
        let stop = self.0.stop.clone();
        let text = |text: &str| Ok(ModelEvent::Text(text.to_owned()));
        let first = stream::iter([text("Let me "), text("see.")]);
        let pause = stream::once(async move {
            stop.pass(Point::Stream).await;
            Ok(ModelEvent::Reasoning("hm".to_owned()))
        });
        let words = first.chain(pause);
        match reply {
            Reply::Answer(response) => words.chain(stream::iter([Ok(ModelEvent::Done(response))])).boxed(),
            Reply::Error(kind) => words.chain(stream::iter([Err(error(kind))])).boxed(),
            Reply::Hang => words.chain(stream::pending()).boxed(),
            Reply::BreakOff => words.boxed(),
            Reply::Panic => panic!("the script says so"),
        }
    }
}

impl Script {
    fn reply(&self, request: &ModelRequest) -> Reply {
        let nothing = || say("(the script has ended)");
        match &mut *self.replies.lock().unwrap() {
            Replies::Queue(queue) => queue.pop_front().unwrap_or_else(nothing),
            Replies::ByTurn(turns) => {
                let answers = request.messages.iter();
                let answers = answers.filter(|message| matches!(message, Message::Assistant { .. })).count();
                turns.get(answers).cloned().unwrap_or_else(nothing)
            }
        }
    }
}

fn error(kind: ModelErrorKind) -> ModelError {
    ModelError { kind, message: format!("The vendor says: {kind:?}.") }
}
