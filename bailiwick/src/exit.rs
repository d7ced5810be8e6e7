//! Exit codes, and how an error ends the program.

use std::process::ExitCode;

use inquire::InquireError;

use crate::client::ApiError;
use crate::terminal::{clean, remark};

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
#[derive(Clone, Debug)]
pub struct Failure {
    pub code: Code,
    pub message: String,
    pub cause: Cause,
}

/// What callers can do something about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Nobody reads standard output any more (`bailiwick … | head -1`): the end, without a word.
    Unread,
    /// The serving process does not answer, or is another one than before.
    ServerGone,
    Other,
}

impl Failure {
    pub fn usage(message: impl Into<String>) -> Self {
        Self { code: Code::Usage, message: message.into(), cause: Cause::Other }
    }
    pub fn internal(message: impl Into<String>) -> Self {
        Self { code: Code::Error, message: message.into(), cause: Cause::Other }
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
        let cause = cause(&error);
        let any: &(dyn std::error::Error + 'static) = &error;
        let code = match any.downcast_ref::<InquireError>() {
            // Ctrl-C or Escape at a question.
            Some(InquireError::OperationInterrupted | InquireError::OperationCanceled) => Code::Cancelled,
            _ if cause == Cause::Unread => Code::Ok,
            _ => Code::Error,
        };
        Self { code, message, cause }
    }
}

fn cause(error: &(dyn std::error::Error + 'static)) -> Cause {
    if let Some(error) = error.downcast_ref::<std::io::Error>() {
        return if error.kind() == std::io::ErrorKind::BrokenPipe { Cause::Unread } else { Cause::Other };
    }
    match error.downcast_ref::<ApiError>() {
        Some(error) if error.server_gone() => Cause::ServerGone,
        _ => Cause::Other,
    }
}

/// Prints the failure to stderr and gives its code.
pub fn report(failure: &Failure) -> ExitCode {
    if failure.cause != Cause::Unread {
        let red = anstyle::AnsiColor::Red.on_default().bold();
        // The text may quote a file, a model or a path.
        remark!("{red}error:{red:#} {}", clean(failure.message.trim_end()));
    }
    failure.code.into()
}
