//! Language models behind one port: vendors over HTTP, the scripted guide `demo`, prices, retries.
//!
//! Start with [`Catalogue`]: it opens a model by name. A vendor's model is a [`vendor::VendorModel`], which
//! retries ([`retry`]) one attempt at a time; an attempt encodes the conversation into the vendor's wire
//! format, reads its event stream, and decodes it again. The four wire formats lie in `vendor/`, one file
//! each; nothing outside of them knows a vendor's field names, except `errors.rs`, which knows how vendors
//! word their refusals.
//!
//! The formats are our own code rather than a client library: what goes back to a vendor must be exactly
//! what it sent (order of reasoning items, signatures, `phase`), images and error flags of tool results must
//! arrive, a stream that was cut must not look complete, and no body may reach a log.

mod catalogue;
mod config;
pub mod demo;
mod errors;
mod idle;
mod names;
mod prices;
mod repair;
mod retry;
mod vendor;

pub use catalogue::Catalogue;
pub use config::{Api, Config, ModelOverride, Provider, keys_from};
