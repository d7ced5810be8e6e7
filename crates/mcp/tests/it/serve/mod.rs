//! The clients' side.

mod hostile;
mod legacy;
mod modern;
mod official_client;
mod pump;
mod sessions;
mod stdio;
mod support;
