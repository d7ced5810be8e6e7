//! All processes of a command, however they were started.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

/// How a command's processes are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    /// All of the PID namespace but its init, who is asking.
    Namespace,
    /// Children of the subreaper who is asking, and theirs.
    Descendants,
}

impl Tree {
    /// Kills all that are there now. Those that a killed one left behind are found the next time.
    pub(super) fn kill(self) {
        match self {
            Self::Namespace => {
                let _ = signal::kill(Pid::from_raw(-1), Signal::SIGKILL);
            }
            Self::Descendants => {
                // Stopped first, until no new ones appear: otherwise a process that forks fast enough stays
                // ahead of us.
                let mut stopped = HashSet::new();
                loop {
                    let found: Vec<_> =
                        descendants().into_iter().filter(|process| stopped.insert(*process)).collect();
                    if found.is_empty() {
                        break;
                    }
                    found.iter().for_each(|process| send(*process, rustix::process::Signal::STOP));
                }
                stopped.iter().for_each(|process| send(*process, rustix::process::Signal::KILL));
            }
        }
    }

    /// Processes and threads.
    pub(super) fn tasks(self) -> u64 {
        match self {
            Self::Namespace => processes().filter(|process| *process != 1).map(threads).sum(),
            Self::Descendants => descendants().into_iter().map(threads).sum(),
        }
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn threads(process: i32) -> u64 {
    fs::metadata(format!("/proc/{process}/task")).map_or(0, |tasks| tasks.nlink().saturating_sub(2))
}

fn descendants() -> HashSet<i32> {
    let parents: HashMap<i32, i32> =
        processes().filter_map(|process| Some((process, parent(process)?))).collect();
    let own = std::process::id().cast_signed();
    let is_ours = |process: &i32| {
        let mut ancestor = *process;
        // A chain is no longer than the list; what changed while we read must not make us run in circles.
        for _ in 0..parents.len() {
            match parents.get(&ancestor) {
                Some(parent) if *parent == own => return true,
                Some(parent) => ancestor = *parent,
                None => return false,
            }
        }
        false
    };
    parents.keys().copied().filter(is_ours).collect()
}

/// The fourth field of `stat`; the second, a name in parentheses, may hold anything.
fn parent(process: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

/// Through a handle that is opened before the last look at the parent, so that a number used again meanwhile
/// by somebody else is not hit.
fn send(process: i32, signal: rustix::process::Signal) {
    let Some(pid) = rustix::process::Pid::from_raw(process) else { return };
    if let Ok(handle) = pidfd_open(pid, PidfdFlags::empty())
        && descendants_include(process)
    {
        let _ = pidfd_send_signal(handle, signal);
    }
}

fn descendants_include(process: i32) -> bool {
    let own = std::process::id().cast_signed();
    let mut ancestor = process;
    while let Some(parent) = parent(ancestor) {
        if parent == own {
            return true;
        }
        if parent <= 1 {
            return false;
        }
        ancestor = parent;
    }
    false
}
