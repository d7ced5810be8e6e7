//! Identifiers: UUID version 7 (RFC 9562) in newtypes, so that they sort by creation time and never mix.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl $name {
            /// A new id; later ids sort after earlier ones of the same process.
            #[allow(clippy::new_without_default, reason = "a default id would be a different one every time")]
            pub fn new() -> Self {
                Self(Uuid::now_v7())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }

        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

id!(
    /// An organisation. On a desk there is one: [`TenantId::LOCAL`].
    TenantId
);
id!(
    /// Who asks: a person, an API key, an agent or an MCP client.
    PrincipalId
);
id!(
    /// A folder that tasks work in.
    WorkspaceId
);
id!(
    /// One piece of work given to the agent, with one journal.
    TaskId
);
id!(
    /// One tool call inside a task. Ours, not the vendor's: vendors reuse theirs.
    CallId
);
id!(
    /// One request to a model, retries included.
    ModelRequestId
);
id!(
    /// A question put to a person.
    ApprovalId
);
id!(
    /// A recorded answer of the policy.
    DecisionId
);
id!(
    /// An "always for this task" rule made by a person.
    RuleId
);

impl TenantId {
    /// The one tenant of a desk. Its slug is `local`.
    pub const LOCAL: TenantId = TenantId(Uuid::from_u128(0x0000_0000_0000_7000_8000_6c6f_6361_6c00));
}

impl PrincipalId {
    /// The one person of a desk.
    pub const LOCAL_USER: PrincipalId =
        PrincipalId(Uuid::from_u128(0x0000_0000_0000_7000_8000_7573_6572_0000));
}
