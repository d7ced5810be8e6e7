//! Reads file and environment into a [`Config`], and remembers where every value came from.

use std::collections::BTreeMap;
use std::path::Path;

use figment::Figment;
use figment::providers::{Format, Serialized, Toml};
use serde_json::Value;

use super::check::{self, Lines};
use super::name::Name;
use super::{Config, expected};
use crate::exit::Failure;

/// Variables that begin with `BAILIWICK_` and are no settings.
const NOT_SETTINGS: [&str; 7] = [
    "BAILIWICK_SECRETS_KEY",
    "BAILIWICK_MCP_TOKEN",
    "BAILIWICK_CONFIG",
    "BAILIWICK_DATA_DIR",
    "BAILIWICK_SKIP_DASHBOARD",
    "BAILIWICK_TEST_",
    "BAILIWICK_SIGN_IN_URL",
];

/// Short names for settings that people set often.
const ALIASES: [(&str, [&str; 2]); 2] =
    [("BAILIWICK_LOG", ["telemetry", "log"]), ("BAILIWICK_MODEL", ["agent", "model"])];

/// A configuration with the origin of its values.
#[derive(Clone, Debug)]
pub struct Loaded {
    pub config: Config,
    /// In the order of the sections.
    pub settings: Vec<Setting>,
}

/// One setting, as `bailiwick config show` lists it.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Setting {
    /// Dotted name, like `agent.limits.steps_max`.
    pub name: String,
    pub value: Value,
    /// `default`, the file, or the variable.
    pub origin: String,
}

/// Loads `file` (when it exists) and the environment. Unknown keys are errors that name the nearest one.
pub fn load(
    file: &Path,
    must_exist: bool,
    environment: &BTreeMap<String, String>,
) -> Result<Loaded, Failure> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => Some(text),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound && !must_exist => None,
        Err(error) => {
            return Err(Failure::usage(format!(
                "the configuration {} cannot be read: {error}",
                file.display()
            )));
        }
    };
    let known = flatten(&serde_json::to_value(Config::default())?);
    let lines = match &text {
        Some(text) => check::keys(file, text, &known)?,
        None => Lines::new(),
    };
    let variables = variables(environment, &known)?;

    let mut figment = Figment::from(Serialized::defaults(Config::default()));
    if let Some(text) = &text {
        figment = figment.merge(Toml::string(text));
    }
    for (variable, setting) in &variables {
        let text = &environment[variable];
        let is_text = known.iter().any(|(name, default)| name == setting && default.is_string());
        // Parsed as figment parses variables: numbers, booleans and lists where they look like it. What is a
        // text stays one, whatever it looks like: a model may be called `7`.
        let Ok(parsed) = text.parse::<figment::value::Value>();
        let value = if is_text { text.clone().into() } else { parsed };
        figment = figment.merge(Serialized::default(&setting.to_string(), value));
    }
    let config: Config = figment.extract().map_err(|error| value_error(file, &lines, &error, &variables))?;
    config.check().map_err(|why| Failure::usage(format!("{}: {why}", file.display())))?;

    let origin = |name: &Name| -> String {
        if let Some((variable, _)) = variables.iter().find(|(_, setting)| setting == name) {
            return variable.clone();
        }
        match lines.get(name) {
            Some(line) => format!("{}:{line}", file.display()),
            None => "default".to_owned(),
        }
    };
    // A password in the address of the database is for the database alone.
    let mut shown = serde_json::to_value(&config)?;
    shown["store"]["url"] = config.store.shown_url().into();
    let settings = flatten(&shown)
        .into_iter()
        .map(|(name, value)| Setting { origin: origin(&name), name: name.to_string(), value })
        .collect();
    Ok(Loaded { config, settings })
}

/// Leaves of a tree of objects, by name. Empty objects and arrays are leaves.
fn flatten(value: &Value) -> Vec<(Name, Value)> {
    fn walk(name: &Name, value: &Value, out: &mut Vec<(Name, Value)>) {
        match value {
            Value::Object(map) if !map.is_empty() => {
                for (key, value) in map {
                    walk(&name.child(key), value, out);
                }
            }
            leaf => out.push((name.clone(), leaf.clone())),
        }
    }
    let mut out = Vec::new();
    walk(&Name::default(), value, &mut out);
    out
}

/// The variables that set something, with the setting each one means.
fn variables(
    environment: &BTreeMap<String, String>,
    known: &[(Name, Value)],
) -> Result<Vec<(String, Name)>, Failure> {
    let variable_of =
        |name: &Name| format!("BAILIWICK_{}", name.to_string().replace('.', "_").to_uppercase());
    let mut names: BTreeMap<String, Name> =
        known.iter().map(|(name, _)| (variable_of(name), name.clone())).collect();
    names.extend(
        ALIASES.map(|(variable, [section, key])| {
            (variable.to_owned(), Name::default().child(section).child(key))
        }),
    );

    let mut found = Vec::new();
    for variable in environment.keys().filter(|name| name.starts_with("BAILIWICK_")) {
        if NOT_SETTINGS.iter().any(|prefix| variable.starts_with(prefix)) {
            continue;
        }
        match names.get(variable) {
            Some(setting) => found.push((variable.clone(), setting.clone())),
            None => {
                let nearest = check::nearest(variable, names.keys().map(String::as_str));
                return Err(Failure::usage(format!(
                    "the environment variable {variable} is no setting{}; `bailiwick config show` lists all",
                    nearest.map(|name| format!(": did you mean {name}?")).unwrap_or_default()
                )));
            }
        }
    }
    Ok(found)
}

/// A value of the wrong type: says which setting, where it stands and what was expected.
fn value_error(file: &Path, lines: &Lines, error: &figment::Error, variables: &[(String, Name)]) -> Failure {
    let name = Name::from(error.path.clone());
    let place = match variables.iter().find(|(_, setting)| *setting == name) {
        Some((variable, _)) => variable.clone(),
        // What is inside a list has no line of its own.
        None => match lines.get(&name).or_else(|| lines.get(&name.parent())) {
            Some(line) => format!("{}:{line}", file.display()),
            None => file.display().to_string(),
        },
    };
    Failure::usage(format!("{place}: the setting `{name}` is wrong: {}", expected::sentence(&error.kind)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load_text(text: &str, environment: &[(&str, &str)]) -> Result<Loaded, Failure> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, text).unwrap();
        let environment = environment.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        load(&file, true, &environment)
    }

    #[test]
    fn file_values_have_their_line_as_origin() {
        let loaded = load_text("[agent]\nmodel = \"demo\"\n\n[agent.limits]\nsteps_max = 7\n", &[]).unwrap();
        assert_eq!(loaded.config.agent.limits.steps_max, 7);
        let setting = loaded.settings.iter().find(|s| s.name == "agent.limits.steps_max").unwrap();
        assert!(setting.origin.ends_with("config.toml:5"), "{}", setting.origin);
        let other = loaded.settings.iter().find(|s| s.name == "agent.limits.tokens_max").unwrap();
        assert_eq!(other.origin, "default");
    }

    #[test]
    fn an_unknown_key_names_the_nearest_and_the_line() {
        let failure = load_text("[agent.limits]\n\nstep_max = 7\n", &[]).unwrap_err();
        assert!(failure.message.contains("config.toml:3"), "{}", failure.message);
        assert!(failure.message.contains("`agent.limits.steps_max`"), "{}", failure.message);
    }

    #[test]
    fn an_unknown_section_names_the_nearest() {
        let failure = load_text("[agnet]\nmodel = \"demo\"\n", &[]).unwrap_err();
        assert!(failure.message.contains("config.toml:1"), "{}", failure.message);
        assert!(failure.message.contains("`agent`"), "{}", failure.message);
    }

    #[test]
    fn a_wrong_type_names_setting_and_line() {
        let failure = load_text("[server]\nport = \"many\"\n", &[]).unwrap_err();
        assert!(failure.message.contains("config.toml:2"), "{}", failure.message);
        assert!(failure.message.contains("`server.port`"), "{}", failure.message);
    }

    #[test]
    fn a_wrong_value_is_said_in_words() {
        for (text, words) in [
            ("[server]\nport = 70000\n", "expected a whole number from 0 to 65535, not 70000"),
            ("[agent]\nmodel = 5\n", "expected a text in quotes, not 5"),
            ("[fence]\nfloor = \"namespace\"\n", "did you mean `namespaces`?"),
            ("[web]\nallowed_hosts = [1]\n", "config.toml:2"),
        ] {
            let failure = load_text(text, &[]).unwrap_err();
            assert!(failure.message.contains(words), "{text}: {}", failure.message);
        }
    }

    #[test]
    fn what_must_be_a_section_is_one() {
        for text in
            ["agent = 5\n", "models = []\n", "[[agent]]\nmodel = \"x\"\n", "[models]\nproviders = 1\n"]
        {
            let failure = load_text(text, &[]).unwrap_err();
            assert!(failure.message.contains("section"), "{text}: {}", failure.message);
        }
    }

    #[test]
    fn a_name_may_hold_dots() {
        let text = "[models.providers.\"my.lab\"]\napi = \"openai_chat\"\nbase_url = \"http://127.0.0.1:8000/v1\"\n\
                    \n[models.providers.ollama]\napi = \"openai_chat\"\n\
                    [models.providers.ollama.models.\"qwen2.5:7b\"]\ncontext_tokens = 1000\n";
        let loaded = load_text(text, &[]).unwrap();
        assert!(loaded.config.models.providers.contains_key("my.lab"));
        let name = "models.providers.ollama.models.\"qwen2.5:7b\".context_tokens";
        let setting = loaded.settings.iter().find(|s| s.name == name).unwrap();
        assert!(setting.origin.ends_with("config.toml:8"), "{}", setting.origin);
        let failure = load_text(&format!("{text}context_token = 1\n"), &[]).unwrap_err();
        assert!(
            failure
                .message
                .contains("did you mean `models.providers.ollama.models.\"qwen2.5:7b\".context_tokens`"),
            "{}",
            failure.message
        );
    }

    #[test]
    fn a_large_file_is_read_in_a_moment() {
        let mut text = "# a comment\n".repeat(50_000);
        for number in 0..1000 {
            text += &format!("[models.providers.p{number}]\napi = \"openai_chat\"\n");
        }
        let began = std::time::Instant::now();
        load_text(&text, &[]).unwrap();
        assert!(began.elapsed() < std::time::Duration::from_secs(5), "{:?}", began.elapsed());
    }

    #[test]
    fn a_variable_that_is_a_text_stays_one() {
        let loaded = load_text("", &[("BAILIWICK_MODEL", "7")]).unwrap();
        assert_eq!(loaded.config.agent.model, "7");
    }

    #[test]
    fn broken_toml_names_the_line() {
        let failure = load_text("[server]\nport = \n", &[]).unwrap_err();
        assert!(failure.message.contains("config.toml:2"), "{}", failure.message);
    }

    #[test]
    fn a_variable_wins_over_the_file_and_is_named_as_the_origin() {
        let loaded = load_text("[server]\nport = 1\n", &[("BAILIWICK_SERVER_PORT", "2")]).unwrap();
        assert_eq!(loaded.config.server.port, 2);
        let setting = loaded.settings.iter().find(|s| s.name == "server.port").unwrap();
        assert_eq!(setting.origin, "BAILIWICK_SERVER_PORT");
    }

    #[test]
    fn a_password_in_the_address_of_the_database_is_not_shown() {
        let loaded = load_text("[store]\nurl = \"postgres://me:canary-77@db/x\"\n", &[]).unwrap();
        assert!(loaded.config.store.url.contains("canary-77"));
        let setting = loaded.settings.iter().find(|s| s.name == "store.url").unwrap();
        assert!(!setting.value.to_string().contains("canary-77"), "{}", setting.value);
    }

    #[test]
    fn an_unknown_variable_names_the_nearest() {
        let failure = load_text("", &[("BAILIWICK_SERVER_PROT", "1")]).unwrap_err();
        assert!(failure.message.contains("BAILIWICK_SERVER_PORT"), "{}", failure.message);
    }

    #[test]
    fn providers_are_open_names_with_closed_keys() {
        let good = "[models.providers.lab]\napi = \"openai_chat\"\nbase_url = \"http://127.0.0.1:8000/v1\"\n";
        assert!(load_text(good, &[]).is_ok());
        let failure =
            load_text("[models.providers.lab]\napi = \"openai_chat\"\nbase_ulr = \"x\"\n", &[]).unwrap_err();
        assert!(failure.message.contains("config.toml:3"), "{}", failure.message);
        assert!(failure.message.contains("base_url"), "{}", failure.message);
    }
}
