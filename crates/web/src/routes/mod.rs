//! One file an operation; the path of the file is the path in the API.

pub(crate) mod approvals;
pub(crate) mod approve;
pub(crate) mod health;
pub(crate) mod mcp;
pub(crate) mod mcp_clients;
pub(crate) mod metrics;
pub(crate) mod openapi;
pub(crate) mod policy;
pub(crate) mod record;
pub(crate) mod secrets;
pub(crate) mod servers;
pub(crate) mod settings;
pub(crate) mod sign_in;
pub(crate) mod sign_in_links;
pub(crate) mod sign_out;
pub(crate) mod status;
pub(crate) mod tasks;
pub(crate) mod tools;
pub(crate) mod workspaces;
