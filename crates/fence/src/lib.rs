//! Where untrusted code runs: a process that sees its workspace and nothing else.
//!
//! A fenced command is this same binary started again as a single-threaded helper, which closes the doors
//! behind itself (namespaces where the kernel lets an ordinary user have them, Landlock, seccomp, rlimits, no
//! new privileges, clean environment) and then becomes the command. [`Fence::new`] probes which layers hold;
//! below the configured floor nothing runs.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// How much holds. Ordered: a higher level has all of the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Process group, clean environment, rlimits: a seat belt, not a fence.
    Limits,
    /// And Landlock, seccomp, no new privileges: files and network are fenced.
    Landlock,
    /// And user, mount, PID, network, IPC and UTS namespaces.
    Namespaces,
}

/// `[fence]` of the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Refuse to run commands below this level (`BAILIWICK_FENCE_FLOOR`).
    pub floor: Level,
    /// Read-only paths besides the system's own (toolchains, for example).
    pub read_only_paths: Vec<PathBuf>,
    /// Environment variables let through by name. Names that look like secrets are refused.
    pub pass_environment: Vec<String>,
    pub limits: Limits,
}

/// Limits of one command. Reaching one is an error that names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    pub wall_seconds_max: u64,
    pub cpu_seconds_max: u64,
    /// Address space of each process.
    pub memory_bytes_max: u64,
    pub processes_max: u64,
    pub file_bytes_max: u64,
    pub open_files_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall_seconds_max: 120,
            cpu_seconds_max: 300,
            memory_bytes_max: 16 << 30,
            processes_max: 512,
            file_bytes_max: 4 << 30,
            open_files_max: 1024,
        }
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            floor: Level::Landlock,
            read_only_paths: Vec::new(),
            pass_environment: Vec::new(),
            limits: Limits::default(),
        }
    }
}

/// One layer, as `bailiwick doctor` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    pub name: String,
    pub holds: bool,
    /// What was found, like "ABI 7".
    pub detail: String,
    /// What to do to get it, when it does not hold.
    pub advice: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `None`: not even `Limits` holds.
    pub level: Option<Level>,
    pub floor: Level,
    pub layers: Vec<Layer>,
}

#[derive(Clone, Debug)]
pub struct Command {
    /// Program and arguments; the program is looked up in the fence's `PATH`.
    pub argv: Vec<String>,
    /// Canonical root of the workspace: the one writable tree.
    pub workspace: PathBuf,
    /// Inside the workspace.
    pub current_dir: PathBuf,
    /// Added to the clean environment.
    pub environment: BTreeMap<String, String>,
    /// Fed to standard input; empty means `/dev/null`.
    pub stdin: Vec<u8>,
    /// `None`: the configured one.
    pub wall_time: Option<Duration>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    Stdout,
    Stderr,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    pub code: Option<i32>,
    pub signal: Option<i32>,
    /// The wall-time limit ended it.
    pub timed_out: bool,
    pub took: Duration,
}

#[derive(Debug, thiserror::Error)]
pub enum FenceError {
    #[error("{0}")]
    BelowFloor(String),
    #[error(
        "the program {0:?} was not found in the fence; see `read_only_paths` in [fence] if it is installed elsewhere"
    )]
    ProgramNotFound(String),
    #[error("the fence could not be set up, so nothing ran: {0}")]
    SetUp(String),
    #[error("the command could not be watched: {0}")]
    Io(#[from] std::io::Error),
}

/// A probed fence. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Fence {}

impl Fence {
    /// Probes the layers. Does not fail below the floor; running does.
    pub fn new(config: Config) -> Self {
        todo!("{config:?}")
    }

    pub fn report(&self) -> &Report {
        todo!()
    }

    /// Runs a command to its end and hands over output as it comes. Dropping the future kills the whole
    /// process tree, and so does reaching the wall time.
    pub async fn run(
        &self,
        command: Command,
        output: impl FnMut(Stream, &[u8]) + Send,
    ) -> Result<Exit, FenceError> {
        let _ = (command, output);
        todo!()
    }
}

/// Must be the first thing in `main` of every binary that uses a [`Fence`]: when the process was started as
/// the helper, this never returns.
pub fn become_helper_if_asked() {}
