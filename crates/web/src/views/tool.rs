//! Tools as MCP describes them, and what they give back.

use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::{Mirror, mirror};

mirror! {
    /// What a tool says about its effects; never trusted for safety by itself.
    #[serde(rename_all = "camelCase")]
    struct ToolAnnotations of domain::tool::ToolAnnotations {
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<String>,
        #[serde(skip_serializing_if = "Option::is_none")]
        read_only_hint: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        destructive_hint: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        idempotent_hint: Option<bool>,
        #[serde(skip_serializing_if = "Option::is_none")]
        open_world_hint: Option<bool>,
    }
}

mirror! {
    /// One tool of one server.
    #[serde(rename_all = "camelCase")]
    struct Tool of domain::tool::Tool {
        name: String,
        description: String,
        /// JSON Schema of the arguments.
        input_schema: Value,
        #[serde(skip_serializing_if = "Option::is_none")]
        output_schema: Option<Value>,
        annotations: ToolAnnotations,
    }
}

/// One block of a result (MCP `ContentBlock`; kinds we do not know are kept whole).
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum Content {
    Known(KnownContent),
    #[schema(value_type = Object)]
    Other(Value),
}

impl Mirror<domain::tool::Content> for Content {
    fn mirror(of: domain::tool::Content) -> Self {
        match of {
            domain::tool::Content::Known(known) => Self::Known(KnownContent::mirror(known)),
            domain::tool::Content::Other(other) => Self::Other(other),
        }
    }
}

mirror! {
    #[serde(tag = "type", rename_all = "snake_case")]
    enum KnownContent of domain::tool::KnownContent {
        Text { text: String },
        /// `data` is base64.
        Image {
            data: String,
            #[serde(rename = "mimeType")]
            mime_type: String,
        },
    }
}

mirror! {
    /// What a tool gave back. An error of the tool has `isError`, for the model to read.
    #[serde(rename_all = "camelCase")]
    struct ToolOutcome of domain::tool::ToolOutcome {
        content: Vec<Content>,
        #[serde(skip_serializing_if = "Option::is_none")]
        structured_content: Option<Value>,
        is_error: bool,
    }
}

mirror! {
    /// Something a running tool says before it ends.
    #[serde(tag = "kind", rename_all = "snake_case")]
    enum ToolProgress of domain::tool::ToolProgress {
        Stdout { text: String },
        Stderr { text: String },
        Message { text: String },
    }
}
