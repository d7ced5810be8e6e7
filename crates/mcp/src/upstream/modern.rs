//! Requests to a server of the newer era: what comes in is nearly what goes out.

use http::HeaderMap;
use serde_json::Value;

use super::catalogue::Catalogue;
use super::counts::count;
use super::link::{Fault, Link, Outgoing};
use super::mailbox::{Facts, Incoming};
use super::params::Members;
use super::request::{Leg, complete};
use super::{headers, meta};
use crate::exchange::{Outbox, Request};
use crate::message::{Json, RpcError};
use crate::version::Version;
use std::sync::Arc;

/// Asks and passes on what is told until the answer comes.
pub(crate) async fn ask(
    link: &Arc<Link>,
    catalogue: &Catalogue,
    request: &Request,
    out: &Outbox,
) -> Result<Json, Fault> {
    let (outgoing, leg) = translate(link, catalogue, request)?;
    let is_subscription = outgoing.facts.subscription;
    let mut call = link.call(outgoing).await?;
    loop {
        let incoming = tokio::select! {
            biased;
            incoming = call.next() => incoming?,
            () = out.gone(), if is_subscription => return Ok(meta::raw(r#"{"resultType":"complete"}"#.to_owned())),
        };
        match incoming {
            Incoming::Notification(notification) => leg.forward(notification, link, out).await,
            Incoming::Request(_) => count(&link.hub.counts.refused_requests),
            Incoming::Done(outcome) => return complete(outcome?).map_err(Fault::from),
        }
    }
}

fn translate<'a>(
    link: &Link,
    catalogue: &Catalogue,
    request: &'a Request,
) -> Result<(Outgoing<'a>, Leg), RpcError> {
    let id = link.hub.next_id();
    let method = request.method.as_str();
    let mut params = Members::read(request.params.as_deref(), "params")?;
    let given = params.remove("_meta");
    let mut members = Members::read(given.as_deref(), "_meta")?;
    let leg = Leg::of(&mut members, id);
    meta::complete(&mut members, link.version().unwrap_or(Version::LATEST), &request.client)?;
    let members = members.json()?;
    let headers = if link.is_http() { repeated(method, &params, catalogue) } else { HeaderMap::new() };
    params.set("_meta", members);
    let subscription = method == "subscriptions/listen";
    let facts = Facts { client: request.client.clone(), wants_log: leg.log_level.is_some(), subscription };
    Ok((Outgoing { id, method, params: Some(params.json()?), headers, facts }, leg))
}

fn repeated(method: &str, params: &Members<'_>, catalogue: &Catalogue) -> HeaderMap {
    let name = headers::name_member(method).and_then(|member| params.text(member));
    let mut all = headers::of(method, name.as_deref());
    if method == "tools/call"
        && let Some(tool) = name.and_then(|name| catalogue.tool(&name)).filter(|tool| tool.has_headers())
        && let Some(arguments) = params.get("arguments")
        && let Ok(arguments) = serde_json::from_str::<Value>(arguments.get())
    {
        tool.headers(&arguments, &mut all);
    }
    all
}
