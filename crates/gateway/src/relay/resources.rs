//! `resources/read`.

use domain::decision::Point;
use domain::digest::Digest;
use mcp::exchange::{Outbox, Request};
use mcp::message::{Json, RpcError, json};
use policy::Resources;

use super::Relay;
use super::errand::{Errand, seen};
use super::members::Members;
use super::routes::Route;
use crate::resources::resources_of_uri;
use crate::servers::Item;

impl Relay {
    pub(super) async fn read_resource(&self, mut request: Request, out: Outbox) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let params = request.params.take();
        let mut members = Members::of(params.as_deref())?;
        let uri = members.text("uri")?;
        let route = match self.resource(&uri).await {
            Ok(route) => route,
            Err(error) => return self.unknown(&caller, Point::ResourceRead, &uri, error).await,
        };
        if route.name != uri {
            members.set("uri", json(&route.name)?);
        }
        let Route { slot, name, item } = route;
        let errand = Errand {
            resources: self.named_by(&name),
            digest: digest(item.as_deref()),
            slot,
            name,
            point: Point::ResourceRead,
            result_point: Some(Point::ResourceResult),
            arguments: seen(&members)?,
        };
        self.run(&caller, errand, request, members, out).await
    }

    /// What a URI names, as rules see it.
    pub(super) fn named_by(&self, uri: &str) -> Resources {
        resources_of_uri(uri, &self.workspace.root)
    }
}

/// Of what the server said of a resource or prompt; of nothing when it did not list it.
pub(super) fn digest(item: Option<&Item>) -> Digest {
    item.map_or_else(|| Digest::of_bytes(&[]), |item| item.digest.clone())
}
