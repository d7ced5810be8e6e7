//! The conversation, as the journal tells it.

use domain::model::{ModelResponse, StopReason};
use domain::{CallId, ModelRequestId};
use serde_json::Value;

use crate::tokens;

/// One piece that is sent whole or not at all: an answer goes with its calls and their results.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    User { seq: u64, text: String },
    Turn(Turn),
}

impl Entry {
    /// Where in the journal it came to be part of the conversation.
    pub fn seq(&self) -> u64 {
        match self {
            Self::User { seq, .. } => *seq,
            Self::Turn(turn) => turn.seq,
        }
    }
}

/// One answer of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Turn {
    pub seq: u64,
    pub request_id: ModelRequestId,
    pub text: String,
    /// Vendor data that goes back unchanged.
    pub opaque: Option<Value>,
    pub stop: StopReason,
    pub calls: Vec<CallId>,
    /// Estimated tokens of text and vendor data.
    pub tokens: u64,
}

impl Turn {
    pub(super) fn of(seq: u64, request_id: ModelRequestId, response: &ModelResponse) -> Self {
        Self {
            seq,
            request_id,
            text: response.text.clone(),
            opaque: response.opaque.clone(),
            stop: response.stop,
            calls: Vec::new(),
            tokens: tokens::of_text(&response.text) + response.opaque.as_ref().map_or(0, tokens::of_json),
        }
    }

    /// Neither words nor calls.
    pub fn empty(&self) -> bool {
        self.calls.is_empty() && self.text.trim().is_empty()
    }
}

/// What stands for everything up to `through_seq`.
#[derive(Clone, Debug, PartialEq)]
pub struct Summary {
    pub through_seq: u64,
    pub text: String,
}
