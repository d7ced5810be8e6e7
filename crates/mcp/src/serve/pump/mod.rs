//! `bailiwick mcp`: a client that starts commands on this side, our own `/mcp` on the other.

mod answer;
mod link;
mod names;
mod repeated;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncRead, AsyncWrite, BufReader};
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_util::task::TaskTracker;
use url::Url;

use self::link::{Link, Route};
use super::Options;
use super::incoming::{Head, Incoming, id_key};
use super::lines::{Line, Lines};
use super::members::Members;
use super::reply;
use super::stdio::write;
use crate::message::{Json, RpcError, code};

/// Messages that may wait for a client that does not read.
const WAITING_MAX: usize = 64;

/// How long what runs may take to its end after the client has closed its side.
const FAREWELL: Duration = Duration::from_secs(5);

/// Carries every message of the client to `endpoint` and back what comes from there, streams of the server included,
/// until the client closes its side. Clients of both eras; a session that the server has forgotten is opened again.
///
/// # Errors
/// When a pipe fails. What fails on the way to the server is told to the client, as the answer to its request.
pub async fn pump(
    stdin: impl AsyncRead + Send + Unpin,
    stdout: impl AsyncWrite + Send + Unpin + 'static,
    endpoint: Url,
    bearer: SecretString,
    http: reqwest::Client,
) -> std::io::Result<()> {
    let (out, waiting) = mpsc::channel(WAITING_MAX);
    let writer = tokio::spawn(write(stdout, waiting));
    let pump = Arc::new(Pump {
        link: Arc::new(Link::new(endpoint, bearer, http)),
        out,
        running: Mutex::default(),
        tasks: TaskTracker::new(),
    });
    let mut lines = Lines::new(BufReader::new(stdin), Options::default().message_bytes_max);
    let read = loop {
        match lines.next().await {
            Ok(Some(Line::Whole(line))) => pump.take(line).await,
            Ok(Some(Line::TooLong)) => pump.refuse_long().await,
            Ok(None) => break Ok(()),
            Err(error) => break Err(error),
        }
        if pump.out.is_closed() {
            break Ok(());
        }
    };
    pump.end().await;
    drop(pump);
    let written = writer.await.unwrap_or_else(|panic| Err(std::io::Error::other(panic)));
    read.and(written)
}

struct Pump {
    link: Arc<Link>,
    out: mpsc::Sender<String>,
    /// Requests under way, by id.
    running: Mutex<HashMap<String, Running>>,
    tasks: TaskTracker,
}

struct Running {
    task: AbortHandle,
    is_modern: bool,
    /// It has no end of its own.
    is_subscription: bool,
}

impl Pump {
    async fn take(self: &Arc<Self>, line: Vec<u8>) {
        if line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match Incoming::read(&line, crate::message::BATCH_MAX) {
            Err(refused) => self.say(reply::error(refused.id.as_deref(), &refused.error)).await,
            Ok(incoming) => self.sort(line, incoming).await,
        }
    }

    async fn sort(self: &Arc<Self>, line: Vec<u8>, incoming: Incoming) {
        match incoming {
            Incoming::Request(call) => {
                let head = Head::of(call.params.as_deref());
                let repeated = match call.method.as_str() {
                    "tools/call" => self.link.repeated.headers(call.params.as_deref()),
                    _ => Vec::new(),
                };
                let route = Route::of(&call.method, &head, repeated);
                if call.method == "initialize" && !route.is_modern() {
                    // What follows needs the session that this opens.
                    self.link.opening(&line).await;
                    return self.carry(line, route, Some(call.id)).await;
                }
                let is_subscription = call.method == "subscriptions/listen";
                self.spawn(line, route, call.id, is_subscription);
            }
            Incoming::Notification(told) if told.method == "notifications/cancelled" => {
                let members = Members::of(told.params.as_deref()).unwrap_or_default();
                if !members.get("requestId").is_some_and(|id| self.cancel(id)) {
                    self.carry_later(line);
                }
            }
            // What follows counts on it.
            Incoming::Notification(told) if told.method == "notifications/initialized" => {
                self.carry(line, Route::legacy(), None).await;
                self.listen();
            }
            Incoming::Notification(told) => {
                let route = Route::of(&told.method, &Head::of(told.params.as_deref()), Vec::new());
                let pump = Arc::clone(self);
                self.tasks.spawn(async move { pump.carry(line, route, None).await });
            }
            Incoming::Response { .. } | Incoming::Batch(_) => self.carry_later(line),
        }
    }

    fn spawn(self: &Arc<Self>, line: Vec<u8>, route: Route, id: Json, is_subscription: bool) {
        let key = id_key(&id);
        // Held over the start: the end of the request, which may come at once, removes the key.
        let mut running = self.running();
        let is_modern = route.is_modern();
        let end = End { pump: Arc::clone(self), key: key.clone() };
        let task = self.tasks.spawn(async move { end.pump.carry(line, route, Some(id)).await });
        running.insert(key, Running { task: task.abort_handle(), is_modern, is_subscription });
    }

    fn carry_later(self: &Arc<Self>, line: Vec<u8>) {
        let pump = Arc::clone(self);
        self.tasks.spawn(async move { pump.carry(line, Route::legacy(), None).await });
    }

    /// Over HTTP a modern request is cancelled by going away. False when the server has to be told.
    fn cancel(&self, id: &serde_json::value::RawValue) -> bool {
        let running = self.running();
        let found = running.get(&id_key(id)).filter(|running| running.is_modern);
        found.inspect(|running| running.task.abort()).is_some()
    }

    /// Sends one message and writes what comes back. A request is answered in any case.
    async fn carry(&self, line: Vec<u8>, route: Route, id: Option<Json>) {
        if let Err(failure) = answer::carry(&self.link, line, &route, id.as_deref(), &self.out).await {
            match id {
                Some(id) => {
                    self.say(reply::error(Some(&id), &RpcError::new(code::INTERNAL_ERROR, failure))).await
                }
                None => tracing::warn!(%failure, "a message of the client did not reach the server"),
            }
        }
    }

    /// Opens the stream on which the server of a session speaks unasked.
    fn listen(self: &Arc<Self>) {
        let (link, out) = (Arc::clone(&self.link), self.out.clone());
        let listening = tokio::spawn(async move { answer::listen(&link, &out).await });
        self.link.listening(listening.abort_handle());
    }

    async fn refuse_long(&self) {
        let max = Options::default().message_bytes_max;
        let error = RpcError::new(code::INVALID_REQUEST, format!("a line of more than {max} bytes"));
        self.say(reply::error(None, &error)).await;
    }

    /// A client that is gone needs no answer.
    async fn say(&self, message: String) {
        let _ = self.out.send(message).await;
    }

    async fn end(&self) {
        self.running()
            .values()
            .filter(|running| running.is_subscription)
            .for_each(|running| running.task.abort());
        self.tasks.close();
        let _ = tokio::time::timeout(FAREWELL, self.tasks.wait()).await;
        self.running().values().for_each(|running| running.task.abort());
        let _ = tokio::time::timeout(FAREWELL, self.link.close()).await;
    }

    fn running(&self) -> std::sync::MutexGuard<'_, HashMap<String, Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct End {
    pump: Arc<Pump>,
    key: String,
}

impl Drop for End {
    fn drop(&mut self) {
        self.pump.running().remove(&self.key);
    }
}
