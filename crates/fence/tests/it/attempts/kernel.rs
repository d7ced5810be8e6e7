//! Doors into the kernel. Arguments are nonsense on purpose: a call that comes so far as to complain about
//! them got through.

use std::fs::File;
use std::io;
use std::os::fd::AsRawFd;

use super::{Situation, check, check_reached, nothing_found};

/// A call with six arguments.
fn call(number: libc::c_long, arguments: [usize; 4]) -> i64 {
    let [a, b, c, d] = arguments;
    // SAFETY: null pointers and descriptors that are not open: the kernel refuses them.
    unsafe { libc::syscall(number, a, b, c, d) }
}

const NO_DESCRIPTOR: usize = usize::MAX;

pub fn io_uring(_: &Situation) -> io::Result<()> {
    check_reached(call(libc::SYS_io_uring_setup, [1, 0, 0, 0]))
}

pub fn user_namespace(_: &Situation) -> io::Result<()> {
    // SAFETY: this process does nothing else afterwards.
    check(unsafe { libc::unshare(libc::CLONE_NEWUSER) })
}

pub fn network_namespace_by_clone(_: &Situation) -> io::Result<()> {
    let flags = libc::CLONE_NEWUSER | libc::CLONE_NEWNET | libc::SIGCHLD;
    let child = call(libc::SYS_clone, [flags.cast_unsigned() as usize, 0, 0, 0]);
    if child == 0 {
        // SAFETY: ends the child.
        unsafe { libc::_exit(0) };
    }
    check(child)
}

pub fn clone3(_: &Situation) -> io::Result<()> {
    check_reached(call(libc::SYS_clone3, [0, 0, 0, 0]))
}

pub fn enter_a_namespace(_: &Situation) -> io::Result<()> {
    let own = File::open("/proc/self/ns/user")?;
    check_reached(call(libc::SYS_setns, [own.as_raw_fd() as usize, 0, 0, 0]))
}

pub fn mount(_: &Situation) -> io::Result<()> {
    let target = c"/tmp";
    // SAFETY: the strings are NUL-terminated.
    check(unsafe { libc::mount(c"none".as_ptr(), target.as_ptr(), c"tmpfs".as_ptr(), 0, std::ptr::null()) })
}

pub fn open_tree(_: &Situation) -> io::Result<()> {
    check_reached(call(libc::SYS_open_tree, [NO_DESCRIPTOR, 0, 0, 0]))
}

pub fn chroot(at: &Situation) -> io::Result<()> {
    let path = std::ffi::CString::new(at.workspace.to_str().unwrap()).unwrap();
    // SAFETY: the path is NUL-terminated.
    check(unsafe { libc::chroot(path.as_ptr()) })
}

pub fn keys(_: &Situation) -> io::Result<()> {
    let get_keyring_id = 0;
    let session_keyring = usize::MAX - 2;
    check_reached(call(libc::SYS_keyctl, [get_keyring_id, session_keyring, 1, 0]))
}

pub fn page_faults(_: &Situation) -> io::Result<()> {
    let user_mode_only = 1;
    check_reached(call(libc::SYS_userfaultfd, [user_mode_only, 0, 0, 0]))
}

pub fn bpf(_: &Situation) -> io::Result<()> {
    check_reached(call(libc::SYS_bpf, [usize::MAX >> 33, 0, 0, 0]))
}

pub fn performance_counters(_: &Situation) -> io::Result<()> {
    check_reached(call(libc::SYS_perf_event_open, [0, 0, NO_DESCRIPTOR, NO_DESCRIPTOR]))
}

pub fn load_a_module(_: &Situation) -> io::Result<()> {
    check_reached(call(libc::SYS_finit_module, [NO_DESCRIPTOR, 0, 0, 0]))
}

pub fn name_the_host(_: &Situation) -> io::Result<()> {
    // SAFETY: the name has the length given.
    check(unsafe { libc::sethostname(c"escaped".as_ptr(), 7) })
}

/// The same call under the number it has for programs with 32-bit pointers.
#[cfg(target_arch = "x86_64")]
pub fn x32_numbers(_: &Situation) -> io::Result<()> {
    let ptrace_by_x32 = 0x4000_0000 + 521;
    check_reached(call(ptrace_by_x32, [usize::MAX >> 33, 0, 0, 0]))
}

#[cfg(not(target_arch = "x86_64"))]
pub fn x32_numbers(_: &Situation) -> io::Result<()> {
    nothing_found()
}

/// The door of 32-bit programs. The filter ends a process that knocks there.
#[cfg(target_arch = "x86_64")]
pub fn i386_calls(_: &Situation) -> io::Result<()> {
    let get_process_id = 20_i64;
    let result: i64;
    // SAFETY: asks for the process id; clobbers what the kernel may.
    unsafe {
        std::arch::asm!("int 0x80", inlateout("rax") get_process_id => result, out("r8") _, out("r9") _, out("r10") _, out("r11") _);
    }
    if result > 0 { Ok(()) } else { nothing_found() }
}

#[cfg(not(target_arch = "x86_64"))]
pub fn i386_calls(_: &Situation) -> io::Result<()> {
    nothing_found()
}
