//! Settings kept in memory.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use async_trait::async_trait;
use domain::model::{ModelError, ModelErrorKind, ModelInfo};
use secrecy::{ExposeSecret as _, SecretString};
use web::ports::{
    KeySource, ModelOffer, ModelSettings, NewProvider, ProviderSettings, Settings, SettingsError, Workspaces,
};

pub struct Desk {
    samples: PathBuf,
    default_model: Mutex<String>,
    provider: Mutex<Option<(String, NewProvider)>>,
    key: Mutex<Option<SecretString>>,
}

impl Desk {
    pub fn new(data_dir: &Path) -> Self {
        Self {
            samples: data_dir.join("samples"),
            default_model: Mutex::new("scripted".into()),
            provider: Mutex::default(),
            key: Mutex::default(),
        }
    }

    /// The key as it was kept.
    pub fn key(&self) -> Option<String> {
        self.key.lock().unwrap().as_ref().map(|key| key.expose_secret().to_owned())
    }
}

fn info(name: &str) -> ModelInfo {
    ModelInfo { name: name.into(), context_tokens: 8_000, max_output_tokens: 1_000, price: None, host: None }
}

#[async_trait]
impl Settings for Desk {
    fn default_model(&self) -> String {
        self.default_model.lock().unwrap().clone()
    }

    fn offers(&self) -> Vec<ModelOffer> {
        vec![
            ModelOffer { info: info("acme/large"), why_not: Some("acme has no key".into()) },
            ModelOffer { info: info("scripted"), why_not: None },
        ]
    }

    async fn models(&self) -> Result<ModelSettings, SettingsError> {
        let key_source = self.key.lock().unwrap().as_ref().map(|_| KeySource::Credentials);
        let provider = self.provider.lock().unwrap().clone();
        let providers = provider.into_iter().map(|(name, provider)| ProviderSettings {
            models: vec![info(&format!("{name}/large"))],
            name,
            api: provider.api,
            base_url: provider.base_url,
            key_env: provider.key_env,
            key_source,
        });
        Ok(ModelSettings {
            default_model: self.default_model(),
            providers: providers.collect(),
            offered: vec![info("scripted")],
        })
    }

    async fn set_default_model(&self, model: &str) -> Result<(), SettingsError> {
        if model != "scripted" && model != "demo" {
            return Err(SettingsError::Invalid(format!("there is no model {model}")));
        }
        *self.default_model.lock().unwrap() = model.into();
        Ok(())
    }

    async fn set_provider(&self, name: &str, provider: NewProvider) -> Result<(), SettingsError> {
        *self.provider.lock().unwrap() = Some((name.into(), provider));
        Ok(())
    }

    async fn set_key(&self, provider: &str, key: SecretString) -> Result<(), SettingsError> {
        if provider != "acme" {
            return Err(SettingsError::NotFound(format!("there is no provider {provider}")));
        }
        *self.key.lock().unwrap() = Some(key);
        Ok(())
    }

    async fn delete_key(&self, _: &str) -> Result<(), SettingsError> {
        *self.key.lock().unwrap() = None;
        Ok(())
    }

    async fn test_model(&self, model: &str) -> Result<(), ModelError> {
        match model {
            "scripted" => Ok(()),
            _ => Err(ModelError { kind: ModelErrorKind::WrongKey, message: "acme refused the key".into() }),
        }
    }
}

#[async_trait]
impl Workspaces for Desk {
    async fn sample_workspace(&self) -> Result<PathBuf, SettingsError> {
        let folder = self.samples.join("tour");
        std::fs::create_dir_all(&folder).map_err(|error| SettingsError::Unavailable(error.to_string()))?;
        Ok(folder)
    }
}
