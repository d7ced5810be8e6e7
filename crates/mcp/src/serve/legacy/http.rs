//! A legacy client's POST, GET and DELETE.

use std::sync::Arc;

use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::initialize;
use super::lane::Lane;
use super::sessions::{Session, Sessions};
use super::stream::{Found, Reader, parse_event_id};
use crate::exchange::Service;
use crate::message::{RpcError, code};
use crate::serve::endpoint::{json, refuse};
use crate::serve::headers;
use crate::serve::incoming::{Call, Incoming};
use crate::serve::modern::unsupported;
use crate::serve::{Credential, Options, reply, sse};
use crate::version::{Era, Version};

/// Opens a session and tells its id.
pub(in crate::serve) async fn initialize(
    service: &Arc<dyn Service>,
    sessions: &Arc<Sessions>,
    call: &Call,
    extensions: http::Extensions,
    options: &Options,
) -> Response {
    let credential = extensions.get::<Credential>().cloned();
    let conversation = uuid::Uuid::now_v7().to_string();
    let opened = match initialize::open(service, call, conversation, extensions, options).await {
        Ok(opening) => sessions.open(opening.client, credential).map(|session| (session, opening.result)),
        Err(error) => Err(error),
    };
    match opened {
        Ok((session, result)) => {
            let headers = [(headers::SESSION, session.id.clone())];
            (headers, json(StatusCode::OK, reply::result(&call.id, &result))).into_response()
        }
        Err(error) => refuse(Some(&call.id), &error),
    }
}

/// The session that the headers name, when they name one of this credential.
pub(in crate::serve) fn session(
    sessions: &Sessions,
    headers: &HeaderMap,
    extensions: &http::Extensions,
) -> Result<Arc<Session>, Box<Response>> {
    let id = headers::one(headers, headers::SESSION).map_err(|error| Box::new(refuse(None, &error)))?;
    let Some(id) = id else {
        let text = "the header Mcp-Session-Id is missing; `initialize` opens a session (and a request of 2026-07-28 \
                    needs none but says its version in `_meta`)";
        return Err(Box::new(refuse(None, &RpcError::new(code::INVALID_REQUEST, text))));
    };
    let version = headers::one(headers, headers::VERSION).map_err(|error| Box::new(refuse(None, &error)))?;
    if let Some(version) = version
        && Version::parse(version).is_none_or(|version| version.era() != Era::Legacy)
    {
        return Err(Box::new(refuse(None, &unsupported(version))));
    }
    sessions.find(id, extensions.get()).ok_or_else(|| {
        let error = RpcError::new(code::INVALID_REQUEST, "there is no such session; `initialize` opens one");
        Box::new(json(StatusCode::NOT_FOUND, reply::error(None, &error)))
    })
}

pub(in crate::serve) async fn post(
    session: &Session,
    work: Incoming,
    extensions: http::Extensions,
    options: &Options,
) -> Response {
    if matches!(work, Incoming::Batch(_)) && !session.conversation.client().version.batches() {
        let version = session.conversation.client().version;
        let text = format!("there are no batches in {version}");
        return refuse(None, &RpcError::new(code::INVALID_REQUEST, text));
    }
    let stream = session.stream();
    let mut reader = stream.read(None, &session.open);
    let done = Arc::clone(&stream);
    let lane = Lane::Stream(Arc::clone(&stream));
    session.conversation.run(work, Some(extensions), lane, move |last| done.end(last));
    let first = match tokio::time::timeout(options.keep_alive(), reader.next()).await {
        Ok(Found::Only(message)) => return json(StatusCode::OK, message),
        Ok(Found::End) => return StatusCode::ACCEPTED.into_response(),
        Ok(Found::Events(bytes)) => bytes,
        Err(_) => prime(session, &reader),
    };
    session.remember(&stream);
    sse::response(reader.events(first, options.keep_alive()))
}

/// Opens the stream for what belongs to no request, or takes a broken one up where `Last-Event-ID` says.
pub(in crate::serve) fn get(session: &Session, headers: &HeaderMap, options: &Options) -> Response {
    let last = match headers::one(headers, headers::LAST_EVENT) {
        Ok(last) => last,
        Err(error) => return refuse(None, &error),
    };
    let (stream, after) = match last.map(|id| (parse_event_id(id), id)) {
        None => (Arc::clone(&session.unsolicited), None),
        Some((id, text)) => match id.and_then(|(name, event)| Some((session.remembered(name)?, Some(event))))
        {
            Some(found) => found,
            None => {
                let text = format!("the stream of the event `{text}` is not kept any more");
                return refuse(None, &RpcError::new(code::INVALID_REQUEST, text));
            }
        },
    };
    let reader = stream.read(after, &session.open);
    if stream.name() == 0 {
        session.conversation.listen();
    }
    let first = prime(session, &reader);
    sse::response(reader.events(first, options.keep_alive()))
}

/// An event without data, from which a client that loses the connection can come back (since 2025-11-25; older
/// clients would take it for a message).
fn prime(session: &Session, reader: &Reader) -> Bytes {
    if session.conversation.client().version < Version::V2025_11_25 {
        return sse::KEEP_ALIVE;
    }
    format!("id: {}\ndata: \n\n", reader.position()).into()
}
