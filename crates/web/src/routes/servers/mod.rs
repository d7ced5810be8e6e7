//! `/api/v1/servers`: MCP servers behind the gateway.

pub(crate) mod add;
pub(crate) mod approve;
pub(crate) mod callback;
pub(crate) mod list;
pub(crate) mod remove;
pub(crate) mod restart;
pub(crate) mod show;
pub(crate) mod sign_in;
pub(crate) mod withdraw;
