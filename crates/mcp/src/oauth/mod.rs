//! OAuth 2.1 towards the servers behind the gateway.
//!
//! A [`Client`] is this process; an [`Account`] is what it has at one server. A server that answers 401 or 403 is told
//! to [`Account::challenged`] ([`Credentials`] does that for an upstream), which says whether to send the request again or to ask a person to sign in; then
//! [`Account::begin`] gives the address for the browser and [`Client::finish`] takes what the browser brings back.
//!
//! Requests and answers of token endpoints are those of the crate `oauth2`; how authorization servers and clients find
//! each other is ours. `rmcp` has both, but accepts servers that do not announce PKCE, follows redirects when it
//! registers, looks for challenge parameters by substring, and writes authorization codes to its debug log.
//!
//! What always holds:
//! - A token goes to the server it was got for and to no other; its record names address, resource and issuer.
//! - PKCE with S256 always; a server that does not announce it is refused. Issuers are compared, `iss` (RFC 9207) too.
//! - Only `https`, or `http` between loopback addresses. Every address is put to the check that was given
//!   ([`Server::check`]) before it is asked. Redirects are refused.
//! - A refresh is made once, whoever waits for it, and its outcome is kept even if all of them go away.
//! - Tokens leave this module for the [`TokenStore`] only, which keeps them sealed.

mod account;
mod address;
mod assertion;
mod begin;
mod challenge;
mod client;
mod config;
mod credentials;
mod error;
mod fetch;
mod finish;
mod headers;
mod metadata;
mod record;
mod register;
mod resource;
mod scopes;
mod store;
mod tokens;

pub use account::{Account, Next, Status};
pub use begin::Authorization;
pub use challenge::Challenge;
pub use client::Client;
pub use config::{
    AssertionKey, Configured, Flow, Identity, Parts, SecretSource, Server, UrlCheck, client_metadata,
};
pub use error::OAuthError;
pub use finish::Finished;
pub use headers::{Credentials, StaticHeaders};
pub use store::{MemoryStore, StoreFailed, TokenStore};
