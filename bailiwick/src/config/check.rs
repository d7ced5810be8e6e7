//! Unknown keys of the file, found before anything is read from it, with their line and the nearest known key.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use toml_edit::{Document, Item, TableLike};

use super::name::Name;
use crate::exit::Failure;

/// Keys that are a person's own.
const ANY: &[&str] = &["*"];

/// Keys below these names are a person's own: `*` stands for one of them, whatever characters it is made of.
const OPEN: [(&[&str], &[&str]); 13] = [
    (
        &["servers", "*"],
        &[
            "transport",
            "command",
            "environment",
            "grants",
            "url",
            "headers",
            "allow_private",
            "oauth",
            "enabled",
            "sharing",
            "limits",
        ],
    ),
    (&["servers", "*", "environment"], ANY),
    (&["servers", "*", "headers"], ANY),
    (&["servers", "*", "grants"], &["read", "write", "network"]),
    (&["servers", "*", "oauth"], &["client_id", "client_secret", "scopes"]),
    (
        &["servers", "*", "limits"],
        &[
            "connect_ms_max",
            "list_ms_max",
            "call_ms_max",
            "calls_at_once_max",
            "message_bytes_max",
            "list_entries_max",
            "idle_seconds_max",
            "failures_max",
        ],
    ),
    (&["gateway", "detectors"], ANY),
    (&["policy", "bundle", "keys"], ANY),
    (&["policy", "decision_log", "labels"], ANY),
    (&["web", "mcp_auth"], &["resource", "issuers", "clock_skew_seconds_max"]),
    (&["models", "providers", "*"], &["api", "base_url", "key_env", "models"]),
    (&["models", "providers", "*", "models", "*"], &["context_tokens", "max_output_tokens", "price"]),
    (
        &["models", "providers", "*", "models", "*", "price"],
        &["input", "output", "cache_read", "cache_write"],
    ),
];

/// The line on which the file sets each name, counted from 1.
pub type Lines = BTreeMap<Name, usize>;

/// Checks every key of `text` against the known settings, and says where each one stands.
pub fn keys(file: &Path, text: &str, known: &[(Name, Value)]) -> Result<Lines, Failure> {
    let ends: Vec<usize> = text.match_indices('\n').map(|(at, _)| at).collect();
    let mut check = Check { file, known, ends, lines: Lines::new() };
    let document: Document<&str> = Document::parse(text).map_err(|error| {
        let line = error.span().map_or(1, |span| check.line_at(span.start));
        Failure::usage(format!("{}:{line}: not valid TOML: {}", file.display(), error.message()))
    })?;
    check.walk(&Name::default(), document.as_table())?;
    Ok(check.lines)
}

struct Check<'a> {
    file: &'a Path,
    known: &'a [(Name, Value)],
    /// Where the lines of the text end.
    ends: Vec<usize>,
    lines: Lines,
}

impl Check<'_> {
    fn walk(&mut self, parent: &Name, table: &dyn TableLike) -> Result<(), Failure> {
        for (key, item) in table.iter() {
            let name = parent.child(key);
            let line = table.key(key).and_then(|key| key.span()).map_or(1, |span| self.line_at(span.start));
            if !self.is_known(&name) {
                return Err(self.unknown(&name, line));
            }
            match item.as_table_like() {
                Some(inner) => self.walk(&name, inner)?,
                None if self.is_section(&name) => return Err(self.no_section(&name, line, item)),
                None => {}
            }
            self.lines.insert(name, line);
        }
        Ok(())
    }

    /// A leaf, the beginning of one, or a name that a person may choose.
    fn is_known(&self, name: &Name) -> bool {
        self.known.iter().any(|(leaf, _)| leaf.begins_with(name))
            || open_keys(&name.parent()).is_some_and(|keys| keys == ANY || keys.contains(&name.last()))
            || open_keys(name).is_some()
    }

    /// Whether the name holds others and no value of its own.
    fn is_section(&self, name: &Name) -> bool {
        open_keys(name).is_some()
            || self
                .known
                .iter()
                .any(|(leaf, value)| leaf.begins_with(name) && (leaf.len() > name.len() || value.is_object()))
    }

    fn unknown(&self, name: &Name, line: usize) -> Failure {
        let shown = name.to_string();
        let candidates = self.candidates(name);
        let hint = match nearest(&shown, candidates.iter().map(String::as_str)) {
            Some(nearest) => format!(": did you mean `{nearest}`?"),
            None => "; `bailiwick config show` lists all settings".to_owned(),
        };
        Failure::usage(format!("{}:{line}: unknown key `{shown}`{hint}", self.file.display()))
    }

    fn no_section(&self, name: &Name, line: usize, item: &Item) -> Failure {
        let found = if item.is_array_of_tables() { "one section, not a list of them" } else { "a section" };
        Failure::usage(format!("{}:{line}: `{name}` is {found}: write `[{name}]`", self.file.display()))
    }

    /// Known names that `name` may have meant: the siblings, sections included.
    fn candidates(&self, name: &Name) -> Vec<String> {
        if let Some(keys) = open_keys(&name.parent()) {
            return keys.iter().map(|key| name.parent().child(key).to_string()).collect();
        }
        let mut names: Vec<String> =
            self.known.iter().map(|(leaf, _)| leaf.first(name.len()).to_string()).collect();
        names.extend(self.known.iter().map(|(leaf, _)| leaf.to_string()));
        names.dedup();
        names
    }

    fn line_at(&self, offset: usize) -> usize {
        self.ends.partition_point(|end| *end < offset) + 1
    }
}

/// The keys that may stand below `parent`, when it is one of the open names.
fn open_keys(parent: &Name) -> Option<&'static [&'static str]> {
    OPEN.iter().find(|(pattern, _)| parent.matches(pattern)).map(|(_, keys)| *keys)
}

/// The nearest of `names`, when it is near enough to be meant.
pub fn nearest<'a>(name: &str, names: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    names
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|(score, _)| *score > 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}
