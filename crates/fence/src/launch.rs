//! Starts the helper.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdStream;
use std::path::Path;
use std::process::Stdio;

use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use crate::config::Config;
use crate::error::FenceError;
use crate::wire::HELPER_ARGUMENT;

/// Where the kernel shows the running executable, even when its file was replaced or removed.
const RUNNING_EXECUTABLE: &str = "/proc/self/exe";

/// A helper that waits for its spec.
#[derive(Debug)]
pub(crate) struct Running {
    pub child: Child,
    pub stdout: ChildStdout,
    pub stderr: ChildStderr,
    pub control: UnixStream,
}

pub(crate) fn launch(config: &Config) -> Result<Running, FenceError> {
    let started = || -> io::Result<Running> {
        let (control, theirs) = StdStream::pair()?;
        control.set_nonblocking(true)?;
        // The helper dies when `control` is closed, after it has killed the tree. Killing the helper itself
        // would leave the tree alone at the levels without a PID namespace.
        let mut child = Command::from(std_command(config, theirs)).stdout(Stdio::piped()).spawn()?;
        let stdout = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let stderr = child.stderr.take().ok_or_else(|| io::Error::other("no standard error"))?;
        Ok(Running { child, stdout, stderr, control: UnixStream::from_std(control)? })
    };
    started().map_err(|error| FenceError::SetUp(format!("starting the helper: {error}")))
}

/// The helper with an empty environment and `control` as its standard input. No parent-death signal: the
/// kernel sends it when the *thread* that spawned ends, and threads of a runtime come and go.
pub(crate) fn std_command(config: &Config, control: StdStream) -> std::process::Command {
    let helper = config.helper.as_deref().unwrap_or(Path::new(RUNNING_EXECUTABLE));
    let mut command = std::process::Command::new(helper);
    std::os::unix::process::CommandExt::arg0(&mut command, OsStr::new("bailiwick-fence"));
    command
        .arg(HELPER_ARGUMENT)
        .env_clear()
        .current_dir("/")
        .stdin(OwnedFd::from(control))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}
