//! Clients of 2026-07-28: every request stands for itself and says in `_meta` who asks.

mod answer;
mod client;
mod http;
mod listen;

pub(super) use answer::{Answer, Told};
pub(super) use client::{client, unsupported};
pub(super) use http::{claims, notify, post};

/// Error codes that the specification of 2026-07-28 defines.
pub(crate) mod code {
    pub(crate) const HEADER_MISMATCH: i64 = -32020;
    pub(crate) const MISSING_CAPABILITY: i64 = -32021;
    pub(crate) const UNSUPPORTED_VERSION: i64 = -32022;
    /// A limit of this process was reached; outside of what JSON-RPC reserves, as the specification asks.
    pub(crate) const LIMIT: i64 = 429;
}

/// `_meta` of a notification of a subscription: the id of the request that opened it.
const SUBSCRIPTION_ID: &str = "io.modelcontextprotocol/subscriptionId";
