//! `bailiwick setup`: provider, key or address, workspace, and a call that shows it works.

use std::io::IsTerminal;

use inquire::{Confirm, Password, Select, Text};
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
    let model =
        if provider == "demo" { "demo".to_owned() } else { ask_provider(&paths, provider, api, suggested)? };
    set_values(&paths.config_file, &[(vec!["agent", "model"], Some(model.as_str().into()))])?;
    say!("wrote {}", paths.config_file.display())?;
    if model != "demo" && Confirm::new("Make a test call now?").with_default(true).prompt()? {
        return test_call(&paths, &model).await;
    }
    say!("start with `bailiwick` or `bailiwick run \"…\"` in the folder to work in")?;
    Ok(Code::Ok)
}

fn ask_provider(
    paths: &Paths,
    provider: &str,
    api: Option<&str>,
    suggested: &str,
) -> Result<String, Failure> {
    if let Some(api) = api {
        let address = Text::new("Address?").with_default("http://127.0.0.1:8080/v1").prompt()?;
        set_values(
            &paths.config_file,
            &[
                (vec!["models", "providers", provider, "api"], Some(api.into())),
                (vec!["models", "providers", provider, "base_url"], Some(address.trim().into())),
            ],
        )?;
    }
    if provider != "ollama" {
        let help =
            "Kept in credentials.toml, readable by you alone. Empty keeps what is there, or the variable.";
        let key = Password::new("API key?").without_confirmation().with_help_message(help).prompt()?;
        if !key.trim().is_empty() {
            let mut credentials = Credentials::load(&paths.credentials_file)?;
            credentials.set(provider, SecretString::from(key.trim().to_owned()))?;
        }
    }
    let name = Text::new("Model?").with_default(suggested).prompt()?;
    Ok(format!("{provider}/{}", name.trim()))
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
