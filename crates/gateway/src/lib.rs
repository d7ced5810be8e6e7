//! Every tool call: identify, decide, approve, forward, decide on the result, record.
//!
//! [`Gateway::decide`] is the only maker of a [`Permit`], and [`Permit::forward`] the only way to a tool: a
//! call without a decision cannot be written. Every decision is in the store before it is acted on; when the
//! store does not take it, the call does not happen.

mod approvals;
mod ask;
mod call;
mod config;
mod decide;
mod detect;
mod explain;
mod forward;
mod gateway;
mod identify;
mod judge;
mod labels;
mod model_call;
mod notes;
mod ports;
mod principal;
mod question;
mod record;
mod redact;
pub mod relay;
pub mod remote;
mod resources;
mod schema;
mod search;
mod servers;
pub mod trust;

pub use call::{Call, Caller, CallerSession, CallerTask, Forwarded, GatewayError, ModelCall, Ruling};
pub use config::{Config, ToolSearch};
pub use explain::explain;
pub use forward::Permit;
pub use gateway::{Gateway, ListedTool, Observer};
pub use ports::{Condition, Decider, McpServer, ServerError, ServerFailure, ServerState, ToolServer};
pub use principal::Principal;
pub use relay::Relay;
pub use remote::Remote;
pub use servers::{Collision, ServerStatus};
