//! Tools as MCP describes them (specification 2026-07-28, `Tool` and `CallToolResult`).

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::digest::Digest;

/// What a tool says about its effects. Hints of the server, never trusted for safety by themselves;
/// missing ones mean the worst case, as MCP defines the defaults.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolAnnotations {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

impl ToolAnnotations {
    /// True only when the tool says it changes nothing.
    pub fn read_only(&self) -> bool {
        self.read_only_hint.unwrap_or(false)
    }

    /// True when running the same call a second time does no further harm: it reads only, or says it is
    /// idempotent. Decides whether a call with an unknown outcome may run again without asking.
    pub fn safe_to_repeat(&self) -> bool {
        self.read_only() || self.idempotent_hint.unwrap_or(false)
    }
}

/// One tool of one server.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    pub name: String,
    pub description: String,
    /// JSON Schema 2020-12 of the arguments; always an object schema.
    pub input_schema: Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Value>,
    #[serde(default)]
    pub annotations: ToolAnnotations,
}

impl Tool {
    /// Digest over name, description, schemas and annotations: what a person approved when they approved
    /// this tool.
    pub fn digest(&self) -> Digest {
        Digest::of(self)
    }
}

/// Where a tool server runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ServerKind {
    Builtin,
    Stdio,
    Http,
}

/// One block of a result (MCP `ContentBlock`; kinds we do not know are kept whole).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Content {
    Known(KnownContent),
    Other(Value),
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum KnownContent {
    Text {
        text: String,
    },
    /// `data` is base64.
    Image {
        data: String,
        #[serde(rename = "mimeType")]
        mime_type: String,
    },
}

impl Content {
    pub fn text(text: impl Into<String>) -> Self {
        Content::Known(KnownContent::Text { text: text.into() })
    }

    pub fn image(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        Content::Known(KnownContent::Image { data: data.into(), mime_type: mime_type.into() })
    }

    pub fn as_text(&self) -> Option<&str> {
        match self {
            Content::Known(KnownContent::Text { text }) => Some(text),
            _ => None,
        }
    }
}

/// What a tool gave back. An error of the tool is a result with `is_error`, for the model to read; it is
/// not an error of ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ToolOutcome {
    pub content: Vec<Content>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub structured_content: Option<Value>,
    #[serde(default)]
    pub is_error: bool,
}

impl ToolOutcome {
    pub fn text(text: impl Into<String>) -> Self {
        Self { content: vec![Content::text(text)], ..Self::default() }
    }

    pub fn error(text: impl Into<String>) -> Self {
        Self { content: vec![Content::text(text)], is_error: true, ..Self::default() }
    }

    /// All text blocks, one after the other.
    pub fn joined_text(&self) -> String {
        self.content.iter().filter_map(Content::as_text).collect::<Vec<_>>().join("\n")
    }
}

/// Something a running tool says before it ends. Shown live, never journalled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ToolProgress {
    Stdout { text: String },
    Stderr { text: String },
    Message { text: String },
}

/// Where progress goes. Must not block.
pub type ProgressSink = Arc<dyn Fn(ToolProgress) + Send + Sync>;
