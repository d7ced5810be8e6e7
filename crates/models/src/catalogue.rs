//! All models by name.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::model::{
    Message, Model, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest, ModelSource, OpenModel,
};
use futures::StreamExt;
use secrecy::SecretString;
use url::Url;

use crate::config::{Config, Provider};
use crate::demo::{self, Demo};
use crate::names::did_you_mean;
use crate::prices::Table;
use crate::vendor::{Bounds, Clients, Target, VendorModel, parse_base};

/// Window assumed of a model nobody told us of. `[models.providers.NAME.models."MODEL"]` says better. A local
/// server may have less, and drops the beginning of the conversation without a word: Ollama's window is set
/// by its own `OLLAMA_CONTEXT_LENGTH`.
const UNKNOWN_CONTEXT_TOKENS: u32 = 32_768;

/// Longest answer assumed of such a model.
const UNKNOWN_OUTPUT_TOKENS: u32 = 8_192;

/// All models that can be opened. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Catalogue(Arc<Shelf>);

#[derive(Debug)]
struct Shelf {
    providers: BTreeMap<String, Stocked>,
    table: Table,
    bounds: Bounds,
    clients: Clients,
}

/// A provider, its address parsed, with its key.
#[derive(Debug)]
struct Stocked {
    provider: Provider,
    base: Url,
    key: Option<SecretString>,
}

impl Catalogue {
    /// `keys`: by provider name; see [`crate::keys_from`] for those of the environment. Building never touches
    /// the network.
    pub fn new(config: Config, mut keys: BTreeMap<String, SecretString>) -> Result<Self, ModelError> {
        let table = Table::load(config.prices_file.as_deref())?;
        let mut providers = BTreeMap::new();
        for (name, provider) in config.all_providers() {
            check_name(&name)?;
            let address = provider.base_url.as_deref().unwrap_or(provider.api.default_url());
            let base = parse_base(address, provider.api).map_err(|why| {
                bad_config(format!("`base_url` of `[models.providers.{name}]` is not an address: {why}."))
            })?;
            let key = keys.remove(&name);
            providers.insert(name, Stocked { provider, base, key });
        }
        let bounds = Bounds::of(&config);
        let clients = Clients::new(Duration::from_secs(config.connect_seconds_max));
        Ok(Self(Arc::new(Shelf { providers, table, bounds, clients })))
    }

    /// Names to offer, `demo` last: models with a price or an override of every provider that has a key (or
    /// needs none). In the order of the price table, providers it does not know after those it does.
    pub fn offered(&self) -> Vec<ModelInfo> {
        let in_table = self.0.table.providers();
        let rest = self.0.providers.keys().map(String::as_str).filter(|name| !in_table.contains(name));
        let mut offered = Vec::new();
        for name in in_table.iter().copied().chain(rest) {
            let Some(stocked) = self.0.providers.get(name).filter(|stocked| stocked.ready()) else {
                continue;
            };
            offered.extend(self.models_of(name, stocked).map(|model| self.info(name, stocked, &model)));
        }
        offered.push(demo::info());
        offered
    }

    /// What is known of the models of one provider, whether or not it has a key; empty for an unknown one.
    pub fn known_of(&self, provider: &str) -> Vec<ModelInfo> {
        let Some(stocked) = self.0.providers.get(provider) else { return Vec::new() };
        self.models_of(provider, stocked).map(|model| self.info(provider, stocked, &model)).collect()
    }

    /// When the prices were true.
    pub fn prices_as_of(&self) -> chrono::NaiveDate {
        self.0.table.as_of
    }

    /// A call of a few tokens that shows whether key, address and model name are right. Tries once.
    pub async fn test_call(&self, name: &str) -> Result<(), ModelError> {
        /// The least OpenAI's Responses API takes.
        const OUTPUT_TOKENS: u32 = 16;
        let model: Arc<dyn Model> = match self.find(name)? {
            Found::Demo => Arc::new(Demo::default()),
            Found::Vendor { provider, stocked, model } => {
                let bounds = Bounds { attempts: 1, ..self.0.bounds };
                Arc::new(self.vendor_model(provider, stocked, model, bounds)?)
            }
        };
        let mut events = model.stream(ModelRequest {
            system: String::new(),
            messages: vec![Message::User { text: "Answer with one word: ready".to_owned() }],
            tools: Vec::new(),
            max_output_tokens: OUTPUT_TOKENS,
        });
        while let Some(event) = events.next().await {
            if let ModelEvent::Done(_) = event? {
                return Ok(());
            }
        }
        Err(ModelError {
            kind: ModelErrorKind::BadResponse,
            message: format!("`{name}` ended without an answer."),
        })
    }

    fn find<'a>(&'a self, name: &'a str) -> Result<Found<'a>, ModelError> {
        if name == demo::NAME {
            return Ok(Found::Demo);
        }
        let stocked = name.split_once('/').and_then(|(provider, model)| {
            let stocked = self.0.providers.get(provider)?;
            (!model.is_empty()).then_some(Found::Vendor { provider, stocked, model })
        });
        stocked.ok_or_else(|| self.unknown(name))
    }

    fn unknown(&self, name: &str) -> ModelError {
        let known: Vec<String> = self
            .0
            .providers
            .iter()
            .flat_map(|(provider, stocked)| {
                self.models_of(provider, stocked).map(move |model| format!("{provider}/{model}"))
            })
            .chain([demo::NAME.to_owned()])
            .collect();
        let providers: Vec<&str> = self.0.providers.keys().map(String::as_str).collect();
        ModelError {
            kind: ModelErrorKind::UnknownModel,
            message: format!(
                "There is no model `{name}`. {}A model is written PROVIDER/MODEL, and the providers are {}; \
                 `demo` is the scripted guide. `[models.providers.NAME]` adds a provider.",
                did_you_mean(name, known.iter().map(String::as_str)),
                providers.join(", ")
            ),
        }
    }

    /// Names of a provider's models: those of the table, then those that only an override names.
    fn models_of<'a>(
        &'a self,
        name: &'a str,
        stocked: &'a Stocked,
    ) -> impl Iterator<Item = String> + use<'a> {
        let in_table = self.0.table.of(name).map(|entry| entry.name.clone());
        let overrides =
            stocked.provider.models.keys().filter(move |model| self.0.table.find(name, model).is_none());
        in_table.chain(overrides.cloned())
    }

    fn info(&self, name: &str, stocked: &Stocked, model: &str) -> ModelInfo {
        let entry = self.0.table.find(name, model);
        let own = stocked.provider.models.get(model);
        let context_tokens = own
            .and_then(|own| own.context_tokens)
            .or(entry.map(|entry| entry.context_tokens))
            .unwrap_or(UNKNOWN_CONTEXT_TOKENS);
        let max_output_tokens = own
            .and_then(|own| own.max_output_tokens)
            .or(entry.map(|entry| entry.max_output_tokens))
            // An answer may take a quarter of a small window, or no room is left to ask.
            .unwrap_or(UNKNOWN_OUTPUT_TOKENS.min(context_tokens / 4).max(1));
        ModelInfo {
            name: format!("{name}/{model}"),
            context_tokens,
            max_output_tokens,
            price: own.and_then(|own| own.price).or(entry.map(|entry| entry.price())),
            host: stocked.base.host_str().map(str::to_owned),
        }
    }

    fn vendor_model(
        &self,
        name: &str,
        stocked: &Stocked,
        model: &str,
        bounds: Bounds,
    ) -> Result<VendorModel, ModelError> {
        Ok(VendorModel(Arc::new(Target {
            api: stocked.provider.api,
            provider: name.to_owned(),
            model: model.to_owned(),
            base: stocked.base.clone(),
            key: stocked.key.clone(),
            key_hint: stocked.key_hint(name),
            known: self.models_of(name, stocked).collect(),
            client: self.0.clients.towards(&stocked.base)?,
            bounds,
        })))
    }
}

impl ModelSource for Catalogue {
    fn open(&self, name: &str) -> Result<OpenModel, ModelError> {
        match self.find(name)? {
            Found::Demo => Ok(OpenModel { model: Arc::new(Demo::default()), info: demo::info() }),
            Found::Vendor { provider, stocked, model } => {
                if !stocked.ready() {
                    return Err(ModelError {
                        kind: ModelErrorKind::WrongKey,
                        message: format!("There is no key for {provider}. {}", stocked.key_hint(provider)),
                    });
                }
                let info = self.info(provider, stocked, model);
                let model = self.vendor_model(provider, stocked, model, self.0.bounds)?;
                Ok(OpenModel { model: Arc::new(model), info })
            }
        }
    }
}

enum Found<'a> {
    Demo,
    Vendor { provider: &'a str, stocked: &'a Stocked, model: &'a str },
}

impl Stocked {
    /// A provider that names a key variable needs a key.
    fn ready(&self) -> bool {
        self.key.is_some() || self.provider.key_env.is_none()
    }

    fn key_hint(&self, name: &str) -> String {
        match &self.provider.key_env {
            Some(variable) => format!("Enter the key with `bailiwick setup`, or set {variable}."),
            None => format!(
                "Enter the key with `bailiwick setup`, or name its variable as `key_env` of \
                 `[models.providers.{name}]`."
            ),
        }
    }
}

/// A provider's name is part of every model's name.
fn check_name(name: &str) -> Result<(), ModelError> {
    if name.is_empty() || name.contains('/') || name == demo::NAME {
        return Err(bad_config(format!(
            "`{name}` cannot be the name of a provider: it may not be empty, hold a `/`, or be `demo`."
        )));
    }
    Ok(())
}

fn bad_config(message: String) -> ModelError {
    ModelError { kind: ModelErrorKind::BadRequest, message: format!("Configuration of models: {message}") }
}

#[cfg(test)]
mod tests {
    use domain::model::Price;

    use super::*;
    use crate::config::{Api, ModelOverride};

    fn catalogue(keys: &[&str]) -> Catalogue {
        let mut config = Config::default();
        let models = BTreeMap::from([(
            "tiny".to_owned(),
            ModelOverride {
                context_tokens: Some(4_096),
                max_output_tokens: None,
                price: Some(Price { input: 1.0, output: 2.0, ..Price::default() }),
            },
        )]);
        let lab = Provider {
            api: Api::OpenaiChat,
            base_url: Some("http://lab:8000".into()),
            key_env: None,
            models,
        };
        config.providers.insert("lab".into(), lab);
        let keys = keys.iter().map(|name| ((*name).to_owned(), SecretString::from("key"))).collect();
        Catalogue::new(config, keys).expect("catalogue")
    }

    #[test]
    fn offered_are_the_models_that_can_be_opened_and_the_guide_is_last() {
        let catalogue = catalogue(&["anthropic"]);
        let offered = catalogue.offered();
        let names: Vec<&str> = offered.iter().map(|info| info.name.as_str()).collect();
        assert_eq!(names[0], "anthropic/claude-sonnet-5-5");
        assert_eq!(names[names.len() - 2..], ["lab/tiny", "demo"]);
        assert!(!names.iter().any(|name| name.starts_with("openai/")), "{names:?}");
        for name in names {
            catalogue.open(name).expect(name);
        }
    }

    #[test]
    fn an_override_wins_and_the_unknown_stays_unknown() {
        let catalogue = catalogue(&["gemini"]);
        let tiny = catalogue.open("lab/tiny").expect("tiny").info;
        assert_eq!((tiny.context_tokens, tiny.max_output_tokens), (4_096, 1_024));
        assert_eq!(tiny.price.map(|price| price.output), Some(2.0));
        assert_eq!(tiny.host.as_deref(), Some("lab"));
        let new = catalogue.open("gemini/gemini-99").expect("any name may be tried").info;
        assert_eq!(new.price, None);
        assert_eq!(new.host.as_deref(), Some("generativelanguage.googleapis.com"));
        let slashed = catalogue.open("lab/org/model:7b").expect("slashes belong to the model").info;
        assert_eq!(slashed.name, "lab/org/model:7b");
    }

    #[test]
    fn a_missing_key_names_its_variable() {
        let error = catalogue(&[]).open("openai/gpt-6-sol").expect_err("no key");
        assert_eq!(error.kind, ModelErrorKind::WrongKey);
        assert!(error.message.contains("OPENAI_API_KEY"), "{error}");
    }

    #[test]
    fn an_unknown_name_names_the_nearest() {
        let error = catalogue(&[]).open("claude-sonet-5-5").expect_err("no provider");
        assert_eq!(error.kind, ModelErrorKind::UnknownModel);
        assert!(error.message.contains("`anthropic/claude-sonnet-5-5`"), "{error}");
        let error = catalogue(&[]).open("anthropic/").expect_err("no model");
        assert_eq!(error.kind, ModelErrorKind::UnknownModel);
    }

    #[test]
    fn a_wrong_address_or_name_is_told() {
        for (name, base_url) in [("a/b", "http://h"), ("demo", "http://h"), ("lab", "lab:8000")] {
            let provider = Provider {
                api: Api::OpenaiChat,
                base_url: Some(base_url.into()),
                key_env: None,
                models: BTreeMap::new(),
            };
            let config =
                Config { providers: BTreeMap::from([(name.to_owned(), provider)]), ..Config::default() };
            let error = Catalogue::new(config, BTreeMap::new()).expect_err(name);
            assert!(error.message.contains(name), "{error}");
        }
    }
}
