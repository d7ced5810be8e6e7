//! `/api/v1/settings`.

pub(crate) mod models;
