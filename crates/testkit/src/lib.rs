//! What tests share: a real PostgreSQL, a scripted model server that speaks the vendors' wire formats,
//! fixtures.

pub mod model_server;
pub mod postgres;
