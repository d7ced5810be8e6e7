//! The domain's types as the API shows them: same names, same JSON, with OpenAPI schemas.
//!
//! `domain` knows no OpenAPI, so each type is written down here a second time. [`mirror!`] makes the conversion
//! beside the type and takes the original apart field by field: a field or variant that is new in the domain
//! does not compile until the API shows it. `tests/it/views.rs` checks that the JSON is the same.

mod approval;
mod decision;
mod fence;
mod journal;
mod limits;
mod live;
mod model;
mod task;
mod tool;

pub use approval::{Answer, Approval, ApprovalKind, ApprovalStatus, Binding, RuleScope, TaskRule};
pub use decision::{Decision, DecisionRecord, Obligations, Point, Reason, Verdict};
pub use fence::{FenceLayer, FenceLevel, FenceReport};
pub use journal::{CallEnd, CallTarget, Envelope, Event, ModelPurpose, PauseReason, TaskEnd};
pub use limits::{LimitKind, Limits, Spent, Usage};
pub use live::LiveEvent;
pub use model::{ModelCall, ModelError, ModelErrorKind, ModelInfo, ModelResponse, Price, StopReason};
pub use task::{TaskStatus, TaskSummary, Workspace};
pub use tool::{Content, KnownContent, Tool, ToolAnnotations, ToolOutcome, ToolProgress};

/// Shows a value of another room in the API's own types.
pub trait Mirror<T> {
    fn mirror(of: T) -> Self;
}

impl<A, B: Mirror<A>> Mirror<Option<A>> for Option<B> {
    fn mirror(of: Option<A>) -> Self {
        of.map(B::mirror)
    }
}

impl<A, B: Mirror<A>> Mirror<Vec<A>> for Vec<B> {
    fn mirror(of: Vec<A>) -> Self {
        of.into_iter().map(B::mirror).collect()
    }
}

/// Values that the API shows as they are.
macro_rules! as_it_is {
    ($($kind:ty),*) => {
        $(impl Mirror<$kind> for $kind {
            fn mirror(of: $kind) -> Self {
                of
            }
        })*
    };
}
as_it_is!(bool, i32, u16, u32, u64, f64, String, serde_json::Value, domain::Timestamp);

/// Values that wrap the one that the API shows.
macro_rules! unwrapped {
    ($($wrapper:ty => $kind:ty),* $(,)?) => {
        $(impl Mirror<$wrapper> for $kind {
            fn mirror(of: $wrapper) -> Self {
                of.0
            }
        })*
    };
}
unwrapped! {
    domain::ApprovalId => uuid::Uuid,
    domain::CallId => uuid::Uuid,
    domain::DecisionId => uuid::Uuid,
    domain::ModelRequestId => uuid::Uuid,
    domain::PrincipalId => uuid::Uuid,
    domain::RuleId => uuid::Uuid,
    domain::TaskId => uuid::Uuid,
    domain::WorkspaceId => uuid::Uuid,
    domain::MicroUsd => i64,
    domain::digest::Digest => String,
}

impl Mirror<std::path::PathBuf> for String {
    /// Workspaces have UTF-8 names: others are refused when they are made.
    fn mirror(of: std::path::PathBuf) -> Self {
        of.to_string_lossy().into_owned()
    }
}

/// Writes a view type and its [`Mirror`] of the original: a struct, an enum of words, or an enum whose variants
/// have named fields.
macro_rules! mirror {
    (
        $(#[$meta:meta])*
        struct $name:ident of $of:path {
            $($(#[$field_meta:meta])* $field:ident: $kind:ty),* $(,)?
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
        $(#[$meta])*
        pub struct $name {
            $($(#[$field_meta])* pub $field: $kind,)*
        }

        impl $crate::views::Mirror<$of> for $name {
            fn mirror(of: $of) -> Self {
                use $of as Of;
                let Of { $($field),* } = of;
                Self { $($field: $crate::views::Mirror::mirror($field)),* }
            }
        }
    };
    (
        $(#[$meta:meta])*
        words $name:ident of $of:path {
            $($(#[$variant_meta:meta])* $variant:ident),* $(,)?
        }
    ) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize, utoipa::ToSchema)]
        #[serde(rename_all = "snake_case")]
        $(#[$meta])*
        pub enum $name {
            $($(#[$variant_meta])* $variant,)*
        }

        impl $crate::views::Mirror<$of> for $name {
            fn mirror(of: $of) -> Self {
                use $of as Of;
                match of {
                    $(Of::$variant => Self::$variant),*
                }
            }
        }

        impl From<$name> for $of {
            fn from(view: $name) -> Self {
                use $of as Of;
                match view {
                    $($name::$variant => Of::$variant),*
                }
            }
        }
    };
    (
        $(#[$meta:meta])*
        enum $name:ident of $of:path {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident $({
                    $($(#[$field_meta:meta])* $field:ident: $kind:ty),* $(,)?
                })?
            ),* $(,)?
        }
    ) => {
        #[derive(Clone, Debug, PartialEq, serde::Serialize, utoipa::ToSchema)]
        $(#[$meta])*
        pub enum $name {
            $(
                $(#[$variant_meta])*
                $variant $({ $($(#[$field_meta])* $field: $kind,)* })?,
            )*
        }

        impl $crate::views::Mirror<$of> for $name {
            fn mirror(of: $of) -> Self {
                use $of as Of;
                match of {
                    $(
                        Of::$variant $({ $($field),* })? =>
                            Self::$variant $({ $($field: $crate::views::Mirror::mirror($field)),* })?,
                    )*
                }
            }
        }
    };
}
use mirror;
