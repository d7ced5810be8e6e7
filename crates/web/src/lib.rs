//! The face: HTTP API under `/api/v1`, live events, local sign-in, OpenAPI, and the embedded dashboard.
//!
//! [`App`] is everything the face needs; [`serve`] serves it on a listener until it is told to stop.
//! `router.rs` has every route in one place, and the path of a route's file is its path in the API.

mod assets;
mod config;
mod extract;
mod observe;
mod openapi;
pub mod ports;
mod problem;
mod router;
mod routes;
pub mod security;
mod serve;
mod sse;
mod state;
pub mod views;

pub use config::Config;
pub use openapi::{openapi, openapi_json};
pub use security::{ApprovalLink, Issuer, Link, McpAuth, SignIn, SigningAlgorithm};
pub use serve::serve;
pub use state::{App, Mcp};
