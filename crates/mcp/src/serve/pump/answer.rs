//! What comes back from `/mcp`, as lines for the client.

use std::time::Duration;

use eventsource_stream::{Event, Eventsource};
use futures::StreamExt;
use reqwest::{Response, StatusCode};
use serde_json::value::RawValue;
use tokio::sync::mpsc;

use super::link::{Link, Route};
use super::repeated::Repeated;
use crate::message::Message;
use crate::serve::incoming::id_key;
use crate::serve::reply;

/// Between attempts to open a stream that broke; doubled up to [`PAUSE_MAX`].
const PAUSE: Duration = Duration::from_millis(200);
const PAUSE_MAX: Duration = Duration::from_secs(30);

/// Attempts to take up a broken stream of a request.
const RESUMES_MAX: usize = 5;

/// Carries one message there and what it leads to back. The error is for the client, when it waits for an answer.
pub(super) async fn carry(
    link: &Link,
    line: Vec<u8>,
    route: &Route,
    id: Option<&RawValue>,
    out: &mpsc::Sender<String>,
) -> Result<(), String> {
    let learning = route.is_list_of_tools().then_some(&link.repeated);
    let response = link.post(line, route).await?;
    if !is_stream(&response) {
        let (status, bytes) = link.opened(response).await?;
        if let Some(repeated) = learning {
            repeated.learn(&String::from_utf8_lossy(&bytes));
        }
        return whole(status, &bytes, id, out).await;
    }
    let key = id.map(id_key);
    let mut told = events(response, key.as_deref(), learning, out).await;
    for _ in 0..RESUMES_MAX {
        let Told::Broken { last: Some(last) } = &told else { break };
        tokio::time::sleep(PAUSE).await;
        let response = link.get(Some(last)).await?;
        if !is_stream(&response) {
            break;
        }
        let last = last.clone();
        told = match events(response, key.as_deref(), learning, out).await {
            Told::Broken { last: None } => Told::Broken { last: Some(last) },
            told => told,
        };
    }
    match (told, id) {
        (Told::Broken { .. }, Some(_)) => {
            Err("the connection to Bailiwick broke before the answer came".into())
        }
        _ => Ok(()),
    }
}

/// One body: the answer, or what the server has against the message.
async fn whole(
    status: StatusCode,
    bytes: &[u8],
    id: Option<&RawValue>,
    out: &mpsc::Sender<String>,
) -> Result<(), String> {
    let text = String::from_utf8_lossy(bytes);
    if let Some(id) = id {
        return match Message::parse(bytes) {
            Ok(Message::Response(answer))
                if answer.id.is_some_and(|answered| id_key(answered) == id_key(id)) =>
            {
                say(out, &text).await
            }
            // The server could not tell which request it answers; here that is known.
            Ok(Message::Response(answer)) => match answer.outcome {
                Err(error) => say(out, &reply::error(Some(id), &error)).await,
                Ok(_) => Err("Bailiwick answered another request".into()),
            },
            // A legacy request that was cancelled is accepted and never answered.
            _ if status.is_success() && bytes.is_empty() => Ok(()),
            _ => Err(format!("Bailiwick answered {status}: {}", text.trim())),
        };
    }
    match Message::parse(bytes) {
        Ok(Message::Batch(_)) => say(out, &text).await,
        _ if status.is_success() => Ok(()),
        _ => Err(format!("Bailiwick answered {status}: {}", text.trim())),
    }
}

/// What a stream came to.
enum Told {
    /// It held the answer, or ended when none was waited for.
    All,
    Broken {
        /// The last event, from which it can be taken up.
        last: Option<String>,
    },
}

async fn events(
    response: Response,
    answer: Option<&str>,
    learning: Option<&Repeated>,
    out: &mpsc::Sender<String>,
) -> Told {
    let mut last = None;
    let mut events = response.bytes_stream().eventsource();
    while let Some(Ok(Event { data, id, .. })) = events.next().await {
        if !id.is_empty() {
            last = Some(id);
        }
        if data.is_empty() {
            continue;
        }
        let is_answer = answer.is_some_and(|key| is_answer(&data, key));
        if let Some(repeated) = learning.filter(|_| is_answer) {
            repeated.learn(&data);
        }
        if say(out, &data).await.is_err() || is_answer {
            return Told::All;
        }
    }
    if answer.is_some() { Told::Broken { last } } else { Told::All }
}

fn is_answer(data: &str, key: &str) -> bool {
    matches!(
        Message::parse(data.as_bytes()),
        Ok(Message::Response(response)) if response.id.is_some_and(|id| id_key(id) == key)
    )
}

/// Writes what the server says unasked, over whatever breaks, until it offers no such stream.
pub(super) async fn listen(link: &Link, out: &mpsc::Sender<String>) {
    let mut last: Option<String> = None;
    let mut pause = PAUSE;
    loop {
        let session = link.session();
        match link.get(last.as_deref()).await {
            Ok(response) if is_stream(&response) => {
                pause = PAUSE;
                let mut events = response.bytes_stream().eventsource();
                while let Some(Ok(Event { data, id, .. })) = events.next().await {
                    if !id.is_empty() {
                        last = Some(id);
                    }
                    if !data.is_empty() && say(out, &data).await.is_err() {
                        return;
                    }
                }
            }
            Ok(response) if response.status() == StatusCode::NOT_FOUND => {
                last = None;
                if let Err(failure) = link.reopen(session.as_deref()).await {
                    tracing::warn!(%failure, "the session is gone");
                }
            }
            Ok(response) if response.status() == StatusCode::METHOD_NOT_ALLOWED => return,
            // Too old to be taken up: from now on, then.
            Ok(_) => last = None,
            Err(failure) => tracing::debug!(%failure, "the stream of the server is broken"),
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
    }
}

fn is_stream(response: &Response) -> bool {
    let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
    response.status().is_success() && kind.is_some_and(|kind| kind.starts_with("text/event-stream"))
}

async fn say(out: &mpsc::Sender<String>, text: &str) -> Result<(), String> {
    let line = text.replace(['\n', '\r'], " ");
    out.send(line).await.map_err(|_| "the client is gone".into())
}
