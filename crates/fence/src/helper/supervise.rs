//! Stays beside the command: collects the dead, tells how it ended, ends all of it when told to.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SigSet, SigmaskHow, sigprocmask};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::Pid;

use super::control::Control;
use super::limits::ProcessesMax;
use super::step::{Failure, Step};
use super::tree::Tree;
use crate::LimitReached;
use crate::wire::{Spec, Word};

/// How often the processes of root's commands are counted.
const COUNT_EVERY: Duration = Duration::from_millis(100);
/// Pause between two rounds of killing.
const KILL_EVERY: Duration = Duration::from_millis(2);

pub(super) struct Supervisor<'a> {
    pub control: &'a mut Control,
    pub signals: SignalFd,
    pub tree: Tree,
    /// The command itself; its end is the command's end.
    pub main: Pid,
    pub processes_max: ProcessesMax,
    pub spec: &'a Spec,
}

/// Signals arrive as data from now on, and none ends us.
pub(super) fn block_signals() -> nix::Result<SignalFd> {
    let all = SigSet::all();
    sigprocmask(SigmaskHow::SIG_SETMASK, Some(&all), None)?;
    SignalFd::with_flags(&all, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)
}

impl Supervisor<'_> {
    /// Returns when no process of the command is left.
    pub(super) fn run(mut self) -> Result<(), Failure> {
        let mut ended = None;
        let mut told = false;
        let mut limit = None;
        let mut killing = false;
        let mut counted = Instant::now();
        loop {
            let all_gone = self.reap(&mut ended);
            if let Some(status) = ended
                && !told
            {
                self.tell(status, limit);
                told = true;
            }
            if all_gone {
                return Ok(());
            }
            if killing {
                self.tree.kill();
            }
            let over = self.wait(killing).step("watching the command")?;
            killing |= over;
            // By the clock, not by the end of a quiet wait: a fork bomb keeps us awake with its dead.
            if !killing && counted.elapsed() >= COUNT_EVERY {
                counted = Instant::now();
                if self.too_many() {
                    limit = Some(LimitReached::Processes);
                    killing = true;
                }
            }
        }
    }

    /// Collects the dead. True when there is no child left, dead or alive.
    fn reap(&self, ended: &mut Option<WaitStatus>) -> bool {
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => return false,
                Ok(status) if status.pid() == Some(self.main) => *ended = Some(status),
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return true,
            }
        }
    }

    /// Waits for something to happen. True when the program closed its side of the control socket.
    fn wait(&mut self, killing: bool) -> nix::Result<bool> {
        let every = match (killing, self.processes_max.by_supervisor) {
            (true, _) => Some(KILL_EVERY),
            (false, Some(_)) => Some(COUNT_EVERY),
            (false, None) => None,
        };
        let timeout = every
            .map_or(PollTimeout::NONE, |every| PollTimeout::try_from(every).unwrap_or(PollTimeout::ZERO));
        let mut places = [
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.control.as_fd(), PollFlags::POLLIN),
        ];
        // A closed socket is always ready: once heard, it is not asked again.
        let asked = if killing { 1 } else { 2 };
        match poll(&mut places[..asked], timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(error) => return Err(error),
        }
        let [signal, end] = places.map(|place| place.any().unwrap_or(false));
        if signal {
            while self.signals.read_signal()?.is_some() {}
        }
        Ok(end && !killing && self.control.is_over())
    }

    fn too_many(&self) -> bool {
        self.processes_max.by_supervisor.is_some_and(|max| self.tree.tasks() > max)
    }

    fn tell(&mut self, status: WaitStatus, limit: Option<LimitReached>) {
        let (code, signal) = match status {
            WaitStatus::Exited(_, code) => (Some(code), None),
            WaitStatus::Signaled(_, signal, _) => (None, Some(signal as i32)),
            _ => (None, None),
        };
        let limit = limit.or_else(|| self.limit_behind(code, signal));
        self.control.say(&Word::Exited { code, signal, limit });
    }

    /// Which limit explains an end. A shell reports a signal as 128 and its number.
    fn limit_behind(&self, code: Option<i32>, signal: Option<i32>) -> Option<LimitReached> {
        match signal.or(code.map(|code| code - 128)) {
            Some(libc::SIGXCPU) => return Some(LimitReached::CpuTime),
            Some(libc::SIGXFSZ) => return Some(LimitReached::FileSize),
            _ if code == Some(0) => return None,
            _ => {}
        }
        let resident_kib = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?.max_rss();
        let resident = u64::try_from(resident_kib).ok()?.saturating_mul(1024);
        let near = self.spec.limits.memory_bytes_max / 4 * 3;
        (resident >= near).then_some(LimitReached::Memory)
    }
}
