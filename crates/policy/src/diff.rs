//! What a draft changes.

use std::collections::BTreeMap;

use regorus::unstable::{Lexer, Rule, Source, TokenKind};
use serde::Serialize;
use similar::TextDiff;

use crate::syntax::{name, package, parse, spoken_name};
use crate::{PolicyError, PolicyFile};

/// Lines shown around a change.
const CONTEXT_LINES: usize = 3;

/// What is different between two sets of files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Difference {
    pub rules: RuleDifference,
    /// Files that differ at all, comments and spacing included.
    pub files: Vec<FileDifference>,
}

/// Rules by name; comments and spacing make no difference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RuleDifference {
    pub added: Vec<RuleAt>,
    pub removed: Vec<RuleAt>,
    pub changed: Vec<RuleAt>,
}

/// A rule, where it stands: in the old files if it was removed, in the new ones otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleAt {
    /// Like `bailiwick.deny: secrets.path`, `bailiwick.builtin_call`.
    pub name: String,
    pub file: String,
    pub line: u32,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileDifference {
    pub path: String,
    pub change: Change,
    /// In the unified format.
    pub lines: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Added,
    Removed,
    Changed,
}

impl Difference {
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
    }
}

/// Compares two sets of files; both must parse.
pub fn diff(old: &[PolicyFile], new: &[PolicyFile]) -> Result<Difference, PolicyError> {
    Ok(Difference { rules: rules(&definitions(old)?, &definitions(new)?), files: files(old, new) })
}

/// The definitions of one name: a name may have several, in an order that means nothing.
type Definitions = BTreeMap<String, Vec<(Vec<String>, RuleAt)>>;

fn definitions(files: &[PolicyFile]) -> Result<Definitions, PolicyError> {
    let mut all = Definitions::new();
    for file in files {
        let module = parse(file)?;
        let package = package(&module).unwrap_or_default().join(".");
        for rule in &module.policy {
            let name = match spoken_name(rule) {
                Some(spoken) => format!("{package}.{}: {spoken}", name(rule)),
                None => format!("{package}.{}", name(rule)),
            };
            let place = RuleAt { name: name.clone(), file: file.path.clone(), line: rule.span().line };
            all.entry(name).or_default().push((tokens(rule), place));
        }
    }
    Ok(all)
}

/// The text of a rule without what means nothing.
fn tokens(rule: &Rule) -> Vec<String> {
    let text = rule.span().text().to_owned();
    let mut tokens = Vec::new();
    if let Ok(source) = Source::from_contents(String::new(), text) {
        let mut lexer = Lexer::new(&source);
        while let Ok(token) = lexer.next_token() {
            if token.0 == TokenKind::Eof {
                break;
            }
            tokens.push(format!("{:?} {}", token.0, token.1.text()));
        }
    }
    tokens
}

fn rules(old: &Definitions, new: &Definitions) -> RuleDifference {
    let mut difference = RuleDifference::default();
    let nothing = Vec::new();
    let names: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for name in names {
        let mut gone = old.get(name).unwrap_or(&nothing).clone();
        let mut come = Vec::new();
        for definition in new.get(name).unwrap_or(&nothing) {
            match gone.iter().position(|(tokens, _)| *tokens == definition.0) {
                Some(same) => drop(gone.remove(same)),
                None => come.push(definition.1.clone()),
            }
        }
        let changed = gone.len().min(come.len());
        difference.removed.extend(gone.split_off(changed).into_iter().map(|(_, place)| place));
        difference.added.extend(come.split_off(changed));
        difference.changed.extend(come);
    }
    difference
}

fn files(old: &[PolicyFile], new: &[PolicyFile]) -> Vec<FileDifference> {
    let by_path = |files: &[PolicyFile]| -> BTreeMap<String, String> {
        files.iter().map(|file| (file.path.clone(), file.text.clone())).collect()
    };
    let (old, new) = (by_path(old), by_path(new));
    let paths: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let mut differences = Vec::new();
    for path in paths {
        let (before, after) = (old.get(path), new.get(path));
        let change = match (before, after) {
            (Some(before), Some(after)) if before == after => continue,
            (Some(_), Some(_)) => Change::Changed,
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
        };
        let before = before.map(String::as_str).unwrap_or_default();
        let after = after.map(String::as_str).unwrap_or_default();
        let lines = TextDiff::from_lines(before, after)
            .unified_diff()
            .context_radius(CONTEXT_LINES)
            .header(&format!("a/{path}"), &format!("b/{path}"))
            .to_string();
        differences.push(FileDifference { path: path.clone(), change, lines });
    }
    differences
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> PolicyFile {
        PolicyFile { path: path.into(), text: format!("package bailiwick\n\n{text}") }
    }

    fn names(rules: &[RuleAt]) -> Vec<&str> {
        rules.iter().map(|rule| rule.name.as_str()).collect()
    }

    #[test]
    fn rules_are_told_by_name() {
        let old = [file(
            "a.rego",
            "deny contains {\"rule\": \"x\", \"message\": \"m\"} if input.a == 1\n\nhelper if input.b\n\nhelper if input.c\n\ngone := 1\n",
        )];
        let new = [
            file(
                "a.rego",
                "deny contains {\"rule\": \"x\", \"message\": \"m\"} if input.a == 2\n\nhelper if input.c\n",
            ),
            file("b.rego", "# moved and spaced\nhelper   if   input.b\n\nmore := 2\n"),
        ];
        let difference = diff(&old, &new).unwrap();
        assert_eq!(names(&difference.rules.changed), ["bailiwick.deny: x"]);
        assert_eq!(names(&difference.rules.removed), ["bailiwick.gone"]);
        assert_eq!(names(&difference.rules.added), ["bailiwick.more"]);
        assert_eq!(difference.rules.added[0].line, 6);
        let changes: Vec<(&str, Change)> =
            difference.files.iter().map(|file| (file.path.as_str(), file.change)).collect();
        assert_eq!(changes, [("a.rego", Change::Changed), ("b.rego", Change::Added)]);
        assert!(
            difference.files[0]
                .lines
                .contains("+deny contains {\"rule\": \"x\", \"message\": \"m\"} if input.a == 2")
        );
        assert!(diff(&old, &old).unwrap().is_empty());
    }
}
