//! The command's own process, from fork to exec: one door after another is closed, the strictest last.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet, SigmaskHow, Signal, sigaction, sigprocmask};

use super::control::{self, Control};
use super::limits::{self, ProcessesMax};
use super::scratch::{HOME, Scratch};
use super::step::{Failure, Step};
use super::{capabilities, exec, landlock, seccomp};
use crate::Level;
use crate::wire::{Spec, Word};

/// Becomes the command, or tells why it cannot.
pub(super) fn close_doors(
    spec: &Spec,
    stdin: File,
    scratch: Option<&Scratch>,
    processes_max: ProcessesMax,
    control: &mut Control,
) -> Failure {
    match try_close(spec, stdin, scratch, processes_max, control) {
        Ok(environment) => exec::become_command(&spec.argv, &environment),
        Err(failure) => failure,
    }
}

fn try_close(
    spec: &Spec,
    stdin: File,
    scratch: Option<&Scratch>,
    processes_max: ProcessesMax,
    control: &mut Control,
) -> Result<BTreeMap<String, String>, Failure> {
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))
        .step("binding the command's life to its watcher's")?;
    rustix::process::setsid().step("starting a session")?;
    limits::step_down()?;
    rustix::stdio::dup2_stdin(stdin).step("connecting standard input")?;
    let temporary = scratch.map_or(Path::new("/tmp"), |scratch| &scratch.path);
    let current_dir = spec.current_dir.clone().unwrap_or_else(|| temporary.join(HOME));
    rustix::process::chdir(&current_dir).step_at("entering the working folder", &current_dir)?;
    capabilities::drop_all()?;
    rustix::thread::set_no_new_privs(true).step("giving up new privileges")?;
    let landlock_abi = if spec.level >= Level::Landlock { landlock::restrict(spec, temporary)? } else { 0 };
    // At exec, not now: the way back to the program must stay open until then.
    control::close_range(3, libc::CLOSE_RANGE_CLOEXEC).step("closing inherited files")?;
    if spec.level >= Level::Landlock {
        seccomp::restrict(spec.level, spec.network, landlock_abi)?;
    }
    if spec.argv.is_empty() {
        control.say(&Word::Closed { landlock_abi });
        // SAFETY: ends the process without dropping what its parent owns.
        unsafe { libc::_exit(0) }
    }
    // After all that needs memory and descriptors of its own.
    limits::set(spec, &processes_max)?;
    restore_signals().step("restoring signals")?;
    Ok(environment(spec, temporary))
}

/// What an ordinary program expects; a blocked or ignored signal would stay so after exec.
fn restore_signals() -> nix::Result<()> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    // SAFETY: installs no handler.
    unsafe { sigaction(Signal::SIGPIPE, &default) }?;
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&SigSet::empty()), None)
}

fn environment(spec: &Spec, temporary: &Path) -> BTreeMap<String, String> {
    let mut environment = spec.environment.clone();
    for (name, path) in [("HOME", temporary.join(HOME)), ("TMPDIR", temporary.to_owned())] {
        environment.entry(name.to_owned()).or_insert_with(|| path.to_string_lossy().into_owned());
    }
    environment
}
