//! The policy in force, and putting another in its place.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use policy::PolicyFile;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

use super::SettingsError;

#[async_trait]
pub trait Policies: Send + Sync {
    async fn status(&self) -> Result<PolicyStatus, SettingsError>;

    /// The files in force with their tests, as far as they are kept here.
    async fn files(&self) -> Result<Vec<PolicyFile>, SettingsError>;

    /// Files of a version.
    async fn version(&self, id: &str) -> Result<Vec<PolicyFile>, SettingsError>;

    /// Keeps the files as a version and puts it in force. The caller has compiled and tested them. Refused where the
    /// policy comes from elsewhere (a folder, a bundle, an OPA server). Gives the id of the version.
    async fn activate(&self, files: Vec<PolicyFile>, note: &str, by: &str) -> Result<String, SettingsError>;

    /// Newest first.
    async fn versions(&self) -> Result<Vec<PolicyVersion>, SettingsError>;

    /// Puts an earlier version in force again; `shipped` is the one that comes with the program.
    async fn reinstate(&self, id: &str, by: &str) -> Result<(), SettingsError>;
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyStatus {
    pub engine: PolicyEngine,
    pub source: PolicySource,
    /// Digest of all files; of an OPA server, what it says of itself.
    pub revision: String,
    /// How it stands with a folder or bundle: revision, last look, last error. Null for other sources.
    pub bundle: Value,
    /// What was sent of the decision log, dropped and refused. Null without one.
    pub decision_log: Value,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicyEngine {
    Embedded,
    Opa,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PolicySource {
    /// The pack that comes with the program.
    Shipped,
    /// A version that was put in force here.
    Version,
    /// `[policy] dir`.
    Folder,
    /// `[policy.bundle]`.
    Bundle,
    /// `[policy.opa]`.
    Server,
}

#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct PolicyVersion {
    pub id: String,
    pub note: String,
    pub created_by: String,
    pub created_at: DateTime<Utc>,
    pub active: bool,
    pub activated_by: Option<String>,
    pub activated_at: Option<DateTime<Utc>>,
}
