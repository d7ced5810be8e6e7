//! Who may use `/mcp`: programs with the local token, clients with a token of their own, and, where issuers are
//! configured, whoever brings a token of theirs (OAuth 2.1 resource server, RFC 9068, RFC 9728).
//!
//! Cookies open nothing here: a page in the person's browser must not be able to call tools.

mod admitted;
mod challenge;
mod client_tokens;
mod config;
mod keys;
mod require;
mod token;

pub(crate) use admitted::Admitted;
pub(crate) use client_tokens::{CLIENT_LABELS, ClientName, is_client_token, label};
pub use config::{Issuer, McpAuth, SigningAlgorithm};
pub(crate) use require::require;
pub(crate) use token::Verifier;
