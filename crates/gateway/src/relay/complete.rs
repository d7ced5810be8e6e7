//! `completion/complete`: to the server whose prompt or template is being filled in.

use domain::decision::Point;
use domain::digest::Digest;
use mcp::exchange::{Outbox, Request};
use mcp::message::{Json, RpcError, json};

use super::Relay;
use super::errand::{Errand, as_request};
use super::members::Members;
use super::routes::{Route, prefixed};
use crate::servers::Kind;

impl Relay {
    pub(super) async fn complete(&self, mut request: Request, out: Outbox) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let params = request.params.take();
        let mut members = Members::of(params.as_deref())?;
        let Some(reference) = members.get("ref").map(ToOwned::to_owned) else {
            return Err(RpcError::invalid_params("`ref` is missing"));
        };
        let mut reference = Members::of(Some(&reference))?;
        let (member, route) = match reference.text("type")?.as_str() {
            "ref/prompt" => ("name", self.prompt(&reference.text("name")?).await),
            "ref/resource" => ("uri", self.template(&reference.text("uri")?).await),
            other => {
                return Err(RpcError::invalid_params(format!("`ref.type` is {other}, which is not known")));
            }
        };
        let named = reference.text(member)?;
        let route = match route {
            Ok(route) => route,
            Err(error) => return self.unknown(&caller, Point::McpRequest, &request.method, error).await,
        };
        let written;
        if route.name != named {
            reference.set(member, json(&route.name)?);
            written = reference.write()?;
            members.set("ref", written);
        }
        let errand = Errand {
            slot: route.slot,
            name: request.method.clone(),
            digest: Digest::of(&request.method),
            point: Point::McpRequest,
            result_point: None,
            arguments: as_request(&request.method, &members)?,
            resources: Default::default(),
        };
        self.run(&caller, errand, request, members, out).await
    }

    /// A template by its text, or a resource by its URI.
    async fn template(&self, uri: &str) -> Result<Route, RpcError> {
        self.gateway.inner.servers.settle(Kind::Templates).await;
        let places = self.places(Kind::Templates);
        let mut found = places.iter().filter(|place| {
            place.exposed == uri || prefixed(Kind::Templates, &place.slot, &place.item.key) == uri
        });
        if let Some(place) = found.next()
            && found.next().is_none()
        {
            let (slot, name) = (place.slot.clone(), place.item.key.clone());
            return Ok(Route { slot, name, item: Some(place.item.clone()) });
        }
        self.resource(uri).await
    }
}
