//! The model settings of the dashboard: the person's own configuration file and `credentials.toml`.

use std::sync::{PoisonError, RwLock};

use async_trait::async_trait;
use domain::model::{ModelError, ModelSource};
use models::{Api, Catalogue, Provider};
use secrecy::SecretString;
use web::ports::{
    KeySource, ModelOffer, ModelSettings, NewProvider, ProviderApi, ProviderSettings, Settings, SettingsError,
};

use super::Models;
use crate::config::{self, Config, Credentials, set_values};
use crate::exit::Failure;
use crate::paths::Paths;

/// Reads and changes the files, and puts a new catalogue in force with each change.
pub struct SettingsFile {
    paths: Paths,
    models: Models,
    /// What the files said last.
    config: RwLock<Config>,
    /// One change at a time: each reads the file, changes it and loads it again.
    changing: tokio::sync::Mutex<()>,
}

impl SettingsFile {
    pub fn new(paths: Paths, config: Config, models: Models) -> Self {
        Self { paths, models, config: RwLock::new(config), changing: tokio::sync::Mutex::default() }
    }

    /// Makes changes and loads what the files say now. What cannot be loaded is refused before it is written.
    async fn change(&self, changes: &[(Vec<&str>, Option<toml_edit::Value>)]) -> Result<(), SettingsError> {
        let _changing = self.changing.lock().await;
        let before = std::fs::read(&self.paths.config_file).ok();
        set_values(&self.paths.config_file, changes).map_err(invalid)?;
        match self.reload() {
            Ok(()) => Ok(()),
            Err(failure) => {
                // The person's file is put back as it was: a refused change leaves nothing behind.
                let restored = match before {
                    Some(text) => std::fs::write(&self.paths.config_file, text),
                    None => std::fs::remove_file(&self.paths.config_file),
                };
                restored.map_err(|error| SettingsError::Unavailable(error.to_string()))?;
                Err(invalid(failure))
            }
        }
    }

    fn reload(&self) -> Result<(), Failure> {
        let config = config::load_for(&self.paths)?.config;
        let credentials = Credentials::load(&self.paths.credentials_file)?;
        self.models.replace(Catalogue::new(config.models.clone(), credentials.all_keys(&config.models))?);
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    fn config(&self) -> Config {
        self.config.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

#[async_trait]
impl Settings for SettingsFile {
    fn default_model(&self) -> String {
        crate::app::default_model(&self.config().agent, &self.models.current())
    }

    fn offers(&self) -> Vec<ModelOffer> {
        let catalogue = self.models.current();
        let mut offers: Vec<ModelOffer> =
            catalogue.offered().into_iter().map(|info| ModelOffer { info, why_not: None }).collect();
        for provider in self.config().models.all_providers().into_keys() {
            for info in catalogue.known_of(&provider) {
                if offers.iter().any(|offer| offer.info.name == info.name) {
                    continue;
                }
                let why_not = catalogue.open(&info.name).err().map(|error| error.message);
                offers.push(ModelOffer { info, why_not });
            }
        }
        offers
    }

    async fn models(&self) -> Result<ModelSettings, SettingsError> {
        let config = self.config();
        let credentials = Credentials::load(&self.paths.credentials_file).map_err(unavailable)?;
        let from_environment = Credentials::environment_keys(&config.models);
        let catalogue = self.models.current();
        let providers = config.models.all_providers().into_iter().map(|(name, provider)| ProviderSettings {
            api: from_api(provider.api),
            base_url: provider.base_url,
            key_source: if credentials.has(&name) {
                Some(KeySource::Credentials)
            } else {
                from_environment.contains_key(&name).then_some(KeySource::Environment)
            },
            key_env: provider.key_env,
            models: catalogue.known_of(&name),
            name,
        });
        Ok(ModelSettings {
            default_model: crate::app::default_model(&config.agent, &catalogue),
            providers: providers.collect(),
            offered: catalogue.offered(),
        })
    }

    async fn set_default_model(&self, model: &str) -> Result<(), SettingsError> {
        self.models.current().open(model).map_err(|error| SettingsError::Invalid(error.message))?;
        self.change(&[(vec!["agent", "model"], Some(model.into()))]).await
    }

    async fn set_provider(&self, name: &str, provider: NewProvider) -> Result<(), SettingsError> {
        // Checked as the file would be, before anything is written.
        let tried = Provider {
            api: to_api(provider.api),
            base_url: provider.base_url.clone(),
            key_env: provider.key_env.clone(),
            models: Default::default(),
        };
        let mut trial = models::Config::default();
        trial.providers.insert(name.to_owned(), tried);
        Catalogue::new(trial, Default::default()).map_err(|error| SettingsError::Invalid(error.message))?;

        let api = serde_json::to_value(to_api(provider.api)).ok();
        let api = api.as_ref().and_then(serde_json::Value::as_str).map(Into::into);
        let key = |key| vec!["models", "providers", name, key];
        self.change(&[
            (key("api"), api),
            (key("base_url"), provider.base_url.map(Into::into)),
            (key("key_env"), provider.key_env.map(Into::into)),
        ])
        .await
    }

    async fn set_key(&self, provider: &str, key: SecretString) -> Result<(), SettingsError> {
        let _changing = self.changing.lock().await;
        if !self.config().models.all_providers().contains_key(provider) {
            return Err(SettingsError::NotFound(format!("there is no provider `{provider}`: add it first")));
        }
        let mut credentials = Credentials::load(&self.paths.credentials_file).map_err(unavailable)?;
        credentials.set(provider, key).map_err(unavailable)?;
        self.reload().map_err(unavailable)
    }

    async fn delete_key(&self, provider: &str) -> Result<(), SettingsError> {
        let _changing = self.changing.lock().await;
        let mut credentials = Credentials::load(&self.paths.credentials_file).map_err(unavailable)?;
        if !credentials.has(provider) {
            return Err(SettingsError::NotFound(format!("no key was entered for `{provider}`")));
        }
        credentials.remove(provider).map_err(unavailable)?;
        self.reload().map_err(unavailable)
    }

    async fn test_model(&self, model: &str) -> Result<(), ModelError> {
        self.models.current().test_call(model).await
    }
}

fn invalid(failure: Failure) -> SettingsError {
    SettingsError::Invalid(failure.message)
}

fn unavailable(failure: Failure) -> SettingsError {
    SettingsError::Unavailable(failure.message)
}

fn from_api(api: Api) -> ProviderApi {
    match api {
        Api::OpenaiResponses => ProviderApi::OpenaiResponses,
        Api::OpenaiChat => ProviderApi::OpenaiChat,
        Api::AnthropicMessages => ProviderApi::AnthropicMessages,
        Api::Gemini => ProviderApi::Gemini,
    }
}

fn to_api(api: ProviderApi) -> Api {
    match api {
        ProviderApi::OpenaiResponses => Api::OpenaiResponses,
        ProviderApi::OpenaiChat => Api::OpenaiChat,
        ProviderApi::AnthropicMessages => Api::AnthropicMessages,
        ProviderApi::Gemini => Api::Gemini,
    }
}
