//! `/api/v1/secrets`: values that tools use and nobody reads.

pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod set;
