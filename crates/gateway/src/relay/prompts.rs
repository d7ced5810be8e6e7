//! `prompts/get`.

use domain::decision::Point;
use mcp::exchange::{Outbox, Request};
use mcp::message::{Json, RpcError, json};
use serde_json::json as value;

use super::Relay;
use super::errand::Errand;
use super::members::Members;
use super::resources::digest;
use super::routes::Route;
use super::strict;
use crate::question::Subject;

impl Relay {
    pub(super) async fn get_prompt(&self, mut request: Request, out: Outbox) -> Result<Json, RpcError> {
        let caller = self.caller(&request.client).await?;
        let params = request.params.take();
        let mut members = Members::of(params.as_deref())?;
        let name = members.text("name")?;
        let Route { slot, name: real, item } = match self.prompt(&name).await {
            Ok(route) => route,
            Err(error) => return self.unknown(&caller, Point::PromptGet, &name, error).await,
        };
        let arguments = match members.get("arguments") {
            None => Ok(value!({})),
            Some(raw) => strict::read(raw).and_then(|read| read.only("the arguments")),
        };
        let arguments = match arguments {
            Ok(arguments) => arguments,
            Err(why) => {
                let subject = Subject::other(&slot, &real, digest(item.as_deref()));
                return self
                    .refuse(&caller, Point::PromptGet, subject, "gateway.ambiguous_arguments", why)
                    .await;
            }
        };
        if real != name {
            members.set("name", json(&real)?);
        }
        let errand = Errand {
            digest: digest(item.as_deref()),
            slot,
            name: real,
            point: Point::PromptGet,
            result_point: Some(Point::PromptResult),
            arguments,
            resources: Default::default(),
        };
        self.run(&caller, errand, request, members, out).await
    }
}
