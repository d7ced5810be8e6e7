//! HTTP with server-sent events, the transport of 2024-11-05.

use std::sync::Arc;

use http::HeaderMap;
use tokio_util::task::AbortOnDropHandle;
use url::Url;

use super::UpstreamError;
use super::hub::Hub;
use super::link::{Link, Wire};
use super::parts::HttpParts;
use super::web::{self, Events, Reply};

/// Events before the one that says where messages go, after which the server is given up.
const EVENTS_BEFORE_MAX: usize = 32;

/// Opens the stream and waits for the address that messages go to.
pub(crate) async fn open(
    parts: &HttpParts,
    hub: Arc<Hub>,
    bytes_max: u64,
) -> Result<Arc<Link>, UpstreamError> {
    let mut events = match web::get(parts, &parts.url, HeaderMap::new(), None, bytes_max).await? {
        Reply::Stream { events, .. } => events,
        Reply::Failed { status, .. } | Reply::Json { status, .. } => {
            return Err(UpstreamError::unavailable(format!("HTTP status {status} for its event stream")));
        }
        Reply::Accepted => return Err(UpstreamError::protocol("it opened no event stream")),
    };
    let endpoint = endpoint(&mut events, &parts.url).await?;
    let stream = tokio::spawn(read(events, hub.clone(), parts.clone(), endpoint.clone(), bytes_max));
    let wire = Wire::Sse { parts: parts.clone(), endpoint, _stream: AbortOnDropHandle::new(stream) };
    Ok(Arc::new(Link::new(hub, wire, bytes_max)))
}

/// Only on the same host: whatever else the server names, our credentials do not go there.
async fn endpoint(events: &mut Events, base: &Url) -> Result<Url, UpstreamError> {
    for _ in 0..EVENTS_BEFORE_MAX {
        let Some(event) = events.next().await? else { break };
        if event.name != "endpoint" {
            continue;
        }
        let text = String::from_utf8_lossy(&event.data);
        let url = base
            .join(text.trim())
            .map_err(|error| UpstreamError::protocol(format!("its `endpoint` is no address: {error}")))?;
        if url.origin() != base.origin() {
            return Err(UpstreamError::protocol("its `endpoint` is on another host"));
        }
        return Ok(url);
    }
    Err(UpstreamError::protocol("its event stream names no `endpoint`"))
}

async fn read(mut events: Box<Events>, hub: Arc<Hub>, parts: HttpParts, endpoint: Url, bytes_max: u64) {
    let why = loop {
        match events.next().await {
            Ok(Some(event)) if event.name == "message" => {
                let replies = match hub.take(&event.data) {
                    Ok(replies) => replies,
                    Err(why) => break why,
                };
                for reply in replies {
                    let _ = web::post(&parts, &endpoint, HeaderMap::new(), reply, bytes_max).await;
                }
            }
            Ok(Some(_)) => {}
            Ok(None) => break UpstreamError::unavailable("it closed its event stream"),
            Err(why) => break why,
        }
    };
    hub.end(why);
}
