//! Telling blocking work that nobody waits for it any more.

use std::io::{self, Read};

use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::ToolError;

/// Seen by blocking work, which asks between two steps.
#[derive(Clone, Debug)]
pub(crate) struct Stop(CancellationToken);

impl Stop {
    /// The flag, and the guard that raises it when it is dropped with the future that waits.
    pub(crate) fn new() -> (Self, DropGuard) {
        let token = CancellationToken::new();
        (Self(token.clone()), token.drop_guard())
    }

    pub(crate) fn check(&self) -> Result<(), ToolError> {
        if self.0.is_cancelled() { Err(ToolError::Stopped) } else { Ok(()) }
    }

    /// A reader that fails once the flag is raised: stops libraries that read a long file on their own.
    pub(crate) fn reader<R: Read>(&self, inner: R) -> impl Read + use<R> {
        StoppableReader { inner, stop: self.clone() }
    }
}

struct StoppableReader<R> {
    inner: R,
    stop: Stop,
}

impl<R: Read> Read for StoppableReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // Not `Interrupted`: readers take that for a signal and try again for ever.
        self.stop.check().map_err(|error| io::Error::other(error.to_string()))?;
        self.inner.read(buffer)
    }
}
