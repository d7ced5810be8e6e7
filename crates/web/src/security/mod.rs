//! Who may ask, from where, and what a browser may do with the answer.
//!
//! A loopback address protects little: every page in the person's browser can send requests to it, and a name
//! of a foreign site can be made to resolve to it. So every request passes, in this order: `host` (DNS
//! rebinding), `origin` (cross-site requests), `session` (who is it).

pub(crate) mod approval_link;
pub(crate) mod headers;
pub(crate) mod host;
pub(crate) mod link;
pub(crate) mod mcp;
pub(crate) mod origin;
pub(crate) mod roles;
pub(crate) mod session;
pub(crate) mod token;

pub use approval_link::ApprovalLink;
pub use link::{Link, SignIn};
pub use mcp::{Issuer, McpAuth, SigningAlgorithm};
pub use token::random_token;
