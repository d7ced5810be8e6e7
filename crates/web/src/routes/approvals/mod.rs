//! `/api/v1/approvals`.

pub(crate) mod answer;
pub(crate) mod explain;
pub(crate) mod link;
pub(crate) mod list;
pub(crate) mod show;
