//! `[models]` of the configuration, and the providers that exist without it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use domain::model::Price;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

/// `[models]` of the configuration: providers by name. Every limit's error names its setting.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `[models.providers.NAME]`; a model is written `NAME/model`. The names `openai`, `anthropic`, `gemini`,
    /// `ollama` exist without being configured.
    pub providers: BTreeMap<String, Provider>,
    /// File with prices that override the dated table; same format as `crates/models/data/prices.toml`.
    pub prices_file: Option<PathBuf>,
    /// A stream that says nothing for this long is cut and tried again.
    pub idle_seconds_max: u64,
    /// Longest wait for the first word of an answer. Longer than the idle time: a local model is loaded, and
    /// reads the whole prompt, before it says anything.
    pub first_word_seconds_max: u64,
    /// Longest wait for a connection.
    pub connect_seconds_max: u64,
    /// Tries of one request, the first included.
    pub attempts_max: u32,
    /// Wait before the second try. Doubles with each further one, with jitter, when the vendor says nothing.
    pub backoff_ms_min: u64,
    /// Longest wait of our own choosing between two tries.
    pub backoff_ms_max: u64,
    /// Longest wait a vendor may ask for by `Retry-After`; asked for more, the request fails at once.
    pub retry_after_seconds_max: u64,
    /// Largest answer read, all events of its stream together.
    pub answer_bytes_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            providers: BTreeMap::new(),
            prices_file: None,
            idle_seconds_max: 60,
            first_word_seconds_max: 300,
            connect_seconds_max: 10,
            attempts_max: 4,
            backoff_ms_min: 500,
            backoff_ms_max: 30_000,
            retry_after_seconds_max: 120,
            answer_bytes_max: 64 << 20,
        }
    }
}

#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    pub api: Api,
    /// Address of the API. Without a path the vendor's usual one is added (`/v1`, for Gemini `/v1beta`).
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

/// Where Ollama listens when nobody told it otherwise.
pub(crate) const OLLAMA_URL: &str = "http://127.0.0.1:11434/v1";

/// The providers that need no configuration, in the order in which they are offered.
const BUILT_IN: [(&str, Api, Option<&str>, Option<&str>); 4] = [
    ("anthropic", Api::AnthropicMessages, None, Some("ANTHROPIC_API_KEY")),
    ("openai", Api::OpenaiResponses, None, Some("OPENAI_API_KEY")),
    ("gemini", Api::Gemini, None, Some("GEMINI_API_KEY")),
    ("ollama", Api::OpenaiChat, Some(OLLAMA_URL), None),
];

impl Api {
    /// The vendor's own address.
    pub(crate) fn default_url(self) -> &'static str {
        match self {
            Api::OpenaiResponses | Api::OpenaiChat => "https://api.openai.com/v1",
            Api::AnthropicMessages => "https://api.anthropic.com/v1",
            Api::Gemini => "https://generativelanguage.googleapis.com/v1beta",
        }
    }

    /// The path every address of this API has.
    pub(crate) fn usual_path(self) -> &'static str {
        match self {
            Api::Gemini => "/v1beta",
            _ => "/v1",
        }
    }
}

impl Config {
    /// The built-in providers and the configured ones. A configured one of a built-in name replaces it, and
    /// keeps the address and the key variable it does not name itself.
    pub fn all_providers(&self) -> BTreeMap<String, Provider> {
        let mut all: BTreeMap<String, Provider> = BUILT_IN
            .into_iter()
            .map(|(name, api, base_url, key_env)| {
                let provider = Provider {
                    api,
                    base_url: base_url.map(str::to_owned),
                    key_env: key_env.map(str::to_owned),
                    models: BTreeMap::new(),
                };
                (name.to_owned(), provider)
            })
            .collect();
        for (name, configured) in &self.providers {
            let mut provider = configured.clone();
            if let Some(built_in) = all.remove(name)
                && built_in.api == provider.api
            {
                provider.base_url = provider.base_url.or(built_in.base_url);
                provider.key_env = provider.key_env.or(built_in.key_env);
            }
            all.insert(name.clone(), provider);
        }
        all
    }
}

/// Keys by provider name, from the variable that each provider names; `variable` is usually
/// `|name| std::env::var(name).ok()`. Empty values count as missing.
pub fn keys_from(
    config: &Config,
    variable: impl Fn(&str) -> Option<String>,
) -> BTreeMap<String, SecretString> {
    config
        .all_providers()
        .into_iter()
        .filter_map(|(name, provider)| {
            let value = variable(&provider.key_env?)?;
            let value = value.trim();
            (!value.is_empty()).then(|| (name, SecretString::from(value)))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_sane_and_empty_toml_gives_it() {
        let config: Config = toml::from_str("").expect("empty configuration");
        assert_eq!((config.idle_seconds_max, config.attempts_max), (60, 4));
        assert_eq!(
            config.all_providers().keys().cloned().collect::<Vec<_>>(),
            ["anthropic", "gemini", "ollama", "openai"]
        );
    }

    #[test]
    fn a_configured_provider_keeps_what_it_does_not_name() {
        let config: Config = toml::from_str(
            "[providers.openai]\napi = 'openai_responses'\nbase_url = 'http://127.0.0.1:9/v1'\n\
             [providers.lab]\napi = 'openai_chat'\nbase_url = 'http://127.0.0.1:8/v1'\nkey_env = 'LAB_KEY'\n",
        )
        .expect("configuration");
        let all = config.all_providers();
        assert_eq!(all["openai"].base_url.as_deref(), Some("http://127.0.0.1:9/v1"));
        assert_eq!(all["openai"].key_env.as_deref(), Some("OPENAI_API_KEY"));

        let keys = keys_from(&config, |name| match name {
            "LAB_KEY" => Some(" secret \n".into()),
            "OPENAI_API_KEY" => Some("  ".into()),
            _ => None,
        });
        assert_eq!(keys.keys().collect::<Vec<_>>(), ["lab"]);
    }

    #[test]
    fn a_changed_wire_format_forgets_the_built_in_key() {
        let config: Config =
            toml::from_str("[providers.openai]\napi = 'openai_chat'\nbase_url = 'http://127.0.0.1:9/v1'\n")
                .expect("configuration");
        assert_eq!(config.all_providers()["openai"].key_env, None);
    }
}
