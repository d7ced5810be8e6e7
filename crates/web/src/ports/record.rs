//! The record: every decision and every act, in one chain.

use std::pin::Pin;

use async_trait::async_trait;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures::Stream;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::SettingsError;

#[async_trait]
pub trait Record: Send + Sync {
    /// Newest first; `before` is the sequence number of the last page's last entry.
    async fn entries(&self, before: Option<u64>, limit: u32) -> Result<Vec<RecordEntry>, SettingsError>;

    /// Reads the whole chain and compares it with the signed head.
    async fn verify(&self) -> Result<Verification, SettingsError>;

    /// JSON Lines, oldest first; the last line is the signed head.
    fn export(&self) -> RecordExport;
}

/// Lines of an export, a piece at a time.
pub type RecordExport = Pin<Box<dyn Stream<Item = Result<Bytes, SettingsError>> + Send>>;

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct RecordEntry {
    /// From 1 on, without gaps.
    pub seq: u64,
    pub at: DateTime<Utc>,
    /// `decision`, or what a person did, like `server.added`.
    pub kind: String,
    /// What was recorded, whole.
    pub body: Value,
    pub hash: String,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Verification {
    /// Whether every entry is as it was written, in its place, and none is missing.
    pub whole: bool,
    /// Entries that were read.
    pub entries: u64,
    pub head: String,
    /// The first entry that is wrong.
    pub first_bad: Option<u64>,
    /// What is wrong with it.
    pub why: Option<String>,
}
