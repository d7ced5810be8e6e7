//! The clients' side: streamable HTTP and stdio, both eras each, ending in one [`Service`](crate::exchange::Service).
//!
//! [`Endpoint`] serves `/mcp` over HTTP, [`serve_stdio`] one connection over pipes; [`pump`] joins the two for clients
//! that only start commands. Both read a message
//! ([`incoming`]), choose its era by what the message itself says, and hand it to [`modern`] (every request stands for
//! itself) or [`legacy`] (a conversation with a state). Results of the service are passed on as they were written.

mod endpoint;
mod exchange;
pub mod headers;
mod incoming;
mod legacy;
mod lines;
mod load;
mod members;
mod modern;
mod options;
mod pump;
mod reply;
mod sse;
mod stdio;
mod twins;

pub use endpoint::{Endpoint, router};
pub use options::Options;
pub use pump::pump;
pub use stdio::serve_stdio;

/// Who a request over HTTP was let in as: put it into the request's extensions before it gets here.
///
/// It is the conversation of a modern client and what a legacy session is bound to: another credential is told that
/// there is no such session. It is compared and used as a key, never shown, so it may be an id but need not be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential(pub String);
