//! `/api/v1/workspaces`.

pub(crate) mod create;
pub(crate) mod file;
pub(crate) mod files;
pub(crate) mod inside;
pub(crate) mod list;
