//! A modern request over HTTP: one body of JSON, or a stream when there is something to tell before the answer.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, Told};
use super::client::client;
use super::unsupported;
use crate::exchange::{Client, Notification, Service};
use crate::message::RpcError;
use crate::serve::endpoint::{json, refuse, status};
use crate::serve::incoming::{Call, Head, Meta, text};
use crate::serve::load::{Load, Slot};
use crate::serve::{Credential, Options, headers, reply, sse};
use crate::version::{Era, Version};

/// True for what has to be judged by the rules of 2026-07-28: it says so itself, in the body or in the header.
pub(in crate::serve) fn claims(headers: &HeaderMap, meta: &Meta<'_>) -> bool {
    let header = headers.get(headers::VERSION).and_then(|value| value.to_str().ok());
    let version = header.map(|header| Version::parse(header.trim()));
    match version {
        _ if meta.version.is_some() => true,
        Some(Some(version)) => version.era() == Era::Modern,
        // A version that nobody here knows: who has a session is told by the rules of sessions.
        Some(None) => !headers.contains_key(headers::SESSION),
        None => false,
    }
}

pub(in crate::serve) async fn post(
    service: &Arc<dyn Service>,
    options: &Options,
    load: &Load,
    closed: &CancellationToken,
    parts: Parts,
    call: Call,
) -> Response {
    let head = Head::of(call.params.as_deref());
    let client = admit(&head, parts).and_then(|(client, headers)| {
        headers::check(&headers, &call.method, head.named(&call.method).as_ref())?;
        Ok(client)
    });
    let entered = client.and_then(|client| Ok((load.enter(&client.conversation, options)?, client)));
    let (slot, client) = match entered {
        Ok(entered) => entered,
        Err(error) => return refuse(Some(&call.id), &error),
    };
    let mut answer = Answer::start(service, call, client, options).await;
    let first = match tokio::time::timeout(options.keep_alive(), answer.next()).await {
        Ok(Told::Last(outcome)) => {
            let status = outcome.as_ref().err().map_or(StatusCode::OK, |error| status(error, false));
            return json(status, reply::outcome(&answer.id, &outcome));
        }
        Ok(Told::Message(message)) => sse::event(None, &message).into(),
        Err(_) => sse::KEEP_ALIVE,
    };
    let running = Running { answer, _slot: slot, closed: closed.clone(), keep_alive: options.keep_alive() };
    sse::response(running.events(first))
}

/// A notification; the specification of 2026-07-28 has none over HTTP but leaves room for extensions.
pub(in crate::serve) async fn notify(
    service: &Arc<dyn Service>,
    parts: Parts,
    notification: Notification,
) -> Response {
    let params = notification.params.clone();
    match admit(&Head::of(params.as_deref()), parts) {
        Ok((client, _)) => {
            if !matches!(
                notification.method.as_str(),
                "notifications/cancelled" | "notifications/initialized"
            ) {
                service.notify(Arc::new(client), notification).await;
            }
            StatusCode::ACCEPTED.into_response()
        }
        Err(error) => refuse(None, &error),
    }
}

/// Reads who asks, in the order in which the specification's errors exclude each other.
fn admit(head: &Head<'_>, parts: Parts) -> Result<(Client, HeaderMap), RpcError> {
    let Parts { headers, mut extensions, .. } = parts;
    let header = headers::one(&headers, headers::VERSION)?
        .ok_or_else(|| headers::missing("MCP-Protocol-Version"))?
        .to_owned();
    let meta = head.meta();
    let params = headers::Params::of(&headers)?;
    extensions.insert(params);
    let conversation = extensions.get().map_or_else(String::new, |Credential(key)| key.clone());
    let said = text(meta.version);
    if said.as_deref().is_some_and(|said| said != header) {
        let text = format!(
            "the header MCP-Protocol-Version says `{header}` and the body `{}`",
            said.unwrap_or_default()
        );
        return Err(headers::mismatch(text));
    }
    if said.is_none() && Version::parse(&header).is_none() {
        return Err(unsupported(&header));
    }
    Ok((client(&meta, conversation, extensions)?, headers))
}

/// A request whose answer is a stream. Dropping it cancels the request.
struct Running {
    answer: Answer,
    _slot: Slot,
    closed: CancellationToken,
    keep_alive: Duration,
}

impl Running {
    fn events(self, first: Bytes) -> impl futures::Stream<Item = Result<Bytes, Infallible>> + Send + 'static {
        let rest = futures::stream::unfold(Some(self), |running| async {
            let mut running = running?;
            let told = tokio::select! {
                told = tokio::time::timeout(running.keep_alive, running.answer.next()) => told,
                () = running.closed.cancelled() => {
                    let farewell = running.answer.farewell()?;
                    return Some((Ok(sse::event(None, &farewell).into()), None));
                }
            };
            match told {
                Err(_) => Some((Ok(sse::KEEP_ALIVE), Some(running))),
                Ok(Told::Message(message)) => Some((Ok(sse::event(None, &message).into()), Some(running))),
                Ok(Told::Last(outcome)) => {
                    let last = reply::outcome(&running.answer.id, &outcome);
                    Some((Ok(sse::event(None, &last).into()), None))
                }
            }
        });
        futures::StreamExt::chain(futures::stream::iter([Ok(first)]), rest)
    }
}
