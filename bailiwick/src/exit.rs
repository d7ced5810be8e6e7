//! Exit codes, and how an error ends the program.

use std::process::ExitCode;

/// What the exit code of every command means. Also in `bailiwick --help`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Code {
    /// Done; for `run`: the task completed.
    Ok = 0,
    /// Something went wrong that is not one of the below.
    Error = 1,
    /// Wrong usage or configuration.
    Usage = 2,
    /// The task failed.
    TaskFailed = 3,
    /// The task is paused: a limit, a key, a vanished workspace. The text says how to go on.
    TaskPaused = 4,
    /// The task was left waiting for an approval, or left running (`--detach`, second Ctrl-C).
    TaskLeft = 5,
    /// The task was cancelled.
    Cancelled = 130,
}

impl From<Code> for ExitCode {
    fn from(code: Code) -> Self {
        ExitCode::from(code as u8)
    }
}

/// An error for the person at the terminal: what happened and what to do.
#[derive(Debug)]
pub struct Failure {
    pub code: Code,
    pub message: String,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: Code::Usage, message: message.into() }
    }
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: Code::Error, message: message.into() }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut message = error.to_string();
        let mut source = error.source();
        while let Some(cause) = source {
            let text = cause.to_string();
            if !message.contains(&text) {
                message = format!("{message}: {text}");
            }
            source = cause.source();
        }
        Self::internal(message)
    }
}

/// Prints the failure to stderr and gives its code.
pub fn report(failure: &Failure) -> ExitCode {
    let red = anstyle::AnsiColor::Red.on_default().bold();
    anstream::eprintln!("{red}error:{red:#} {}", failure.message.trim_end());
    failure.code.into()
}
