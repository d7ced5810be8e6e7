//! What the face needs of whoever wires it: settings that live in files, servers, secrets, the record, and a folder
//! for the guided tour.

mod key_sets;
mod policies;
mod record;
mod secrets;
mod servers;

pub use key_sets::KeySets;
pub use policies::{Policies, PolicyEngine, PolicySource, PolicyStatus, PolicyVersion};
pub use record::{Record, RecordEntry, RecordExport, Verification};
pub use secrets::{Secret, Secrets};
pub use servers::{
    ApprovedTool, Grants, HttpTarget, OAuth, Server, ServerDetail, ServerLimits, ServerOrigin, ServerSpec,
    ServerState, ServerTool, Servers, Sharing, ToolState, Transport,
};

use std::path::PathBuf;

use async_trait::async_trait;
use domain::model::{ModelError, ModelInfo};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The model settings of this data folder. Changes are written to the files before a method returns `Ok`, and
/// hold for the next model call.
#[async_trait]
pub trait Settings: Send + Sync {
    /// Model of tasks that name none; never empty.
    fn default_model(&self) -> String;

    /// Models that a task may name, with whether they can be called now.
    fn offers(&self) -> Vec<ModelOffer>;

    async fn models(&self) -> Result<ModelSettings, SettingsError>;

    async fn set_default_model(&self, model: &str) -> Result<(), SettingsError>;

    /// Makes or replaces a provider in the configuration file.
    async fn set_provider(&self, name: &str, provider: NewProvider) -> Result<(), SettingsError>;

    /// Keeps a key in `credentials.toml` (mode 0600). It never comes back out.
    async fn set_key(&self, provider: &str, key: SecretString) -> Result<(), SettingsError>;

    /// Forgets a key that was entered; one in the environment stays.
    async fn delete_key(&self, provider: &str) -> Result<(), SettingsError>;

    /// A tiny call that shows whether key, address and model name are right.
    async fn test_model(&self, model: &str) -> Result<(), ModelError>;
}

/// Folders that the server makes itself.
#[async_trait]
pub trait Workspaces: Send + Sync {
    /// A new folder with the sample project of the guided tour.
    async fn sample_workspace(&self) -> Result<PathBuf, SettingsError>;
}

/// Why a setting could not be read or changed. The text is for the person and says what to do.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{0}")]
    Invalid(String),
    #[error("{0}")]
    NotFound(String),
    /// A file could not be read or written.
    #[error("{0}")]
    Unavailable(String),
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelOffer {
    pub info: ModelInfo,
    /// Why it cannot be called now, and what would help; `None` when it can.
    pub why_not: Option<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ModelSettings {
    pub default_model: String,
    pub providers: Vec<ProviderSettings>,
    pub offered: Vec<ModelInfo>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ProviderSettings {
    pub name: String,
    pub api: ProviderApi,
    /// `None`: the vendor's own address.
    pub base_url: Option<String>,
    /// Environment variable that may hold the key.
    pub key_env: Option<String>,
    /// Where the key in use comes from; `None` when there is none.
    pub key_source: Option<KeySource>,
    pub models: Vec<ModelInfo>,
}

/// What a person sets of a provider.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewProvider {
    pub api: ProviderApi,
    /// Absolute `http` or `https` address; left out: the vendor's own.
    #[serde(default)]
    pub base_url: Option<String>,
    /// Environment variable that holds the key.
    #[serde(default)]
    pub key_env: Option<String>,
}

/// The wire format that a provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProviderApi {
    OpenaiResponses,
    /// Also Ollama, llama.cpp, vLLM and LM Studio.
    OpenaiChat,
    AnthropicMessages,
    Gemini,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// Entered by the person, in `credentials.toml`. Wins over the environment.
    Credentials,
    /// In the environment variable that `key_env` names.
    Environment,
}
