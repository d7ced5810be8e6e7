//! Errors that know at which step they happened.

use std::fmt::Display;

use crate::wire::Word;

/// Why nothing ran.
#[derive(Debug)]
pub(super) enum Failure {
    Step { step: &'static str, error: String },
    ProgramNotFound,
}

impl Failure {
    pub(super) fn into_word(self) -> Word {
        match self {
            Self::Step { step, error } => Word::Failed { step: step.to_owned(), error },
            Self::ProgramNotFound => Word::ProgramNotFound,
        }
    }
}

/// Names the step that a result belongs to.
pub(super) trait Step<T> {
    fn step(self, step: &'static str) -> Result<T, Failure>;

    /// Also names the path that was worked on.
    fn step_at(self, step: &'static str, path: impl AsRef<std::path::Path>) -> Result<T, Failure>;
}

impl<T, E: Display> Step<T> for Result<T, E> {
    fn step(self, step: &'static str) -> Result<T, Failure> {
        self.map_err(|error| Failure::Step { step, error: error.to_string() })
    }

    fn step_at(self, step: &'static str, path: impl AsRef<std::path::Path>) -> Result<T, Failure> {
        self.map_err(|error| Failure::Step { step, error: format!("{}: {error}", path.as_ref().display()) })
    }
}
