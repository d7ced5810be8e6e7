//! What goes into a fence and what comes out.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

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
    /// The limit that ended it, or most likely did. Its text names the setting.
    pub limit: Option<LimitReached>,
    pub took: Duration,
}

/// As sentences about a program go on: `exit status 1`.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.code, self.signal) {
            (Some(code), _) => write!(f, "exit status {code}")?,
            (None, Some(signal)) => write!(f, "ended by signal {signal}")?,
            (None, None) => write!(f, "ended")?,
        }
        match self.limit {
            Some(limit) => write!(f, ": {limit}"),
            None => Ok(()),
        }
    }
}

/// A limit of [`Limits`](crate::Limits) that a command ran into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitReached {
    WallTime,
    CpuTime,
    /// A guess: the command failed with its memory nearly at the limit.
    Memory,
    Processes,
    FileSize,
}

impl LimitReached {
    /// Key under `[fence.limits]`.
    pub fn setting(self) -> &'static str {
        match self {
            Self::WallTime => "wall_seconds_max",
            Self::CpuTime => "cpu_seconds_max",
            Self::Memory => "memory_bytes_max",
            Self::Processes => "processes_max",
            Self::FileSize => "file_bytes_max",
        }
    }
}

impl fmt::Display for LimitReached {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::WallTime => {
                "the command took longer than its time limit and was ended with all its children"
            }
            Self::CpuTime => "a process of the command used up its computing time",
            Self::Memory => "the command failed close to its memory limit, which is the likely cause",
            Self::Processes => "the command started too many processes and was ended with all its children",
            Self::FileSize => "a process of the command tried to write a file larger than allowed",
        };
        write!(f, "{what}; `{}` in [fence.limits] raises the limit", self.setting())
    }
}
