//! `[fence]` of the configuration.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::Level;

/// `[fence]` of the configuration.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Refuse to run commands below this level (`BAILIWICK_FENCE_FLOOR`).
    pub floor: Level,
    /// Do not use more than this level, even where more would hold. For finding out which layer a program
    /// stumbles over, and for testing the lower ones.
    pub ceiling: Option<Level>,
    /// Read-only paths besides the system's own (toolchains, for example). Absolute. A path that ends in
    /// `bin`, and the `bin` folder of any other, goes to the front of the fence's `PATH`.
    pub read_only_paths: Vec<PathBuf>,
    /// Environment variables let through by name. Names that look like secrets are refused.
    pub pass_environment: Vec<String>,
    pub limits: Limits,
    /// Folders and files of Bailiwick itself, which no server is granted. Absolute.
    #[serde(skip)]
    pub own_paths: Vec<PathBuf>,
    /// The executable started as helper; `None` is the running one. A program whose `main` cannot call
    /// [`become_helper_if_asked`](crate::become_helper_if_asked), such as one under the standard test
    /// harness, names another here.
    #[serde(skip)]
    pub helper: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            floor: Level::Landlock,
            ceiling: None,
            read_only_paths: Vec::new(),
            pass_environment: Vec::new(),
            limits: Limits::default(),
            own_paths: Vec::new(),
            helper: None,
        }
    }
}

/// Limits of one command. Reaching one is an error that names it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// From start to end, however little the command works.
    pub wall_seconds_max: u64,
    /// Computing time of each process.
    pub cpu_seconds_max: u64,
    /// Address space of each process.
    pub memory_bytes_max: u64,
    /// Processes and threads at one time.
    pub processes_max: u64,
    /// Size of each file written.
    pub file_bytes_max: u64,
    /// Files open in each process.
    pub open_files_max: u64,
    /// Size of each of the private `/tmp`, `/var/tmp` and `/dev/shm`, which lie in memory. Holds at level
    /// `namespaces`.
    pub scratch_bytes_max: u64,
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
            scratch_bytes_max: 1 << 30,
        }
    }
}
