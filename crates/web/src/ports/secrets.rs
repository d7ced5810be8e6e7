//! Secrets by name. Their values go in and never come out.

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use secrecy::SecretString;
use serde::Serialize;
use utoipa::ToSchema;

use super::SettingsError;

#[async_trait]
pub trait Secrets: Send + Sync {
    async fn list(&self) -> Result<Vec<Secret>, SettingsError>;

    /// Makes or replaces it. Servers that use it get the new value at their next start or request.
    async fn set(
        &self,
        name: &str,
        value: SecretString,
        hosts: Vec<String>,
        by: &str,
    ) -> Result<(), SettingsError>;

    async fn remove(&self, name: &str, by: &str) -> Result<(), SettingsError>;
}

/// What is known of a secret without its value.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Secret {
    pub name: String,
    /// Hosts it may be sent to; empty: those of the servers that name it.
    pub hosts: Vec<String>,
    /// Servers that refer to it.
    pub used_by: Vec<String>,
    pub updated_at: DateTime<Utc>,
}
