//! Everything that is wrong with a policy, at once.
//!
//! [`crate::Policy::compile`] stops at the first error. This goes on: every file is read by itself, a rule that does not
//! parse does not hide those behind it, and what parses is looked through for what compiles and yet is surely not meant:
//! a set whose name is misspelt, a member that no question has, a rule that can never speak or that nobody asks.

mod inputs;
mod lints;
mod parsing;

use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};
use serde::Serialize;
use serde_json::Value as Json;

use crate::{Config, Policy, PolicyFile};

/// What is wrong with a policy.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// Errors first, then by file and line.
    pub problems: Vec<Problem>,
}

/// One thing that is wrong. As a [`miette::Diagnostic`] it shows the text around it.
#[derive(Clone, Debug, Serialize, thiserror::Error)]
#[error("{}{message}", self.place())]
pub struct Problem {
    pub level: Level,
    /// Stable, like `unknown-member`.
    pub code: &'static str,
    /// Empty when it is about the policy as a whole.
    pub file: String,
    /// Counted from 1; 0 when it is about a whole file.
    pub line: usize,
    pub column: usize,
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
    #[serde(skip)]
    source_code: Option<Arc<NamedSource<String>>>,
    #[serde(skip)]
    label: Option<(usize, usize)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The policy does not compile.
    Error,
    /// It does, and hardly as it was meant.
    Warning,
}

impl Report {
    pub fn has_errors(&self) -> bool {
        self.problems.iter().any(|problem| problem.level == Level::Error)
    }
}

/// Looks for everything that is wrong with the files, tests among them. Rules see `data`.
pub fn check(files: &[PolicyFile], data: &Json) -> Report {
    let mut report = Report::default();
    let mut modules = Vec::new();
    for file in files {
        modules.extend(parsing::parse_all(file, &mut report.problems));
    }
    lints::run(&modules, data, &mut report.problems);
    inputs::run(&modules, &mut report.problems);
    if !report.has_errors() {
        compile(files, data, &mut report.problems);
    }
    for problem in &mut report.problems {
        problem.attach(files);
    }
    report
        .problems
        .sort_by(|a, b| (a.level, &a.file, a.line, a.column).cmp(&(b.level, &b.file, b.line, b.column)));
    report.problems.dedup_by(|a, b| a.place() == b.place() && a.message == b.message);
    report
}

/// What only the compiler finds: unknown functions, variables that nothing binds, recursion, forbidden built-ins.
fn compile(files: &[PolicyFile], data: &Json, problems: &mut Vec<Problem>) {
    let rules = files.iter().filter(|file| !file.is_test()).cloned().collect();
    if let Err(error) = Policy::compile_with_data(rules, data.clone(), Config::default()) {
        problems.push(Problem::of_text("compile", &error.message, files).with_help(error.help_text()));
        return;
    }
    // The tests by themselves may still be wrong.
    if let Err(error) = crate::compile::engine_with(files, data)
        .and_then(|mut engine| crate::compile::rules_of(&mut engine, files).map(drop))
    {
        problems.push(Problem::of_text("compile", &error.message, files).with_help(error.help_text()));
    }
}

impl Problem {
    fn new(
        level: Level,
        code: &'static str,
        file: &str,
        line: usize,
        column: usize,
        message: impl Into<String>,
    ) -> Self {
        Self {
            level,
            code,
            file: file.to_owned(),
            line,
            column,
            message: message.into(),
            help: None,
            source_code: None,
            label: None,
        }
    }

    /// An error whose text begins with `file:line:column: ` when it has a place.
    fn of_text(code: &'static str, text: &str, files: &[PolicyFile]) -> Self {
        for file in files {
            let Some(rest) = text.strip_prefix(file.path.as_str()).and_then(|rest| rest.strip_prefix(':'))
            else {
                continue;
            };
            let mut parts = rest.splitn(3, ':');
            if let (Some(Ok(line)), Some(Ok(column)), Some(message)) =
                (parts.next().map(str::parse), parts.next().map(str::parse), parts.next())
            {
                return Self::new(Level::Error, code, &file.path, line, column, message.trim());
            }
        }
        Self::new(Level::Error, code, "", 0, 0, text)
    }

    fn with_help(mut self, help: Option<String>) -> Self {
        self.help = help;
        self
    }

    fn place(&self) -> String {
        match (self.file.as_str(), self.line) {
            ("", _) => String::new(),
            (file, 0) => format!("{file}: "),
            (file, line) => format!("{file}:{line}:{}: ", self.column),
        }
    }

    fn attach(&mut self, files: &[PolicyFile]) {
        let Some(file) = files.iter().find(|file| file.path == self.file).filter(|_| self.line > 0) else {
            return;
        };
        let begin: usize = file.text.split_inclusive('\n').take(self.line - 1).map(str::len).sum();
        let rest = file.text[begin..].lines().next().unwrap_or_default();
        let inside =
            rest.char_indices().nth(self.column.saturating_sub(1)).map_or(rest.len(), |(offset, _)| offset);
        let word = rest[inside..].find(char::is_whitespace).unwrap_or(rest.len() - inside);
        self.source_code = Some(Arc::new(NamedSource::new(&file.path, file.text.clone())));
        self.label = Some((begin + inside, word));
    }
}

impl Diagnostic for Problem {
    fn code<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        Some(Box::new(format!("bailiwick::policy::{}", self.code)))
    }

    fn severity(&self) -> Option<Severity> {
        Some(match self.level {
            Level::Error => Severity::Error,
            Level::Warning => Severity::Warning,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display + 'a>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source_code.as_deref().map(|source| source as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let (at, length) = self.label?;
        Some(Box::new(std::iter::once(LabeledSpan::new(Some("here".into()), at, length))))
    }
}
