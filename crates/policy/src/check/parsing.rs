//! Trees of files, as far as they parse.

use regorus::unstable::{Module, Ref};

use super::Problem;
use crate::syntax::parse;
use crate::{PolicyFile, extensions};

/// Errors that are told of one file.
const ERRORS_MAX: usize = 20;

/// The tree of a file; rules that do not parse are told and left out.
pub(super) fn parse_all(file: &PolicyFile, problems: &mut Vec<Problem>) -> Option<Ref<Module>> {
    let mut text = extensions::rewrite(&file.text).into_owned();
    for _ in 0..ERRORS_MAX {
        let error = match parse(&PolicyFile { path: file.path.clone(), text: text.clone() }) {
            Ok(module) => return Some(module),
            Err(error) => error,
        };
        let problem = Problem::of_text("syntax", &error.message, std::slice::from_ref(file));
        let line = problem.line;
        let has_package = text.lines().any(|line| line.starts_with("package"));
        let help = (!has_package).then(|| "begin the file with `package bailiwick`".to_owned());
        problems.push(problem.with_help(help));
        match without_rule_at(&text, line) {
            Some(rest) => text = rest,
            None => return None,
        }
    }
    None
}

/// The text with the rule at a line made blank, lines kept; `None` when that leaves the text as it was, or would take
/// the package.
fn without_rule_at(text: &str, line: usize) -> Option<String> {
    let lines: Vec<&str> = text.lines().collect();
    let begins = |index: usize| lines[index].starts_with(|c: char| c.is_alphabetic() || c == '_');
    let at = line.checked_sub(1)?.min(lines.len().checked_sub(1)?);
    let mut first = (0..=at).rev().find(|index| begins(*index))?;
    // An error at the first word of a rule is as a rule the end of the one before, which was not finished.
    let mut last = (first + 1..lines.len()).find(|index| begins(*index)).unwrap_or(lines.len());
    if lines[first].starts_with("package") || lines[first..last].iter().all(|line| line.trim().is_empty()) {
        return None;
    }
    if first == at
        && let Some(before) = (0..first).rev().find(|index| begins(*index))
        && !lines[before].starts_with("package")
        && ends_open(&lines[before..first])
    {
        (first, last) = (before, first);
    }
    let blank =
        |(index, line): (usize, &&str)| if (first..last).contains(&index) { "" } else { *line }.to_owned();
    Some(lines.iter().enumerate().map(blank).collect::<Vec<_>>().join("\n"))
}

/// Whether the last words ask for more.
fn ends_open(rule: &[&str]) -> bool {
    let end =
        rule.iter().rev().map(|line| line.trim()).find(|line| !line.is_empty() && !line.starts_with('#'));
    end.is_some_and(|end| {
        [":=", "=", "if", "contains", "(", "[", "{", ",", "+", "-", "*", "/", "|", "&", "else", "not"]
            .iter()
            .any(|word| end.ends_with(word))
    })
}
