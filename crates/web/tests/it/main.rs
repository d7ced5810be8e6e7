//! The real app in process: a loopback port, a SQLite store, an agent whose model and gate are scripts. Files under
//! `routes/` mirror those of `src/routes/`.

mod drain;
mod mcp;
mod openapi;
mod problems;
mod routes;
mod security;
mod support;
mod views;
