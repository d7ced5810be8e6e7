//! Language models behind one port: vendors through `genai`, the scripted guide `demo`, prices, retries.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::model::{ModelError, ModelInfo, ModelSource, OpenModel, Price};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// `[models]` of the configuration: providers by name.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[models.providers.NAME]`; a model is written `NAME/model`. The names `openai`, `anthropic`, `gemini`,
    /// `ollama` exist without being configured.
    pub providers: BTreeMap<String, Provider>,
    /// File with prices that override the dated table.
    pub prices_file: Option<PathBuf>,
    /// A stream that says nothing for this long is cut and tried again.
    pub idle_seconds_max: u64,
    /// Tries of one request, the first included.
    pub attempts_max: u32,
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub api: Api,
    #[serde(default)]
    pub base_url: Option<String>,
    /// Name of the environment variable that holds the key. Keys entered by `bailiwick setup` lie in
    /// `credentials.toml` (mode 0600) and win over it.
    #[serde(default)]
    pub key_env: Option<String>,
    /// Overrides what is known of a model, by model name.
    #[serde(default)]
    pub models: BTreeMap<String, ModelOverride>,
}

/// The wire format spoken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    OpenaiResponses,
    /// Also Ollama, llama.cpp, vLLM, LM Studio.
    OpenaiChat,
    AnthropicMessages,
    Gemini,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct ModelOverride {
    pub context_tokens: Option<u32>,
    pub max_output_tokens: Option<u32>,
    pub price: Option<Price>,
}

/// All models that can be opened. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Catalogue {}

impl Catalogue {
    /// `keys`: by provider name. Building never touches the network.
    pub fn new(config: Config, keys: BTreeMap<String, SecretString>) -> Result<Self, ModelError> {
        let _ = (config, keys);
        todo!()
    }

    /// Names to offer, `demo` last: models with a price or an override of every provider that has a key (or
    /// needs none).
    pub fn offered(&self) -> Vec<ModelInfo> {
        todo!()
    }

    /// A one-token call that shows whether key, address and model name are right.
    pub async fn test_call(&self, name: &str) -> Result<(), ModelError> {
        todo!("{name}")
    }
}

impl ModelSource for Catalogue {
    fn open(&self, name: &str) -> Result<OpenModel, ModelError> {
        todo!("{name}")
    }
}
