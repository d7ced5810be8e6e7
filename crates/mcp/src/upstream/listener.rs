//! Listens for what a server says when it was not asked.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use serde_json::json;
use tokio::sync::oneshot;
use tokio_util::task::AbortOnDropHandle;

use super::link::{Link, Outgoing, Wire};
use super::mailbox::{Facts, Incoming};
use super::parts::HttpParts;
use super::web::{self, Reply};
use super::{headers, meta};
use crate::exchange::Client;
use crate::message;
use crate::version::{Era, Version};

/// A stream that was cut is opened again after this long, and twice as long each time it brought nothing.
const AGAIN_AFTER: Duration = Duration::from_secs(1);
const AGAIN_AFTER_MAX: Duration = Duration::from_secs(60);
/// A connection is used before its listener is known to listen when that takes longer than this.
const READY_WITHIN: Duration = Duration::from_millis(300);

/// Starts to listen, where the transport needs something done for it, as long as the handle is held.
pub(crate) async fn start(link: &Arc<Link>) -> AbortOnDropHandle<()> {
    let (ready, is_ready) = oneshot::channel();
    let task = match (link.era(), &link.wire) {
        (Some(Era::Modern), _) if offers_changes(link) => tokio::spawn(subscribe(link.clone(), ready)),
        (Some(Era::Legacy), Wire::Http(parts)) => tokio::spawn(stream(link.clone(), parts.clone(), ready)),
        _ => {
            drop(ready);
            tokio::spawn(async {})
        }
    };
    let _ = tokio::time::timeout(READY_WITHIN, is_ready).await;
    AbortOnDropHandle::new(task)
}

fn offers_changes(link: &Link) -> bool {
    !filter(link).is_empty()
}

/// The kinds of changes the server says it tells of.
fn filter(link: &Link) -> serde_json::Map<String, serde_json::Value> {
    let Some(discovery) = link.discovery() else { return Default::default() };
    [("tools", "toolsListChanged"), ("prompts", "promptsListChanged"), ("resources", "resourcesListChanged")]
        .into_iter()
        .filter(|(kind, _)| discovery.result["capabilities"][kind]["listChanged"] == true)
        .map(|(_, member)| (member.to_owned(), json!(true)))
        .collect()
}

/// The newer era: a subscription of our own to the lists.
async fn subscribe(link: Arc<Link>, ready: oneshot::Sender<()>) {
    let mut ready = Some(ready);
    let mut pause = AGAIN_AFTER;
    while link.hub.over().is_none() {
        if let Ok(mut call) = link.call(subscription(&link)).await {
            while let Ok(Incoming::Notification(notification)) = call.next().await {
                ready.take();
                pause = AGAIN_AFTER;
                if notification.method != "notifications/subscriptions/acknowledged" {
                    link.hub.publish(notification);
                }
            }
        }
        ready.take();
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(AGAIN_AFTER_MAX);
    }
}

fn subscription(link: &Link) -> Outgoing<'static> {
    let method = "subscriptions/listen";
    let client = Arc::new(Client {
        version: Version::LATEST,
        info: meta::OUR_INFO.clone(),
        capabilities: json!({}),
        conversation: String::new(),
        extensions: http::Extensions::new(),
    });
    let params = json!({
        "_meta": {
            meta::VERSION: link.version().unwrap_or(Version::LATEST).as_str(),
            meta::CLIENT_INFO: meta::info(&client),
            meta::CAPABILITIES: {},
        },
        "notifications": filter(link),
    });
    Outgoing {
        id: link.hub.next_id(),
        method,
        params: message::json(&params).ok(),
        headers: if link.is_http() { headers::of(method, None) } else { HeaderMap::new() },
        facts: Facts { subscription: true, ..Facts::plain(&client) },
    }
}

/// The older era over HTTP: the stream that a GET opens, when the server has one.
async fn stream(link: Arc<Link>, parts: HttpParts, ready: oneshot::Sender<()>) {
    let mut ready = Some(ready);
    let mut pause = AGAIN_AFTER;
    let mut last_event_id: Option<String> = None;
    while link.hub.over().is_none() {
        let reply =
            web::get(&parts, &parts.url, link.headers(), last_event_id.as_deref(), link.bytes_max).await;
        ready.take();
        let retry = match reply {
            Ok(Reply::Stream { mut events, .. }) => {
                while let Ok(Some(event)) = events.next().await {
                    // The calls have streams of their own and go on without this one.
                    let Ok(replies) = link.hub.take(&event.data) else { return };
                    pause = AGAIN_AFTER;
                    for reply in replies {
                        let _ = link.send(reply, link.headers()).await;
                    }
                }
                last_event_id = events.last_event_id().map(ToOwned::to_owned).or(last_event_id);
                events.retry_ms().map(Duration::from_millis)
            }
            // It has none (405), or does not want us.
            Ok(_) => return,
            Err(_) => None,
        };
        tokio::time::sleep(retry.map_or(pause, |retry| retry.max(pause)).min(AGAIN_AFTER_MAX)).await;
        pause = (pause * 2).min(AGAIN_AFTER_MAX);
    }
}
