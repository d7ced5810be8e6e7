//! From nothing to a connection whose era is known.

use std::sync::Arc;
use std::time::Duration;

use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tokio_util::task::AbortOnDropHandle;

use super::counts::{Counts, count};
use super::hub::Hub;
use super::link::{Fault, Greeting, Link, Outgoing, Wire};
use super::mailbox::Facts;
use super::parts::{HttpParts, Parts, TransportParts};
use super::pipe::{Pipe, Stderr};
use super::{UpstreamError, greeting, listener, meta, sse_link, web};
use crate::exchange::{Client, Notification};
use crate::version::{Era, Version};

/// How long a server may keep silent about a request it may not know, before it is greeted the older way as well.
const PROBE: Duration = Duration::from_secs(3);

/// What all connections of one server share.
pub(crate) struct Context {
    pub counts: Arc<Counts>,
    pub events: broadcast::Sender<Notification>,
    pub stderr: Stderr,
}

/// A connection and what listens on it for as long as it is held.
pub(crate) struct Connection {
    pub link: Arc<Link>,
    _listener: AbortOnDropHandle<()>,
}

/// Connects and finds out the era. `known` is what an earlier connection found, and saves the older kind a question that
/// it does not understand.
pub(crate) async fn connect(
    parts: &Parts,
    context: &Context,
    known: Option<Era>,
    client: &Arc<Client>,
) -> Result<Connection, UpstreamError> {
    count(&context.counts.connects);
    let link = match &parts.transport {
        TransportParts::Sse(http) => {
            let link = sse_link::open(http, new_hub(parts, context), bytes_max(parts)).await?;
            initialize(&link, client).await?;
            link
        }
        TransportParts::Stdio(_) => {
            let link = open_child(parts, context).await?;
            match negotiate(&link, known, client).await {
                Ok(()) => link,
                // Some servers of the older era end when the first thing they hear is not `initialize`.
                Err(Fault::Error(UpstreamError::Unavailable(_))) if known.is_none() => {
                    let link = open_child(parts, context).await?;
                    initialize(&link, client).await?;
                    link
                }
                Err(fault) => return Err(fault.into()),
            }
        }
        TransportParts::Http(http) => {
            let link = open_http(http, parts, context);
            match negotiate(&link, known, client).await {
                Ok(()) => link,
                Err(Fault::Status { status, .. }) if matches!(status.as_u16(), 400 | 404 | 405) => {
                    let hub = new_hub(parts, context);
                    let link = sse_link::open(http, hub, bytes_max(parts)).await.map_err(|why| {
                        UpstreamError::unavailable(format!(
                            "neither streamable HTTP (HTTP status {status}) nor HTTP with server-sent events: {why}"
                        ))
                    })?;
                    initialize(&link, client).await?;
                    link
                }
                Err(fault) => return Err(fault.into()),
            }
        }
    };
    let listener = listener::start(&link).await;
    Ok(Connection { link, _listener: listener })
}

fn new_hub(parts: &Parts, context: &Context) -> Arc<Hub> {
    Arc::new(Hub::new(context.counts.clone(), context.events.clone(), bytes_max(parts)))
}

fn bytes_max(parts: &Parts) -> u64 {
    parts.limits.message_bytes_max
}

async fn open_child(parts: &Parts, context: &Context) -> Result<Arc<Link>, UpstreamError> {
    let TransportParts::Stdio(spawn) = &parts.transport else {
        return Err(UpstreamError::unavailable("it has no command to start"));
    };
    let child = spawn.spawn().await?;
    let hub = new_hub(parts, context);
    let pipe = Pipe::new(child, hub.clone(), bytes_max(parts), context.stderr.clone());
    Ok(Arc::new(Link::new(hub, Wire::Pipe(pipe), bytes_max(parts))))
}

fn open_http(http: &HttpParts, parts: &Parts, context: &Context) -> Arc<Link> {
    Arc::new(Link::new(new_hub(parts, context), Wire::Http(http.clone()), bytes_max(parts)))
}

async fn negotiate(link: &Arc<Link>, known: Option<Era>, client: &Arc<Client>) -> Result<(), Fault> {
    if known == Some(Era::Legacy) {
        return initialize(link, client).await;
    }
    let mut discovery = std::pin::pin!(discover(link, client));
    let found = match tokio::time::timeout(PROBE, &mut discovery).await {
        Ok(found) => found?,
        // Slow to start, or of the older era and silent about what it does not know: whichever answers first decides.
        Err(_) => {
            let mut greeting = std::pin::pin!(initialize(link, client));
            tokio::select! {
                biased;
                found = &mut discovery => match found? {
                    Some(greeting) => Some(greeting),
                    None => return greeting.await,
                },
                greeted = &mut greeting => match greeted {
                    Ok(()) => return Ok(()),
                    Err(why) => match discovery.await {
                        Ok(Some(greeting)) => Some(greeting),
                        _ => return Err(why),
                    },
                },
            }
        }
    };
    match found {
        Some(greeting) => {
            link.greet(greeting);
            Ok(())
        }
        None => initialize(link, client).await,
    }
}

/// Asks the newer way. None says that the server is of the older era.
async fn discover(link: &Arc<Link>, client: &Arc<Client>) -> Result<Option<Greeting>, Fault> {
    let version = Version::LATEST;
    let mut asked_again = false;
    loop {
        let mut members = super::params::Members::default();
        meta::complete(&mut members, version, client)?;
        let params = crate::message::json(&json!({ "_meta": members }))?;
        let mut headers = HeaderMap::new();
        headers.insert(web::PROTOCOL_VERSION, HeaderValue::from_static(version.as_str()));
        headers.insert("mcp-method", HeaderValue::from_static("server/discover"));
        let outgoing = Outgoing {
            id: link.hub.next_id(),
            method: "server/discover",
            params: Some(params),
            headers,
            facts: Facts::plain(client),
        };
        let answer = match link.call(outgoing).await {
            Ok(call) => call.result().await.map_err(Fault::Error),
            Err(fault) => Err(fault),
        };
        match greeting::of_discovery(answer, version)? {
            greeting::Found::Modern(greeting) => return Ok(Some(greeting)),
            greeting::Found::Legacy => return Ok(None),
            greeting::Found::AskAgain if asked_again => {
                let why = "it refuses a version that it says it supports";
                return Err(UpstreamError::protocol(why).into());
            }
            greeting::Found::AskAgain => asked_again = true,
        }
    }
}

/// Greets the older way.
async fn initialize(link: &Arc<Link>, client: &Arc<Client>) -> Result<(), Fault> {
    let mut version = Version::LATEST_LEGACY;
    let mut asked_again = false;
    let result = loop {
        // Nothing may be added to this: some servers take any `_meta` here for the newer era.
        let params = json!({
            "protocolVersion": version.as_str(),
            "capabilities": legacy_capabilities(client),
            "clientInfo": meta::info(client),
        });
        let outgoing = Outgoing {
            id: link.hub.next_id(),
            method: "initialize",
            params: Some(crate::message::json(&params)?),
            headers: HeaderMap::new(),
            facts: Facts::plain(client),
        };
        match link.call(outgoing).await?.result().await {
            Ok(result) => break result,
            Err(UpstreamError::Rpc(error)) => match greeting::offered(&error, Era::Legacy) {
                Some(offered) if !asked_again && offered != version => {
                    version = offered;
                    asked_again = true;
                }
                _ => {
                    let text = format!("it refused `initialize`: {} ({})", error.message, error.code);
                    return Err(UpstreamError::Protocol(text).into());
                }
            },
            Err(why) => return Err(why.into()),
        }
    };
    link.greet(greeting::of_initialize(&result)?);
    link.notify("notifications/initialized", None, HeaderMap::new()).await
}

/// Extensions of the newer era are left out: what they allow a server to do is not passed on to it.
fn legacy_capabilities(client: &Client) -> Value {
    let mut capabilities = match &client.capabilities {
        Value::Object(members) => members.clone(),
        _ => serde_json::Map::new(),
    };
    capabilities.remove("extensions");
    Value::Object(capabilities)
}
