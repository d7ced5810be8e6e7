//! Where untrusted code runs: a process that sees its workspace, or what it was granted, and nothing else.
//!
//! A fenced command is this same binary started again as a single-threaded helper, which closes the doors
//! behind itself (namespaces where the kernel lets an ordinary user have them, Landlock, seccomp, rlimits, no
//! new privileges, clean environment) and then becomes the command. [`Fence::new`] probes which layers hold;
//! below the configured floor nothing runs.
//!
//! # What each level stops
//!
//! `tests/it/escape.rs` tries all of this, as root and as an ordinary user, and fails when a line here is no
//! longer true. "Stopped" is said of files and processes outside the workspace.
//!
//! | attempt | namespaces | landlock | limits |
//! |---|---|---|---|
//! | read, list, write, truncate, delete, execute, link or rename files | stopped | stopped | open |
//! | see that a file exists, its size and times | stopped | **open** | open |
//! | change mode, owner, times or extended attributes of the user's files | stopped | **open** | open |
//! | write where all programs do (`/tmp`, `/dev/shm`) | stopped: private ones | stopped | open |
//! | change `.git/hooks` and `.git/config` of the workspace, a `.git` file, or move `.git` away | stopped | **open** | open |
//! | TCP, UDP, DNS, listening, raw, packet, vsock, netlink | stopped | stopped | open |
//! | Unix sockets of others, by path or abstract name | stopped | stopped | open |
//! | Unix sockets among the command's own processes | allowed | only connected pairs | allowed |
//! | signal, trace, read memory or environment of other processes | stopped | stopped (signals: from ABI 6, Linux 6.12) | open |
//! | see which other processes there are, and their command lines | stopped | command lines stopped | open |
//! | System V and POSIX shared memory and queues of others | stopped | stopped | open |
//! | io_uring, bpf, ptrace, keys, userfaultfd, perf, mounts, new namespaces, modules | stopped | stopped | as the system has it |
//! | gain privileges by a setuid program, use root's capabilities | stopped | stopped | stopped |
//! | inherited descriptors, environment and terminal of the program | stopped | stopped | stopped |
//! | leave a core file, or hand memory to a crash collector | stopped | stopped | stopped |
//! | outlive the call, by `setsid`, double fork or the program's death | stopped | stopped | stopped, unless the command kills its watcher |
//!
//! Landlock before ABI 3 (Linux 6.2) does not control truncation, so it does not count as a level of its own
//! there; beneath namespaces it is still the second wall.
//!
//! # Servers
//!
//! [`Fence::serve`] starts what runs for long and is talked to over its standard streams, behind the same walls.
//! It has no workspace: it sees the paths it was granted and an empty home of its own. Keys, Bailiwick's own
//! folders and the system's are never granted (`grants.rs` has the list, with reasons); links are followed before
//! judging. Its environment is what it was given. With the network granted it keeps the machine's: TCP and UDP
//! to everywhere, this machine included, and listening; raw, packet, netlink and other sockets stay closed, and so
//! do the abstract Unix sockets of others (where Landlock is older than ABI 6, all Unix sockets).
//!
//! # What no level stops
//!
//! - The command may do to the workspace what it likes, but for the protected parts of `.git` that exist when
//!   it starts. It can write new hooks where there is no `hooks` folder, a repository in a subfolder, a
//!   `Makefile`: think before running outside what was written inside.
//! - A Unix socket or FIFO that lies in the workspace or on a read-only path can be used.
//! - Computing time, disk space and memory are limited for each process or file, not in sum. Whoever needs a
//!   sum puts Bailiwick itself into a cgroup.
//! - The kernel is shared: a fault in it that an ordinary program reaches is reachable. Side channels are open.
//!
//! # Limits
//!
//! The kernel keeps them ([`Limits`]); [`Exit::limit`] names the one that ended a command, where that can be
//! told. The kernel exempts root from the number of processes: there the watcher counts ten times a second.
//! At the lower levels that number is added to what the user has running already.

mod command;
mod config;
mod error;
mod fence;
mod report;
mod server;

#[cfg(target_os = "linux")]
mod environment;
#[cfg(target_os = "linux")]
mod grants;
#[cfg(target_os = "linux")]
mod helper;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod probe;
#[cfg(target_os = "linux")]
mod serve;
#[cfg(target_os = "linux")]
mod spec;
#[cfg(target_os = "linux")]
mod watch;
#[cfg(target_os = "linux")]
mod wire;

pub use command::{Command, Exit, LimitReached, Stream};
pub use config::{Config, Limits};
pub use error::FenceError;
pub use fence::Fence;
pub use report::{Layer, Level, Report};
#[cfg(target_os = "linux")]
pub use serve::{Kill, ServerChild};
pub use server::{ServerCommand, describe};

/// Must be the first thing in `main` of every binary that uses a [`Fence`]: when the process was started as
/// the helper, this never returns.
///
/// The helper changes what the whole process may do and forks, so no thread may run yet.
pub fn become_helper_if_asked() {
    #[cfg(target_os = "linux")]
    if std::env::args_os().nth(1).is_some_and(|argument| argument == wire::HELPER_ARGUMENT) {
        helper::main();
    }
}
