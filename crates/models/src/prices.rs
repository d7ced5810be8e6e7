//! What is known of models: windows and prices, from a dated table that a file can override.

use std::path::Path;

use chrono::NaiveDate;
use domain::model::{ModelError, ModelErrorKind, Price};
use serde::Deserialize;

/// The table shipped with this version.
const SHIPPED: &str = include_str!("../data/prices.toml");

/// One model of the table.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Entry {
    /// Provider name, as in `[models.providers.NAME]`.
    pub provider: String,
    pub name: String,
    pub context_tokens: u32,
    pub max_output_tokens: u32,
    pub input: f64,
    pub output: f64,
    #[serde(default)]
    pub cache_read: Option<f64>,
    #[serde(default)]
    pub cache_write: Option<f64>,
}

impl Entry {
    pub fn price(&self) -> Price {
        Price {
            input: self.input,
            output: self.output,
            cache_read: self.cache_read,
            cache_write: self.cache_write,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    as_of: NaiveDate,
    models: Vec<Entry>,
}

/// The shipped table, with a person's file laid over it.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// When the newest of the two was true.
    pub as_of: NaiveDate,
    entries: Vec<Entry>,
}

impl Table {
    /// Reads the shipped table and `over`, which wins.
    pub fn load(over: Option<&Path>) -> Result<Self, ModelError> {
        let shipped = parse(SHIPPED, "the shipped price table")?;
        let Some(path) = over else {
            return Ok(Self { as_of: shipped.as_of, entries: shipped.models });
        };
        let shown = path.display();
        let text = std::fs::read_to_string(path)
            .map_err(|error| bad(format!("models.prices_file: {shown} cannot be read: {error}.")))?;
        let over = parse(&text, &format!("models.prices_file: {shown}"))?;
        let kept = shipped.models.into_iter().filter(|old| {
            !over.models.iter().any(|new| new.provider == old.provider && new.name == old.name)
        });
        let entries = over.models.iter().cloned().chain(kept).collect();
        Ok(Self { as_of: shipped.as_of.max(over.as_of), entries })
    }

    /// All models of a provider, in the order of the file.
    pub fn of<'a>(&'a self, provider: &str) -> impl Iterator<Item = &'a Entry> {
        self.entries.iter().filter(move |entry| entry.provider == provider)
    }

    /// A model by its name, or by the name of a dated snapshot of it.
    pub fn find(&self, provider: &str, model: &str) -> Option<&Entry> {
        let undated = without_date(model);
        self.of(provider)
            .find(|entry| entry.name == model)
            .or_else(|| self.of(provider).find(|entry| entry.name == undated))
    }

    /// Providers in the order of the file.
    pub fn providers(&self) -> Vec<&str> {
        let mut seen = Vec::new();
        for entry in &self.entries {
            if !seen.contains(&entry.provider.as_str()) {
                seen.push(entry.provider.as_str());
            }
        }
        seen
    }
}

fn parse(text: &str, what: &str) -> Result<File, ModelError> {
    let file: File = toml::from_str(text).map_err(|error| bad(format!("{what} is not valid: {error}")))?;
    let odd = file.models.iter().find(|entry| {
        [Some(entry.input), Some(entry.output), entry.cache_read, entry.cache_write]
            .into_iter()
            .flatten()
            .any(|price| !price.is_finite() || price < 0.0)
    });
    match odd {
        Some(entry) => Err(bad(format!(
            "{what} is not valid: {}/{} has a price that is not a number of dollars.",
            entry.provider, entry.name
        ))),
        None => Ok(file),
    }
}

fn bad(message: String) -> ModelError {
    ModelError { kind: ModelErrorKind::BadRequest, message }
}

/// `claude-haiku-4-5-20251001` and `gpt-4.1-2025-04-14` without their dates; `-latest` goes as well.
fn without_date(model: &str) -> &str {
    if let Some(rest) = model.strip_suffix("-latest") {
        return rest;
    }
    for format in ["-%Y%m%d", "-%Y-%m-%d"] {
        let length = if format.len() > 7 { 11 } else { 9 };
        if let Some(at) = model.len().checked_sub(length)
            && model.is_char_boundary(at)
            && NaiveDate::parse_from_str(&model[at..], format).is_ok()
        {
            return &model[..at];
        }
    }
    model
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_table_is_valid_and_has_no_model_twice() {
        let table = Table::load(None).expect("shipped table");
        assert_eq!(table.providers(), ["anthropic", "openai", "gemini"]);
        for (at, entry) in table.entries.iter().enumerate() {
            let twice = table.entries[..at]
                .iter()
                .any(|other| other.provider == entry.provider && other.name == entry.name);
            assert!(!twice, "{} is there twice", entry.name);
            assert!(entry.max_output_tokens < entry.context_tokens, "{}", entry.name);
            assert!(entry.output >= entry.input, "{}", entry.name);
        }
    }

    #[test]
    fn a_dated_snapshot_has_the_price_of_its_model() {
        let table = Table::load(None).expect("shipped table");
        let by_name = |model| table.find("anthropic", model).map(|entry| entry.name.as_str());
        assert_eq!(by_name("claude-haiku-4-5-20251001"), Some("claude-haiku-4-5"));
        assert_eq!(by_name("claude-haiku-4-5-latest"), Some("claude-haiku-4-5"));
        assert_eq!(by_name("claude-haiku-4-5-99999999"), None);
        assert_eq!(
            table.find("openai", "gpt-4.1-2025-04-14").map(|entry| entry.name.as_str()),
            Some("gpt-4.1")
        );
        assert_eq!(table.find("openai", "ünïcödé"), None);
    }

    #[test]
    fn a_file_wins_over_the_table_and_its_mistakes_are_told() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("prices.toml");
        let line = "as_of = '2030-01-01'\nmodels = [{ provider = 'openai', name = 'gpt-4.1', context_tokens = 10, \
                    max_output_tokens = 5, input = 1.5, output = 2.5 }]\n";
        std::fs::write(&path, line).expect("write");
        let table = Table::load(Some(&path)).expect("table");
        assert_eq!(table.find("openai", "gpt-4.1").map(|entry| entry.input), Some(1.5));
        assert_eq!(table.of("openai").filter(|entry| entry.name == "gpt-4.1").count(), 1);
        assert_eq!(table.as_of, NaiveDate::from_ymd_opt(2030, 1, 1).expect("date"));

        std::fs::write(&path, line.replace("1.5", "-1.5")).expect("write");
        let error = Table::load(Some(&path)).expect_err("a negative price");
        assert!(error.message.contains("openai/gpt-4.1"), "{error}");
        std::fs::write(&path, line.replace("as_of", "asof")).expect("write");
        let error = Table::load(Some(&path)).expect_err("an unknown key");
        assert!(error.message.contains("models.prices_file"), "{error}");
        let error = Table::load(Some(&folder.path().join("none"))).expect_err("no file");
        assert!(error.message.contains("cannot be read"), "{error}");
    }
}
