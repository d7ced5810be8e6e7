//! All processes of a command, however they were started.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::os::unix::fs::MetadataExt;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

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
                let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            }
            Self::Descendants => kill_descendants(),
        }
    }

    /// Processes and threads.
    pub(super) fn tasks(self) -> u64 {
        match self {
            Self::Namespace => processes().filter(|process| *process != 1).map(threads).sum(),
            Self::Descendants => descendants().into_iter().map(|process| threads(process.id)).sum(),
        }
    }
}

/// Rounds of stopping before those that are known are killed all the same.
const STOP_ROUNDS_MAX: usize = 16;

/// By process group: the kernel signals a group as a whole, so that no fork slips through. A group of a
/// descendant has no other members, since the command began with a session of its own. All are stopped before
/// the first is killed: stopped ones neither fork nor make room for others that do.
fn kill_descendants() {
    let own_group = nix::unistd::getpgrp().as_raw();
    let mut stopped = HashSet::new();
    for _ in 0..STOP_ROUNDS_MAX {
        let found = descendants().into_iter().map(|process| process.target(own_group));
        let new: Vec<_> = found.filter(|target| stopped.insert(*target)).collect();
        if new.is_empty() {
            break;
        }
        for target in new {
            let _ = kill(Pid::from_raw(target), Signal::SIGSTOP);
        }
    }
    for target in stopped {
        let _ = kill(Pid::from_raw(target), Signal::SIGKILL);
    }
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

fn threads(process: i32) -> u64 {
    fs::metadata(format!("/proc/{process}/task")).map_or(0, |tasks| tasks.nlink().saturating_sub(2))
}

#[derive(Clone, Copy)]
struct Process {
    id: i32,
    parent: i32,
    group: i32,
}

impl Process {
    /// Whom to signal: a group is written as a negative number. A command that has not begun its session is
    /// still in our own group, and taken alone.
    fn target(self, own_group: i32) -> i32 {
        if self.group == own_group { self.id } else { -self.group }
    }
}

fn descendants() -> Vec<Process> {
    let all: HashMap<i32, Process> =
        processes().filter_map(look_at).map(|process| (process.id, process)).collect();
    let own = std::process::id().cast_signed();
    let is_ours = |process: &Process| {
        let mut ancestor = *process;
        // A chain is no longer than the list; what changed while we read must not make us run in circles.
        for _ in 0..all.len() {
            if ancestor.parent == own {
                return true;
            }
            let Some(next) = all.get(&ancestor.parent) else { return false };
            ancestor = *next;
        }
        false
    };
    all.values().copied().filter(is_ours).collect()
}

/// Fields four and five of `stat`. The second, a name in parentheses, may hold anything.
fn look_at(id: i32) -> Option<Process> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(1);
    let (parent, group) = (fields.next()?.parse().ok()?, fields.next()?.parse().ok()?);
    Some(Process { id, parent, group })
}
