//! Where untrusted code runs: a process that sees its workspace and nothing else.
//!
//! A fenced command is this same binary started again as a single-threaded helper, which closes the doors
//! behind itself (namespaces where the kernel lets an ordinary user have them, Landlock, seccomp, rlimits, no
//! new privileges, clean environment) and then becomes the command. [`Fence::new`] probes which layers hold;
//! below the configured floor nothing runs.

mod command;
mod config;
mod environment;
mod error;
mod fence;
mod report;
mod wire;

#[cfg(target_os = "linux")]
mod helper;
#[cfg(target_os = "linux")]
mod launch;
#[cfg(target_os = "linux")]
mod probe;
#[cfg(target_os = "linux")]
mod watch;

pub use command::{Command, Exit, LimitReached, Stream};
pub use config::{Config, Limits};
pub use error::FenceError;
pub use fence::Fence;
pub use report::{Layer, Level, Report};

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
