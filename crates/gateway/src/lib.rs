//! Every tool call: identify, decide, approve, forward, decide on the result, record.
//!
//! [`Gateway::decide`] is the only maker of a [`Permit`], and [`Permit::forward`] the only way to a tool: a
//! call without a decision cannot be written. Every decision is in the store before it is acted on; when the
//! store does not take it, the call does not happen.

mod approvals;
mod call;
mod decide;
mod explain;
mod forward;
mod gateway;
mod identify;
mod model_call;
mod ports;
mod principal;
mod question;
mod record;
mod redact;
mod resources;
mod schema;

pub use call::{Call, Caller, CallerTask, Forwarded, GatewayError, ModelCall, Ruling};
pub use explain::explain;
pub use forward::Permit;
pub use gateway::{Config, Gateway, ListedTool};
pub use ports::{ServerError, ToolServer};
pub use principal::Principal;
