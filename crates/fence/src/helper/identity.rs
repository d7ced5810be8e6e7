//! New namespaces, in which we are who we were.

use std::fs;

use nix::sched::{CloneFlags, unshare as unshare_namespaces};

use super::step::{Failure, Step};

/// Enters new user, mount, PID (for children), IPC and UTS namespaces, and a network namespace unless the
/// machine's network was granted. User and group ids map to
/// themselves, so that files of the workspace keep their owner.
pub(super) fn unshare(network: bool) -> Result<(), Failure> {
    let uid = rustix::process::geteuid().as_raw();
    let gid = rustix::process::getegid().as_raw();
    // Supplementary groups cannot be dropped later. Only root may now; for others they open nothing that the
    // file tree shows.
    if uid == 0 {
        let _ = nix::unistd::setgroups(&[]);
    }
    let mut namespaces = CloneFlags::CLONE_NEWUSER
        | CloneFlags::CLONE_NEWNS
        | CloneFlags::CLONE_NEWPID
        | CloneFlags::CLONE_NEWIPC
        | CloneFlags::CLONE_NEWUTS;
    if !network {
        namespaces |= CloneFlags::CLONE_NEWNET;
    }
    unshare_namespaces(namespaces).step("creating namespaces")?;
    fs::write("/proc/self/setgroups", "deny").step("giving up setgroups")?;
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1")).step("mapping the user id")?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1")).step("mapping the group id")?;
    nix::unistd::sethostname("bailiwick").step("naming the host")
}
