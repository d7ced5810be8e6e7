//! Models that answer over HTTP.

mod anthropic;
mod attempt;
mod clients;
mod gemini;
mod http;
mod opaque;
mod openai_chat;
mod openai_responses;
mod outcome;
mod target;
mod wire;

pub(crate) use attempt::attempt;
pub(crate) use clients::Clients;
pub(crate) use target::{Bounds, Target, parse_base};
pub(crate) use wire::{Answer, Arguments, Piece, RawCall};

use std::sync::Arc;

use domain::model::{Model, ModelError, ModelEvent, ModelRequest};
use futures::stream::BoxStream;

/// One model of one provider.
#[derive(Clone, Debug)]
pub(crate) struct VendorModel(pub Arc<Target>);

impl Model for VendorModel {
    fn stream(&self, request: ModelRequest) -> BoxStream<'static, Result<ModelEvent, ModelError>> {
        crate::retry::stream(self.0.clone(), request)
    }
}
