//! The side of the servers: one [`Upstream`] a server, of either era, over any transport.

mod error;
mod parts;

pub use error::UpstreamError;
pub use parts::{Child, Headers, HttpParts, Parts, Refusal, Spawn, TransportParts};
