//! `/api/v1/settings/models`.

pub(crate) mod default;
pub(crate) mod key;
pub(crate) mod provider;
pub(crate) mod show;
pub(crate) mod test;
