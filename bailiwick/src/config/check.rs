//! Unknown keys of the file, found before anything is read from it, with their line and the nearest known key.

use std::path::Path;

use serde_json::Value;
use toml_edit::{Document, Item, Table};

use crate::exit::Failure;

/// Keys below these names are a person's own: `*` stands for one name.
const OPEN: [(&str, &[&str]); 3] = [
    ("models.providers.*", &["api", "base_url", "key_env", "models"]),
    ("models.providers.*.models.*", &["context_tokens", "max_output_tokens", "price"]),
    ("models.providers.*.models.*.price", &["input", "output", "cache_read", "cache_write"]),
];

/// Checks every key of `text` against the known settings.
pub fn keys(file: &Path, text: &str, known: &[(String, Value)]) -> Result<(), Failure> {
    let document: Document<&str> = Document::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| line_at(text, span.start));
        Failure::usage(format!("{}:{line}: not valid TOML: {}", file.display(), error.message()))
    })?;
    let names: Vec<&str> = known.iter().map(|(name, _)| name.as_str()).collect();
    walk(file, text, "", document.as_table(), &names)
}

fn walk(file: &Path, text: &str, prefix: &str, table: &Table, known: &[&str]) -> Result<(), Failure> {
    for (key, item) in table {
        let name = if prefix.is_empty() { key.to_owned() } else { format!("{prefix}.{key}") };
        if !is_known(&name, known) {
            let line = table.key(key).and_then(|key| key.span()).map_or(1, |span| line_at(text, span.start));
            let hint = match nearest(&name, candidates(&name, known).iter().map(String::as_str)) {
                Some(nearest) => format!(": did you mean `{nearest}`?"),
                None => "; `bailiwick config show` lists all settings".to_owned(),
            };
            return Err(Failure::usage(format!("{}:{line}: unknown key `{name}`{hint}", file.display())));
        }
        match item {
            Item::Table(inner) => walk(file, text, &name, inner, known)?,
            Item::Value(toml_edit::Value::InlineTable(inner)) => {
                walk(file, text, &name, &inner.clone().into_table(), known)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A leaf, the beginning of one, or a name that a person may choose.
fn is_known(name: &str, known: &[&str]) -> bool {
    let begins =
        |leaf: &&str| *leaf == name || leaf.strip_prefix(name).is_some_and(|rest| rest.starts_with('.'));
    known.iter().any(begins)
        || open_keys(parent(name)).is_some_and(|keys| keys.contains(&last(name)))
        || open_name(name)
}

fn open_name(name: &str) -> bool {
    OPEN.iter().any(|(pattern, _)| matches(pattern, name))
}

fn open_keys(parent: &str) -> Option<&'static [&'static str]> {
    OPEN.iter().find(|(pattern, _)| matches(pattern, parent)).map(|(_, keys)| *keys)
}

fn matches(pattern: &str, name: &str) -> bool {
    // Names of models hold dots ("qwen2.5"), so only the count of leading parts can be compared for `*`.
    let (pattern, name): (Vec<_>, Vec<_>) = (pattern.split('.').collect(), name.split('.').collect());
    pattern.len() == name.len() && pattern.iter().zip(&name).all(|(p, n)| *p == "*" || p == n)
}

/// Known names that `name` may have meant: the siblings, sections included.
fn candidates(name: &str, known: &[&str]) -> Vec<String> {
    if let Some(keys) = open_keys(parent(name)) {
        return keys.iter().map(|key| format!("{}.{key}", parent(name))).collect();
    }
    let depth = name.split('.').count();
    let mut names: Vec<String> =
        known.iter().map(|leaf| leaf.split('.').take(depth).collect::<Vec<_>>().join(".")).collect();
    names.extend(known.iter().map(|leaf| (*leaf).to_owned()));
    names.dedup();
    names
}

/// The nearest of `names`, when it is near enough to be meant.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// The line on which the file sets `name`, counted from 1.
pub fn line_of(text: &str, name: &str) -> Option<usize> {
    let document: Document<&str> = Document::parse(text).ok()?;
    let mut table: &dyn toml_edit::TableLike = document.as_table();
    let mut parts = name.split('.').peekable();
    while let Some(part) = parts.next() {
        let (key, item) = table.get_key_value(part)?;
        if parts.peek().is_none() {
            return key.span().map(|span| line_at(text, span.start));
        }
        table = item.as_table_like()?;
    }
    None
}

fn line_at(text: &str, offset: usize) -> usize {
    text[..offset.min(text.len())].matches('\n').count() + 1
}

fn parent(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |(parent, _)| parent)
}

fn last(name: &str) -> &str {
    name.rsplit_once('.').map_or(name, |(_, last)| last)
}
