//! The helper: a process that closes the doors behind itself and becomes the command.
//!
//! At level `namespaces` there are three processes: the *helper*, which the program started; the *init*, first
//! of the new PID namespace, which builds the file tree and watches; and the *command*. At lower levels the
//! helper watches itself. Whoever watches holds the control socket and kills the tree when it closes.

mod capabilities;
mod close;
mod control;
mod exec;
mod identity;
mod landlock;
mod limits;
mod mounts;
mod protect;
mod root;
mod scratch;
mod seccomp;
mod step;
mod supervise;
mod system_paths;
mod tree;

use std::fs::File;
use std::process::exit;

use nix::sys::wait::waitpid;
use nix::unistd::{ForkResult, fork};
use rustix::process::{DumpableBehavior, Signal};

use crate::Level;
use crate::wire::Spec;
use control::Control;
use scratch::Scratch;
use step::{Failure, Step};
use supervise::Supervisor;
use tree::Tree;

/// Runs the helper to its end.
pub(crate) fn main() -> ! {
    let Ok(control) = Control::take() else {
        // Standard input is no socket: somebody typed the argument by hand.
        eprintln!("this option is for Bailiwick's own use");
        exit(2);
    };
    let mut control = Some(control);
    if let Err(failure) = serve(&mut control) {
        if let Some(control) = &mut control {
            control.say(&failure.into_word());
        }
        exit(1);
    }
    exit(0);
}

/// Returns when everything is over. Takes the control socket out when another process answers on it.
fn serve(slot: &mut Option<Control>) -> Result<(), Failure> {
    let Some(control) = slot else { return Ok(()) };
    // Ctrl-C in the terminal is for the program, not for what it started.
    rustix::process::setsid().step("leaving the session")?;
    let (spec, stdin) = control.receive().step("reading what to run")?;
    // The program's own may be stricter than what the command needs of the folders we make.
    rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o022));
    limits::prefer_for_oom_kill();
    let is_root = rustix::process::geteuid().is_root();
    if is_root {
        limits::outrank_command();
    }
    if spec.level < Level::Namespaces {
        return watch_here(control, &spec, stdin, is_root);
    }
    identity::unshare(spec.network)?;
    // SAFETY: the helper has one thread, so the child may do anything the parent may.
    match unsafe { fork() }.step("starting the init")? {
        ForkResult::Parent { child } => {
            *slot = None;
            // Whoever feeds the command shall notice when it stops reading.
            drop(stdin);
            control::release_output().step("releasing the output")?;
            waitpid(child, None).step("waiting for the init").map(drop)
        }
        ForkResult::Child => become_init(control, &spec, stdin, is_root),
    }
}

fn become_init(control: &mut Control, spec: &Spec, stdin: File, is_root: bool) -> Result<(), Failure> {
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))
        .step("binding the init's life to the helper's")?;
    root::build(spec)?;
    hide_from_children()?;
    capabilities::drop_all()?;
    start(control, spec, stdin, None, Tree::Namespace, is_root)
}

fn watch_here(control: &mut Control, spec: &Spec, stdin: File, is_root: bool) -> Result<(), Failure> {
    let scratch = Scratch::make(&spec.scratch_parent)?;
    // Orphans of the command become our children, wherever they went with `setsid`.
    rustix::process::set_child_subreaper(Some(rustix::process::getpid())).step("becoming a subreaper")?;
    hide_from_children()?;
    start(control, spec, stdin, Some(&scratch), Tree::Descendants, is_root)
}

/// What we know and hold is not for the command to look at through `/proc`.
fn hide_from_children() -> Result<(), Failure> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable).step("becoming unreadable")
}

fn start(
    control: &mut Control,
    spec: &Spec,
    stdin: File,
    scratch: Option<&Scratch>,
    tree: Tree,
    is_root: bool,
) -> Result<(), Failure> {
    let signals = supervise::block_signals().step("blocking signals")?;
    let processes_max = limits::processes_max(spec, tree, is_root);
    // SAFETY: as above, one thread.
    match unsafe { fork() }.step("starting the command")? {
        ForkResult::Parent { child } => {
            drop(stdin);
            control::release_output().step("releasing the output")?;
            Supervisor { control, signals, tree, main: child, processes_max, spec }.run()
        }
        ForkResult::Child => {
            let failure = close::close_doors(spec, stdin, scratch, processes_max, control);
            control.say(&failure.into_word());
            // SAFETY: ends the process without dropping what its parent owns, the temporary folder above all.
            unsafe { libc::_exit(127) }
        }
    }
}
