//! `bailiwick setup`: provider, key or address, workspace, and a call that shows it works.

use std::io::IsTerminal;

use inquire::validator::Validation;
use inquire::{Confirm, Password, Select, Text, required};
use secrecy::SecretString;

use crate::cli::Global;
use crate::config::{self, Credentials, set_values};
use crate::exit::{Code, Failure};
use crate::paths::Paths;
use crate::terminal::{GREEN, RED, say};

/// One choice of the first question: label, provider, wire format for own addresses, suggested model.
const CHOICES: [(&str, &str, Option<&str>, &str); 6] = [
    ("Anthropic", "anthropic", None, "claude-sonnet-4-5"),
    ("OpenAI", "openai", None, "gpt-5"),
    ("Google Gemini", "gemini", None, "gemini-2.5-pro"),
    ("Ollama on this machine", "ollama", None, "qwen3"),
    ("Another OpenAI-compatible address (llama.cpp, vLLM, LM Studio …)", "local", Some("openai_chat"), ""),
    ("None yet: the scripted guide", "demo", None, ""),
];

pub async fn setup(global: &Global) -> Result<Code, Failure> {
    let paths = Paths::find(global)?;
    // A broken file is shown before anything is asked.
    config::load_for(&paths)?;
    if !std::io::stdin().is_terminal() {
        return Err(Failure::usage(format!(
            "`bailiwick setup` asks questions and needs a terminal; write {} instead (see `bailiwick config show`)",
            paths.config_file.display()
        )));
    }
    let labels: Vec<_> = CHOICES.iter().map(|choice| choice.0).collect();
    let label = Select::new("Which model provider?", labels).prompt()?;
    let Some(&(_, provider, api, suggested)) = CHOICES.iter().find(|choice| choice.0 == label) else {
        return Err(Failure::usage("no provider chosen"));
    };
    let answers = if provider == "demo" { Answers::demo() } else { ask_provider(provider, api, suggested)? };
    // Nothing is written before everything is answered: Ctrl-C leaves all as it was.
    answers.write(&paths)?;
    let model = answers.model;
    say!("wrote {}", paths.config_file.display())?;
    if model != "demo" && Confirm::new("Make a test call now?").with_default(true).prompt()? {
        return test_call(&paths, &model).await;
    }
    say!("start with `bailiwick` or `bailiwick run \"…\"` in the folder to work in")?;
    Ok(Code::Ok)
}

/// What a person wants, nothing of it written yet.
struct Answers {
    provider: &'static str,
    /// Wire format and address of an own provider.
    own: Option<(&'static str, String)>,
    key: Option<SecretString>,
    /// With its provider, like `ollama/qwen3`.
    model: String,
}

impl Answers {
    fn demo() -> Self {
        Self { provider: "demo", own: None, key: None, model: "demo".to_owned() }
    }

    fn write(&self, paths: &Paths) -> Result<(), Failure> {
        let mut changes = vec![(vec!["agent", "model"], Some(self.model.as_str().into()))];
        if let Some((api, address)) = &self.own {
            let key = |key| vec!["models", "providers", self.provider, key];
            changes.push((key("api"), Some((*api).into())));
            changes.push((key("base_url"), Some(address.as_str().into())));
        }
        set_values(&paths.config_file, &changes)?;
        if let Some(key) = &self.key {
            Credentials::load(&paths.credentials_file)?.set(self.provider, key.clone())?;
        }
        Ok(())
    }
}

fn ask_provider(
    provider: &'static str,
    api: Option<&'static str>,
    suggested: &str,
) -> Result<Answers, Failure> {
    let own = match api {
        Some(api) => {
            let address = Text::new("Address?")
                .with_default("http://127.0.0.1:8080/v1")
                .with_validator(|text: &str| Ok(address(text)));
            Some((api, address.prompt()?.trim().to_owned()))
        }
        None => None,
    };
    let mut key = None;
    if provider != "ollama" {
        let help =
            "Kept in credentials.toml, readable by you alone. Empty keeps what is there, or the variable.";
        let entered = Password::new("API key?").without_confirmation().with_help_message(help).prompt()?;
        key = Some(entered.trim().to_owned()).filter(|key| !key.is_empty()).map(SecretString::from);
    }
    let mut question = Text::new("Model?").with_validator(required!("a name, as the provider calls it"));
    if !suggested.is_empty() {
        question = question.with_default(suggested);
    }
    Ok(Answers { provider, own, key, model: format!("{provider}/{}", question.prompt()?.trim()) })
}

/// An address that requests can be sent to.
fn address(text: &str) -> Validation {
    match url::Url::parse(text.trim()) {
        Ok(url) if matches!(url.scheme(), "http" | "https") && url.has_host() => Validation::Valid,
        _ => Validation::Invalid("an address begins with http:// or https://, and a name follows".into()),
    }
}

async fn test_call(paths: &Paths, model: &str) -> Result<Code, Failure> {
    let config = config::load_for(paths)?.config;
    let credentials = Credentials::load(&paths.credentials_file)?;
    let catalogue = models::Catalogue::new(config.models.clone(), credentials.all_keys(&config.models))?;
    match catalogue.test_call(model).await {
        Ok(()) => {
            say!("{GREEN}{model} answers.{GREEN:#} Start with `bailiwick` in the folder to work in.")?;
            Ok(Code::Ok)
        }
        Err(error) => {
            say!("{RED}{error}{RED:#}")?;
            Ok(Code::Error)
        }
    }
}
