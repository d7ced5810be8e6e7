//! Starts a server and stays beside it.

use std::io::{self, IoSlice, PipeReader};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::pin::Pin;
use std::time::Instant;

use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags, sendmsg};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::pipe;
use tokio::process::{Child, ChildStderr, ChildStdout};
use tokio::sync::oneshot;
use tokio::time::timeout;

use crate::launch::{Running, launch};
use crate::watch::{END_WAIT_MAX, conclude};
use crate::wire::{self, Spec};
use crate::{Config, Exit, FenceError, Level, ServerCommand, environment, grants, spec};

/// A running server. Taken apart by whoever talks to it; it lives until `kill` is dropped or it ends itself.
pub struct ServerChild {
    pub stdin: pipe::Sender,
    pub stdout: ChildStdout,
    /// Must be read: a server that cannot write its complaints stands still.
    pub stderr: ChildStderr,
    /// Resolves when nothing of it is left; to an error when it could not be started.
    pub exit: Pin<Box<dyn Future<Output = Result<Exit, FenceError>> + Send>>,
    pub kill: Kill,
}

/// Dropped, it ends the server with all its processes.
#[derive(Debug)]
pub struct Kill {
    _told_by_drop: oneshot::Sender<()>,
}

pub(crate) async fn serve(
    config: &Config,
    level: Level,
    command: &ServerCommand,
) -> Result<ServerChild, FenceError> {
    let spec = server_spec(config, level, command).map_err(FenceError::SetUp)?;
    let (read_end, write_end) = io::pipe()?;
    let stdin = pipe::Sender::from_owned_fd(OwnedFd::from(write_end))?;
    let Running { child, stdout, stderr, control } = launch(config)?;
    // A helper that fails early says why on the way back, so what cannot be sent is no error yet.
    let _ = introduce(&control, &spec, read_end).await;
    let (kill, killed) = oneshot::channel();
    let (ended, exit) = oneshot::channel();
    tokio::spawn(async move {
        let _ = ended.send(attend(child, control, spec, killed).await);
    });
    let exit = Box::pin(async move {
        exit.await.unwrap_or_else(|_| Err(io::Error::other("the runtime that watched it has ended").into()))
    });
    Ok(ServerChild { stdin, stdout, stderr, exit, kill: Kill { _told_by_drop: kill } })
}

/// What the helper is told, when all that is granted may be granted.
pub(crate) fn server_spec(config: &Config, level: Level, command: &ServerCommand) -> Result<Spec, String> {
    spec::check_argv(&command.argv)?;
    let granted = grants::check(config, command)?;
    let mut read_only = spec::read_only(config)?;
    let folders = granted.read.iter().chain(&granted.write).map(|shown| &shown.target);
    let environment = environment::of_server(config, folders, &command.argv, &command.environment)?;
    read_only.extend(granted.read);
    let mut limits = command.limits.clone().unwrap_or_else(|| config.limits.clone());
    limits.cpu_seconds_max = u64::MAX;
    Ok(Spec {
        level,
        argv: command.argv.clone(),
        environment,
        writable: granted.write,
        current_dir: None,
        read_only,
        limits,
        scratch_parent: std::env::temp_dir(),
        network: command.network,
        stdin_follows: true,
    })
}

/// The spec, no input of its own, and the pipe that the input comes through.
async fn introduce(control: &UnixStream, spec: &Spec, stdin: PipeReader) -> io::Result<()> {
    let mut rest = &wire::encode(spec, &[])?[..];
    while !rest.is_empty() {
        control.writable().await?;
        match control.try_write(rest) {
            Ok(bytes) => rest = &rest[bytes..],
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    control.async_io(Interest::WRITABLE, || hand_over(control, &stdin)).await
}

fn hand_over(control: &UnixStream, stdin: &PipeReader) -> io::Result<()> {
    let descriptors = [stdin.as_fd()];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut ancillary = SendAncillaryBuffer::new(&mut space);
    ancillary.push(SendAncillaryMessage::ScmRights(&descriptors));
    sendmsg(control, &[IoSlice::new(&[0])], &mut ancillary, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// Returns when nothing is left of the server: it ended, or its handle was dropped.
async fn attend(
    mut child: Child,
    control: UnixStream,
    spec: Spec,
    killed: oneshot::Receiver<()>,
) -> Result<Exit, FenceError> {
    let began = Instant::now();
    let (listen, mut lifeline) = control.into_split();
    let mut words = BufReader::new(listen).lines();
    let heard = tokio::select! {
        line = words.next_line() => line.ok().flatten(),
        _ = killed => None,
    };
    // The helper ends what is left when it sees this, then itself.
    let _ = lifeline.shutdown().await;
    drop(lifeline);
    if timeout(END_WAIT_MAX, child.wait()).await.is_err() {
        // Without a PID namespace nothing but the helper can find all processes: it must go on.
        if spec.level >= Level::Namespaces {
            child.kill().await?;
        }
        child.wait().await?;
    }
    let last = match heard {
        Some(line) => Some(line),
        None => words.next_line().await.ok().flatten(),
    };
    conclude(last, &spec, false, began.elapsed())
}
