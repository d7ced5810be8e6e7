//! One request on its way.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use http::StatusCode;

use super::UpstreamError;
use super::counts::count;
use super::link::{Fault, Link, Wire};
use super::mailbox::{Facts, Incoming, Mailbox, ServerRequest};
use super::web::{self, Events, Reply};
use super::wire;
use crate::exchange::Notification;
use crate::message::{Json, Message};

/// How often in a row a cut stream is taken up again without anything new having come.
const RESUMES_MAX: u32 = 8;
/// Wait before a cut stream is taken up again when the server said nothing, and the longest it may ask for.
const RETRY_MS: u64 = 1_000;
const RETRY_MS_MAX: u64 = 30_000;
/// Events of one stream that are no message, after which it is given up.
const GARBAGE_EVENTS_MAX: u32 = 1_000;

pub(crate) struct Call {
    pub facts: Arc<Facts>,
    link: Arc<Link>,
    id: u64,
    /// Where messages wait that come over a connection shared with others; a server of the newer era on HTTP sends
    /// everything over the call's own stream.
    mailbox: Option<Arc<Mailbox>>,
    stream: Option<Box<Events>>,
    last_event_id: Option<String>,
    ready: VecDeque<Incoming>,
    resumes: u32,
    garbage: u32,
    /// Whether the server must be told when nobody waits any more.
    open: bool,
    begins_session: bool,
}

impl Call {
    pub fn new(link: Arc<Link>, id: u64, method: &str, facts: Facts) -> Result<Self, UpstreamError> {
        let facts = Arc::new(facts);
        let own_stream = link.is_http() && link.hub.is_modern();
        let mailbox = if own_stream { None } else { Some(link.hub.open(id, facts.clone())?) };
        Ok(Self {
            facts,
            link,
            id,
            mailbox,
            stream: None,
            last_event_id: None,
            ready: VecDeque::new(),
            resumes: 0,
            garbage: 0,
            // The protocol forbids to cancel this one.
            open: method != "initialize",
            begins_session: method == "initialize",
        })
    }

    pub fn link(&self) -> &Arc<Link> {
        &self.link
    }

    pub fn id(&self) -> u64 {
        self.id
    }

    /// The next thing the server says about this call. Nothing follows after [`Incoming::Done`].
    pub async fn next(&mut self) -> Result<Incoming, UpstreamError> {
        loop {
            if let Some(incoming) = self.ready.pop_front() {
                return Ok(self.seen(incoming));
            }
            let event = match (&self.mailbox, &mut self.stream) {
                (Some(mailbox), None) => {
                    let incoming = mailbox.next().await;
                    return Ok(self.seen(incoming));
                }
                (Some(mailbox), Some(stream)) => tokio::select! {
                    biased;
                    incoming = mailbox.next() => return Ok(self.seen(incoming)),
                    event = stream.next() => event,
                },
                (None, Some(stream)) => stream.next().await,
                (None, None) => return Err(UpstreamError::protocol("it answered without a message")),
            };
            match event {
                Ok(Some(event)) => {
                    self.resumes = 0;
                    self.sort(&event.data, true).await?;
                }
                Ok(None) => {
                    self.resume(UpstreamError::unavailable("it closed the stream before it answered"))
                        .await?;
                }
                Err(why @ UpstreamError::Unavailable(_)) => self.resume(why).await?,
                Err(why) => return Err(why),
            }
        }
    }

    /// Takes what came back for the POST of this call.
    pub fn answered(&mut self, reply: Reply) -> Result<(), Fault> {
        match reply {
            Reply::Stream { headers, events } => {
                self.keep_session(&headers);
                self.stream = Some(events);
                Ok(())
            }
            Reply::Json { status, .. } | Reply::Failed { status, .. }
                if status == StatusCode::NOT_FOUND && self.link.has_session() =>
            {
                self.over();
                Err(Fault::SessionGone)
            }
            Reply::Json { status, headers, body } => {
                self.keep_session(&headers);
                self.whole(status, &body)
            }
            Reply::Failed { status, text } => {
                self.over();
                Err(Fault::Status { status, text })
            }
            Reply::Accepted => {
                self.over();
                Err(UpstreamError::protocol("it accepted a request without answering it").into())
            }
        }
    }

    /// A body that is one message, or a batch of them.
    fn whole(&mut self, status: StatusCode, body: &[u8]) -> Result<(), Fault> {
        let answer = match Message::parse(body) {
            Ok(Message::Response(response)) => match response.outcome {
                Ok(_) if !self.is_mine(response.id) => None,
                // An error may come without a number: the body answers this request and no other.
                outcome => Some(outcome.map(ToOwned::to_owned)),
            },
            Ok(Message::Batch(entries)) => {
                entries.iter().find_map(|entry| match Message::parse(entry.get().as_bytes()) {
                    Ok(Message::Response(response)) if self.is_mine(response.id) => {
                        Some(response.outcome.map(ToOwned::to_owned))
                    }
                    _ => None,
                })
            }
            _ => None,
        };
        match answer {
            Some(outcome) => {
                self.ready.push_back(Incoming::Done(outcome.map_err(UpstreamError::Rpc)));
                Ok(())
            }
            None => {
                self.over();
                let text: String = String::from_utf8_lossy(body).chars().take(300).collect();
                match status.is_success() {
                    true => {
                        Err(UpstreamError::protocol(format!("not an answer to the request: {text}")).into())
                    }
                    false => Err(Fault::Status { status, text }),
                }
            }
        }
    }

    /// Sorts one message of the call's own stream.
    async fn sort(&mut self, bytes: &[u8], batches: bool) -> Result<(), UpstreamError> {
        match Message::parse(bytes) {
            Ok(Message::Response(response)) if self.is_mine(response.id) => {
                let outcome = response.outcome.map(ToOwned::to_owned).map_err(UpstreamError::Rpc);
                self.ready.push_back(Incoming::Done(outcome));
            }
            Ok(Message::Response(_)) => count(&self.link.hub.counts.late_answers),
            Ok(Message::Notification(notification)) => {
                let notification = Notification {
                    method: notification.method.into_owned(),
                    params: notification.params.map(ToOwned::to_owned),
                };
                match self.facts.subscription || !is_event(&notification.method) {
                    true => self.ready.push_back(Incoming::Notification(notification)),
                    false => self.link.hub.publish(notification),
                }
            }
            Ok(Message::Request(request)) if self.mailbox.is_none() => {
                tracing::debug!(method = %request.method, "a server of the newer era sent a request");
                count(&self.link.hub.counts.refused_requests);
            }
            Ok(Message::Request(request)) if request.method == "ping" => {
                let message = wire::result(request.id, "{}");
                self.link.send(message, self.link.headers()).await?;
            }
            Ok(Message::Request(request)) => self.ready.push_back(Incoming::Request(ServerRequest {
                id: request.id.to_owned(),
                method: request.method.into_owned(),
                params: request.params.map(ToOwned::to_owned),
            })),
            Ok(Message::Batch(entries)) if batches => {
                for entry in entries {
                    Box::pin(self.sort(entry.get().as_bytes(), false)).await?;
                }
            }
            Ok(Message::Batch(_)) | Err(_) => {
                count(&self.link.hub.counts.garbage);
                self.garbage += 1;
                if self.garbage >= GARBAGE_EVENTS_MAX {
                    let text = format!("{GARBAGE_EVENTS_MAX} events of one stream are no message");
                    return Err(UpstreamError::Protocol(text));
                }
            }
        }
        Ok(())
    }

    /// Takes a cut stream up again, when the server said from where.
    async fn resume(&mut self, why: UpstreamError) -> Result<(), UpstreamError> {
        let Some(stream) = self.stream.take() else { return Err(why) };
        self.last_event_id = stream.last_event_id().map(ToOwned::to_owned).or(self.last_event_id.take());
        let Wire::Http(parts) = &self.link.wire else { return Err(why) };
        let (Some(last), Some(_)) = (&self.last_event_id, &self.mailbox) else { return Err(why) };
        if self.resumes >= RESUMES_MAX {
            return Err(why);
        }
        self.resumes += 1;
        let wait = stream.retry_ms().unwrap_or(RETRY_MS).min(RETRY_MS_MAX);
        drop(stream);
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let link = &self.link;
        match web::get(parts, &parts.url, link.headers(), Some(last), link.bytes_max).await? {
            Reply::Stream { events, .. } => {
                self.stream = Some(events);
                Ok(())
            }
            _ => Err(why),
        }
    }

    fn seen(&mut self, incoming: Incoming) -> Incoming {
        if matches!(incoming, Incoming::Done(_)) {
            self.over();
        }
        incoming
    }

    /// Nobody has to be told anything any more.
    fn over(&mut self) {
        self.open = false;
        self.stream = None;
        if self.mailbox.is_some() {
            self.link.hub.close(self.id);
        }
    }

    fn is_mine(&self, id: Option<&serde_json::value::RawValue>) -> bool {
        id.and_then(|id| id.get().parse().ok()) == Some(self.id)
    }

    fn keep_session(&self, headers: &http::HeaderMap) {
        if self.begins_session
            && let Some(session) = headers.get(web::SESSION_ID)
        {
            self.link.set_session(session.clone());
        }
    }

    /// Waits for the answer, and for nothing else.
    pub async fn result(mut self) -> Result<Json, UpstreamError> {
        loop {
            match self.next().await? {
                Incoming::Done(outcome) => return outcome,
                Incoming::Notification(_) => {}
                Incoming::Request(request) => {
                    count(&self.link.hub.counts.refused_requests);
                    tracing::debug!(method = %request.method, "a server asked while it had nothing to ask about");
                    let error = crate::message::RpcError::method_not_found(&request.method);
                    self.link.reply(&request, Err(error)).await?;
                }
            }
        }
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        if self.mailbox.is_some() {
            self.link.hub.close(self.id);
        }
        if self.open && self.link.hub.over().is_none() {
            self.link.cancel(self.id);
        }
    }
}

/// Notifications that are for everybody, whichever stream they come over.
fn is_event(method: &str) -> bool {
    method.ends_with("/list_changed") || method == "notifications/resources/updated"
}
