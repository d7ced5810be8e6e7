//! Relays a command's output and sees to it that all of it ends.

use std::future::pending;
use std::io;
use std::pin::pin;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::unix::OwnedWriteHalf;
use tokio::time::{sleep, timeout};

use crate::launch::Running;
use crate::wire::{self, Spec, Word};
use crate::{Exit, FenceError, Level, LimitReached, Stream};

/// How long output may still come from children after the command itself ended; then they are killed.
const GRACE: Duration = Duration::from_millis(250);
/// How long the helper may take to kill the tree before it is killed itself.
pub(crate) const END_WAIT_MAX: Duration = Duration::from_secs(5);
/// Size of one piece of output handed over.
const CHUNK_BYTES: usize = 64 << 10;
/// Longer than any command runs; a timer needs some end.
const FAR_AWAY: Duration = Duration::from_secs(60 * 60 * 24 * 365);

/// Gives the helper its spec and stays until nothing of the command is left.
pub(crate) async fn watch(
    running: Running,
    spec: &Spec,
    stdin: &[u8],
    wall: Duration,
    mut output: impl FnMut(Stream, &[u8]) + Send,
) -> Result<Exit, FenceError> {
    let Running { mut child, mut stdout, mut stderr, control } = running;
    let began = Instant::now();
    let start = wire::encode(spec, stdin)?;
    let mut sent = 0;
    let (listen, speak) = control.into_split();
    // While this is held the command lives; the helper ends everything when it goes.
    let mut lifeline = Some(speak);
    let mut words = BufReader::new(listen).lines();
    let mut heard = None;
    let (mut stdout_open, mut stderr_open) = (true, true);
    let (mut stdout_chunk, mut stderr_chunk) = (vec![0; CHUNK_BYTES], vec![0; CHUNK_BYTES]);
    let mut timed_out = false;
    let mut wall_over = pin!(sleep(wall.min(FAR_AWAY)));
    let mut patience = pin!(sleep(FAR_AWAY));

    while heard.is_none() || stdout_open || stderr_open {
        tokio::select! {
            read = stdout.read(&mut stdout_chunk), if stdout_open => {
                let chunk = &stdout_chunk[..read?];
                stdout_open = !chunk.is_empty();
                if stdout_open { output(Stream::Stdout, chunk); }
            }
            read = stderr.read(&mut stderr_chunk), if stderr_open => {
                let chunk = &stderr_chunk[..read?];
                stderr_open = !chunk.is_empty();
                if stderr_open { output(Stream::Stderr, chunk); }
            }
            // Sent beside reading: a helper that fails early speaks before it has read everything.
            written = send(lifeline.as_mut(), &start[sent..]), if sent < start.len() => match written {
                Ok(bytes) => sent += bytes,
                // It went away; its last word says why.
                Err(_) => sent = start.len(),
            },
            line = words.next_line(), if heard.is_none() => {
                heard = Some(line.ok().flatten());
                patience.as_mut().reset(tokio::time::Instant::now() + GRACE);
            }
            () = &mut wall_over, if heard.is_none() && !timed_out => {
                timed_out = true;
                lifeline = None;
                patience.as_mut().reset(tokio::time::Instant::now() + END_WAIT_MAX);
            }
            () = &mut patience => {
                if lifeline.take().is_none() {
                    break;
                }
                patience.as_mut().reset(tokio::time::Instant::now() + END_WAIT_MAX);
            }
        }
    }
    drop(lifeline);
    if timeout(END_WAIT_MAX, child.wait()).await.is_err() {
        // Without a PID namespace nothing but the helper can find all processes: it must go on.
        if spec.level < Level::Namespaces {
            return Err(io::Error::other("processes of the command take long to end").into());
        }
        child.kill().await?;
    }
    conclude(heard.flatten(), spec, timed_out, began.elapsed())
}

async fn send(lifeline: Option<&mut OwnedWriteHalf>, bytes: &[u8]) -> io::Result<usize> {
    match lifeline {
        Some(half) => half.write(bytes).await,
        None => pending().await,
    }
}

pub(crate) fn conclude(
    heard: Option<String>,
    spec: &Spec,
    timed_out: bool,
    took: Duration,
) -> Result<Exit, FenceError> {
    let word = heard.map(|line| serde_json::from_str(&line)).transpose().map_err(io::Error::from)?;
    match word {
        Some(Word::Exited { code, signal, limit }) => {
            let limit = if timed_out { Some(LimitReached::WallTime) } else { limit };
            Ok(Exit { code, signal, timed_out, limit, took })
        }
        Some(Word::Failed { step, error }) => Err(FenceError::SetUp(format!("{step}: {error}"))),
        Some(Word::ProgramNotFound) => {
            Err(FenceError::ProgramNotFound(spec.argv.first().cloned().unwrap_or_default()))
        }
        // Killed before it could say anything.
        None if timed_out => {
            Ok(Exit { code: None, signal: Some(9), timed_out, limit: Some(LimitReached::WallTime), took })
        }
        Some(Word::Closed { .. }) | None => Err(FenceError::Io(io::Error::other(
            "the fence's helper ended without a word; the machine may be out of memory, or `main` does not \
             start with `fence::become_helper_if_asked()`",
        ))),
    }
}
