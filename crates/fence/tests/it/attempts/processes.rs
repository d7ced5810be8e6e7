//! Ways to other processes, and to what we inherited from one.

use std::fs;
use std::io;
use std::os::unix::process::parent_id;
use std::time::Duration;

use super::{Situation, check, nothing_found};

pub fn kill(at: &Situation) -> io::Result<()> {
    // SAFETY: sends a signal.
    check(unsafe { libc::kill(at.victim, libc::SIGKILL) })
}

/// Got through when somebody else is our parent now.
pub fn kill_the_watcher(_: &Situation) -> io::Result<()> {
    let watcher = parent_id();
    // SAFETY: sends a signal.
    check(unsafe { libc::kill(watcher.cast_signed(), libc::SIGKILL) })?;
    std::thread::sleep(Duration::from_millis(50));
    if parent_id() == watcher { nothing_found() } else { Ok(()) }
}

pub fn trace(at: &Situation) -> io::Result<()> {
    // SAFETY: attaches without stopping.
    check(unsafe { libc::ptrace(libc::PTRACE_SEIZE, at.victim, 0, 0) })
}

pub fn trace_a_child(_: &Situation) -> io::Result<()> {
    // SAFETY: asks to be traced by our parent.
    check(unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) })
}

pub fn read_memory(at: &Situation) -> io::Result<()> {
    fs::File::open(format!("/proc/{}/mem", at.victim)).map(drop)
}

pub fn read_memory_by_call(at: &Situation) -> io::Result<()> {
    let mut buffer = [0_u8; 8];
    let local = libc::iovec { iov_base: buffer.as_mut_ptr().cast(), iov_len: buffer.len() };
    let remote = libc::iovec { iov_base: std::ptr::without_provenance_mut(0x1000), iov_len: buffer.len() };
    // SAFETY: `local` describes our buffer; the other is not our memory.
    super::check_reached(unsafe { libc::process_vm_readv(at.victim, &local, 1, &remote, 1, 0) as i64 })
}

pub fn read_environment(at: &Situation) -> io::Result<()> {
    fs::read(format!("/proc/{}/environ", at.program)).map(drop)
}

pub fn read_command_line(at: &Situation) -> io::Result<()> {
    fs::read(format!("/proc/{}/cmdline", at.program)).map(drop)
}

pub fn take_a_descriptor(at: &Situation) -> io::Result<()> {
    // SAFETY: asks for descriptors.
    let handle = unsafe { libc::syscall(libc::SYS_pidfd_open, at.victim, 0) };
    check(handle)?;
    // SAFETY: as above.
    check(unsafe { libc::syscall(libc::SYS_pidfd_getfd, handle, 0, 0) })
}

pub fn attach_shared_memory(at: &Situation) -> io::Result<()> {
    // SAFETY: the kernel chooses the place; nothing is read there.
    let place = unsafe { libc::shmat(at.shared_memory, std::ptr::null(), libc::SHM_RDONLY) };
    check(if place.addr() == usize::MAX { -1 } else { 0 })
}

pub fn limit_another_process(at: &Situation) -> io::Result<()> {
    let limit = libc::rlimit { rlim_cur: 0, rlim_max: libc::RLIM_INFINITY };
    // SAFETY: the new limit outlives the call; the old one is not asked for.
    check(unsafe { libc::prlimit(at.victim, libc::RLIMIT_CORE, &limit, std::ptr::null_mut()) })
}

pub fn slow_another_process(at: &Situation) -> io::Result<()> {
    // SAFETY: changes a priority.
    check(unsafe { libc::setpriority(libc::PRIO_PROCESS, at.victim.cast_unsigned(), 19) })
}

pub fn use_an_inherited_descriptor(_: &Situation) -> io::Result<()> {
    // SAFETY: asks for flags.
    let open = (3..4096).any(|descriptor| unsafe { libc::fcntl(descriptor, libc::F_GETFD) } >= 0);
    if open { Ok(()) } else { nothing_found() }
}

pub fn find_a_secret_in_the_environment(at: &Situation) -> io::Result<()> {
    if std::env::var_os(&at.canary_variable).is_some() { Ok(()) } else { nothing_found() }
}

pub fn open_the_terminal(_: &Situation) -> io::Result<()> {
    fs::File::open("/dev/tty").map(drop)
}

pub fn type_into_the_terminal(_: &Situation) -> io::Result<()> {
    // SAFETY: the argument is one character.
    super::check_reached(unsafe { libc::ioctl(0, libc::TIOCSTI, c"x".as_ptr()) })
}

pub fn dump_core(at: &Situation) -> io::Result<()> {
    std::env::set_current_dir(&at.workspace)?;
    std::process::Command::new("sh").args(["-c", "kill -ABRT $$"]).status()?;
    let core = fs::read_dir(&at.workspace)?
        .flatten()
        .any(|entry| entry.file_name().as_encoded_bytes().starts_with(b"core"));
    if core { Ok(()) } else { nothing_found() }
}
