//! `/api/v1/record`: every decision and every act, in one chain.

pub(crate) mod export;
pub(crate) mod list;
pub(crate) mod verify;
