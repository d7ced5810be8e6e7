//! What tests share: a real PostgreSQL, a scripted model server that speaks the vendors' wire formats,
//! a receiver of traces.

pub mod model_server;
pub mod otlp;
pub mod postgres;
