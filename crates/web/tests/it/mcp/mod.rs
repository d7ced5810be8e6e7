//! `/mcp`: who may come in, as whom, and what others are told.

mod clients;
mod fixture;
mod issuer;
mod tokens;
