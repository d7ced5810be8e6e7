//! `/api/v1/policy`: the rules in force, and drafts of others.

pub(crate) mod activate;
pub(crate) mod check;
pub(crate) mod diff;
mod draft;
pub(crate) mod explain;
pub(crate) mod replay;
pub(crate) mod show;
pub(crate) mod test;
pub(crate) mod versions;
