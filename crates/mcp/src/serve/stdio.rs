//! One client over a pair of pipes, of either era: every message says which.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde_json::value::RawValue;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, BufWriter};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;

use super::Options;
use super::incoming::{Call, Head, Incoming, id_key};
use super::legacy::{self, Conversation, Lane};
use super::lines::{Line, Lines};
use super::members::Members;
use super::modern::{self, Answer, Told, code};
use super::reply;
use crate::exchange::{Notification, Service};
use crate::message::{RpcError, code as rpc};

/// Messages that may wait for a client that does not read.
const WAITING_MAX: usize = 64;

/// How long what runs may take to its end after the client has closed its side.
const FAREWELL: Duration = Duration::from_secs(5);

/// Serves one connection until the client closes it. One message is one line; what is no message is answered by an
/// error and the next line is read.
///
/// # Errors
/// When a pipe fails; its end is none.
pub async fn serve_stdio(
    service: Arc<dyn Service>,
    options: Options,
    stdin: impl AsyncRead + Send + Unpin,
    stdout: impl AsyncWrite + Send + Unpin + 'static,
    extensions: http::Extensions,
) -> std::io::Result<()> {
    let (out, waiting) = mpsc::channel(WAITING_MAX);
    let writer = tokio::spawn(write(stdout, waiting));
    let connection = Arc::new(Connection {
        service,
        options: Arc::new(options),
        conversation: uuid::Uuid::now_v7().to_string(),
        extensions,
        out,
        legacy: Mutex::default(),
        running: Mutex::default(),
        tasks: TaskTracker::new(),
    });
    let mut lines = Lines::new(BufReader::new(stdin), connection.options.message_bytes_max);
    let read = loop {
        match lines.next().await {
            Ok(Some(Line::Whole(line))) => connection.take(&line).await,
            Ok(Some(Line::TooLong)) => connection.refuse_long().await,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if connection.out.is_closed() {
            break Ok(());
        }
    };
    connection.end().await;
    drop(connection);
    let written = writer.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
    read.and(written)
}

struct Connection {
    service: Arc<dyn Service>,
    options: Arc<Options>,
    conversation: String,
    extensions: http::Extensions,
    out: mpsc::Sender<String>,
    legacy: Mutex<Option<Arc<Conversation>>>,
    /// Modern requests under way, by id.
    running: Mutex<HashMap<String, Running>>,
    tasks: TaskTracker,
}

struct Running {
    task: AbortHandle,
    /// It has no end of its own.
    is_subscription: bool,
}

impl Connection {
    async fn take(self: &Arc<Self>, line: &[u8]) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match Incoming::read(line, self.options.batch_max) {
            Ok(incoming) => self.sort(incoming).await,
            Err(refused) => self.say(reply::error(refused.id.as_deref(), &refused.error)).await,
        }
    }

    async fn sort(self: &Arc<Self>, incoming: Incoming) {
        let is_modern = |params: Option<&RawValue>| Head::of(params).meta().version.is_some();
        let legacy = self.legacy();
        match (incoming, legacy) {
            (Incoming::Request(call), _) if is_modern(call.params.as_deref()) => self.modern(call).await,
            (Incoming::Notification(told), _) if is_modern(told.params.as_deref()) => {
                self.notified(told).await
            }
            (Incoming::Notification(told), None) => self.notified(told).await,
            (Incoming::Notification(told), Some(legacy)) => {
                if told.method == "notifications/cancelled" {
                    self.notified(told.clone()).await;
                }
                self.legacy_run(&legacy, Incoming::Notification(told));
            }
            (Incoming::Request(call), None) if call.method == "initialize" => self.initialize(call).await,
            (Incoming::Batch(_), Some(legacy)) if !legacy.client().version.batches() => {
                let text = format!("there are no batches in {}", legacy.client().version);
                self.say(reply::error(None, &RpcError::new(rpc::INVALID_REQUEST, text))).await;
            }
            (work, Some(legacy)) => self.legacy_run(&legacy, work),
            (Incoming::Request(call), None) => {
                let lacks = modern::client(&Head::default().meta(), String::new(), http::Extensions::new());
                let error = lacks.err().unwrap_or_else(|| RpcError::invalid_params("`_meta` says nothing"));
                let text = format!("{}; clients of older versions begin with `initialize`", error.message);
                self.say(reply::error(Some(&call.id), &RpcError::new(error.code, text))).await;
            }
            (Incoming::Batch(_), None) => {
                let error = RpcError::new(rpc::INVALID_REQUEST, "there are no batches in 2026-07-28");
                self.say(reply::error(None, &error)).await;
            }
            // Nothing was asked that this could answer.
            (Incoming::Response { .. }, None) => {}
        }
    }

    async fn initialize(&self, call: Call) {
        let opened = legacy::open(
            &self.service,
            &call,
            self.conversation.clone(),
            self.extensions.clone(),
            &self.options,
        )
        .await;
        let message = match opened {
            Ok(opening) => {
                let lane = Lane::Pipe(self.out.clone());
                let service = Arc::clone(&self.service);
                let conversation =
                    Conversation::new(service, Arc::clone(&self.options), opening.client, lane);
                *self.legacy.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(conversation));
                reply::result(&call.id, &opening.result)
            }
            Err(error) => reply::error(Some(&call.id), &error),
        };
        self.say(message).await;
    }

    fn legacy_run(&self, legacy: &Arc<Conversation>, work: Incoming) {
        // Everything goes over one pipe, so a client that is ready hears of changes at once.
        if matches!(&work, Incoming::Notification(told) if told.method == "notifications/initialized") {
            legacy.listen();
        }
        let out = self.out.clone();
        let ended = self.tasks.token();
        legacy.run(work, None, Lane::Pipe(self.out.clone()), move |last| {
            let Some(last) = last else { return };
            tokio::spawn(async move {
                // A client that is gone needs no answer.
                let _ = out.send(last).await;
                drop(ended);
            });
        });
    }

    async fn modern(self: &Arc<Self>, call: Call) {
        let id = call.id.clone();
        let meta = Head::of(call.params.as_deref()).meta();
        let client = match modern::client(&meta, self.conversation.clone(), self.extensions.clone()) {
            Ok(client) => client,
            Err(error) => return self.say(reply::error(Some(&id), &error)).await,
        };
        let refused = {
            let key = id_key(&id);
            let mut running = self.running();
            if running.contains_key(&key) {
                Some(RpcError::new(rpc::INVALID_REQUEST, "a request with this `id` is running"))
            } else if running.len() >= self.options.requests_at_once_max {
                let max = self.options.requests_at_once_max;
                let text = format!("{max} requests are running; `[clients] requests_at_once_max` raises it");
                Some(RpcError::new(code::LIMIT, text))
            } else {
                let is_subscription = call.method == "subscriptions/listen";
                let connection = Arc::clone(self);
                let end = End { connection, key: key.clone() };
                let task = self.tasks.spawn(async move {
                    let connection = &end.connection;
                    let mut answer =
                        Answer::start(&connection.service, call, client, &connection.options).await;
                    loop {
                        match answer.next().await {
                            Told::Message(message) => connection.say(message).await,
                            Told::Last(outcome) => {
                                break connection.say(reply::outcome(&answer.id, &outcome)).await;
                            }
                        }
                    }
                });
                running.insert(key, Running { task: task.abort_handle(), is_subscription });
                None
            }
        };
        if let Some(error) = refused {
            self.say(reply::error(Some(&id), &error)).await;
        }
    }

    /// What a modern client notifies; `cancelled` may mean a request of either era.
    async fn notified(&self, told: Notification) {
        match told.method.as_str() {
            "notifications/cancelled" => {
                let members = Members::of(told.params.as_deref()).unwrap_or_default();
                let running = self.running();
                let task = members.get("requestId").and_then(|id| running.get(&id_key(id)));
                if let Some(running) = task {
                    running.task.abort();
                }
            }
            "notifications/initialized" => {}
            _ => {
                let meta = Head::of(told.params.as_deref()).meta();
                // Without saying who it is nobody is told anything, and a notification has no answer.
                if let Ok(client) = modern::client(&meta, self.conversation.clone(), self.extensions.clone())
                {
                    self.service.notify(Arc::new(client), told).await;
                }
            }
        }
    }

    async fn refuse_long(&self) {
        let max = self.options.message_bytes_max;
        let text = format!("a line of more than {max} bytes; `[clients] message_bytes_max` raises it");
        self.say(reply::error(None, &RpcError::new(rpc::INVALID_REQUEST, text))).await;
    }

    /// A client that is gone needs no answer.
    async fn say(&self, message: String) {
        let _ = self.out.send(message).await;
    }

    /// Lets what runs come to its end for a while, then ends it.
    async fn end(&self) {
        self.running()
            .values()
            .filter(|running| running.is_subscription)
            .for_each(|running| running.task.abort());
        self.tasks.close();
        let _ = tokio::time::timeout(FAREWELL, self.tasks.wait()).await;
        self.running().values().for_each(|running| running.task.abort());
        let legacy = self.legacy.lock().unwrap_or_else(PoisonError::into_inner).take();
        match legacy {
            Some(legacy) => legacy.close().await,
            None => self.service.ended(&self.conversation).await,
        }
        self.tasks.wait().await;
    }

    fn legacy(&self) -> Option<Arc<Conversation>> {
        self.legacy.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct End {
    connection: Arc<Connection>,
    key: String,
}

impl Drop for End {
    fn drop(&mut self) {
        self.connection.running().remove(&self.key);
    }
}

pub(super) async fn write(
    stdout: impl AsyncWrite + Unpin,
    mut waiting: mpsc::Receiver<String>,
) -> std::io::Result<()> {
    let mut stdout = BufWriter::new(stdout);
    while let Some(message) = waiting.recv().await {
        stdout.write_all(message.as_bytes()).await?;
        stdout.write_all(b"\n").await?;
        if waiting.is_empty() {
            stdout.flush().await?;
        }
    }
    stdout.flush().await
}
