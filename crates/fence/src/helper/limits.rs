//! Limits that the kernel keeps.

use std::fs;
use std::os::unix::fs::MetadataExt;

use rustix::process::{Resource, Rlimit, setrlimit};

use super::step::{Failure, Step};
use super::tree::Tree;
use crate::wire::Spec;

/// Sets the limits of this process and its children, for good.
pub(super) fn set(spec: &Spec, processes_max: &ProcessesMax) -> Result<(), Failure> {
    let limits = &spec.limits;
    // One byte: no core file fits, and it is the one value at which the kernel does not hand the memory to a
    // crash collector outside the fence either. Zero does not stop a collector.
    set_one(Resource::Core, 1, 1)?;
    // One second between the signal that names the limit and the one that cannot be ignored.
    set_one(Resource::Cpu, limits.cpu_seconds_max, limits.cpu_seconds_max.saturating_add(1))?;
    for (resource, max) in [
        (Resource::As, limits.memory_bytes_max),
        (Resource::Fsize, limits.file_bytes_max),
        (Resource::Nofile, limits.open_files_max),
        (Resource::Nproc, processes_max.by_kernel),
        (Resource::Memlock, 64 << 10),
    ] {
        set_one(resource, max, max)?;
    }
    Ok(())
}

/// Never above what we were started with.
fn set_one(resource: Resource, soft: u64, hard: u64) -> Result<(), Failure> {
    let inherited = rustix::process::getrlimit(resource).maximum.unwrap_or(u64::MAX);
    let (soft, hard) = (soft.min(inherited), hard.min(inherited));
    setrlimit(resource, Rlimit { current: Some(soft), maximum: Some(hard) }).step("setting resource limits")
}

/// Who counts the processes of a command.
#[derive(Clone, Copy, Debug)]
pub(super) struct ProcessesMax {
    /// Value of `RLIMIT_NPROC`.
    pub by_kernel: u64,
    /// Root is exempt from `RLIMIT_NPROC`, so the supervisor counts.
    pub by_supervisor: Option<u64>,
}

pub(super) fn processes_max(spec: &Spec, tree: Tree, is_root: bool) -> ProcessesMax {
    let max = spec.limits.processes_max;
    let others = match tree {
        // A new user namespace counts from zero: helper and init.
        Tree::Namespace => 2,
        // Not counted for root.
        Tree::Descendants if is_root => 0,
        // The kernel counts all tasks of the user.
        Tree::Descendants => tasks_of_user(rustix::process::getuid().as_raw()),
    };
    ProcessesMax { by_kernel: max.saturating_add(others), by_supervisor: is_root.then_some(max) }
}

fn tasks_of_user(uid: u32) -> u64 {
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes
        .filter_map(|process| fs::metadata(process.path().join("task")).ok())
        .filter(|tasks| tasks.uid() == uid)
        .map(|tasks| tasks.nlink().saturating_sub(2))
        .sum()
}

/// When the machine runs out of memory, the command goes before the program that watches it.
pub(super) fn prefer_for_oom_kill() {
    let _ = fs::write("/proc/self/oom_score_adj", "500");
}

/// Root's commands have no limit of processes but our counting, so a fork bomb must not keep us from a turn.
/// Best effort: a container may not allow it.
pub(super) fn outrank_command() {
    let _ = schedule(libc::SCHED_RR, 1);
}

/// The command itself is scheduled like any other.
pub(super) fn step_down() -> Result<(), Failure> {
    schedule(libc::SCHED_OTHER, 0).step("returning to ordinary scheduling")
}

fn schedule(policy: libc::c_int, priority: libc::c_int) -> std::io::Result<()> {
    let parameters = libc::sched_param { sched_priority: priority };
    // SAFETY: changes this process; the parameters outlive the call.
    match unsafe { libc::sched_setscheduler(0, policy, &raw const parameters) } {
        0 => Ok(()),
        _ => Err(std::io::Error::last_os_error()),
    }
}
