//! HTTP out of this process: every address that a name resolves to is checked, redirects are off, all has limits.
//!
//! Addresses of servers come from configuration, from metadata that other servers publish, and from people.
//! Whoever can choose one could otherwise have this process talk to what only this machine reaches: its own
//! ports, the neighbours in its network, the credentials service of a cloud. So every request goes through a
//! client of [`Outbound::client`], which
//!
//! - looks names up itself and connects only to addresses that its [`Reach`] permits, at the moment of the
//!   connection: a name that answers differently the second time (DNS rebinding) gains nothing. An answer with
//!   permitted and forbidden addresses is used for its permitted ones; an answer without any is an error;
//! - refuses forbidden addresses written into the URL in any spelling (decimal, octal, hexadecimal,
//!   IPv4 inside IPv6), and names that mean this machine or a metadata service;
//! - follows no redirect: one is an error that names its target;
//! - takes no proxy from the environment.
//!
//! The client refuses by itself; [`Outbound::check_url`] says so earlier and in better words, for when a person
//! enters a URL.
//!
//! What it does not do: a configured `proxy` looks names up itself, out of our sight, so behind one only
//! literal addresses and known names are checked here.

mod address;
mod client;
mod config;
mod error;
mod guard;
mod read;
mod resolver;
mod rules;

pub use client::Outbound;
pub use config::{Allow, Config};
pub use error::{OutboundError, explain};
pub use read::read_limited;
pub use resolver::Lookup;
pub use rules::Reach;
