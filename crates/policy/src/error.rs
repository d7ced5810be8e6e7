//! What is wrong with a policy, for the person who wrote it.

use miette::{Diagnostic, NamedSource, SourceSpan};

/// What is wrong with a policy. `message` alone names file and line; `miette` also shows the text around it.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{message}")]
#[diagnostic(code(bailiwick::policy))]
pub struct PolicyError {
    /// In one or two sentences, with file and line where they are known.
    pub message: String,
    #[source_code]
    source_code: Option<std::sync::Arc<NamedSource<String>>>,
    #[label("here")]
    span: Option<SourceSpan>,
    #[help]
    help: Option<String>,
}

impl PolicyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), source_code: None, span: None, help: None }
    }

    /// An error at a line and column, both counted from 1.
    pub(crate) fn at(path: &str, text: &str, line: usize, column: usize, what: &str) -> Self {
        let line_start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let rest = text[line_start..].lines().next().unwrap_or_default();
        let in_line =
            rest.char_indices().nth(column.saturating_sub(1)).map_or(rest.len(), |(offset, _)| offset);
        let word = rest[in_line..].find(char::is_whitespace).unwrap_or(rest.len() - in_line);
        Self {
            message: format!("{path}:{line}:{column}: {what}"),
            source_code: Some(std::sync::Arc::new(NamedSource::new(path, text.to_owned()))),
            span: Some((line_start + in_line, word).into()),
            help: None,
        }
    }

    /// What to do about it, if that is known.
    pub(crate) fn help_text(&self) -> Option<String> {
        self.help.clone()
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}
