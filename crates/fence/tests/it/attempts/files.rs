//! Ways to files that are none of the command's business.

use std::ffi::CString;
use std::fs::{self, File, Permissions};
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use super::{Situation, check, nothing_found};

pub fn read(at: &Situation) -> io::Result<()> {
    fs::read(at.outside.join("secret")).map(drop)
}

pub fn list(at: &Situation) -> io::Result<()> {
    fs::read_dir(&at.outside).map(drop)
}

pub fn look_at_metadata(at: &Situation) -> io::Result<()> {
    fs::metadata(at.outside.join("secret")).map(drop)
}

pub fn create(at: &Situation) -> io::Result<()> {
    fs::write(at.outside.join("new"), "x")
}

pub fn append(at: &Situation) -> io::Result<()> {
    File::options().append(true).open(at.outside.join("secret"))?.write_all(b"x")
}

pub fn truncate(at: &Situation) -> io::Result<()> {
    let path = c_path(&at.outside.join("secret"));
    // SAFETY: the path is NUL-terminated.
    check(unsafe { libc::truncate(path.as_ptr(), 0) })
}

pub fn open_to_read_and_truncate(at: &Situation) -> io::Result<()> {
    let path = c_path(&at.outside.join("secret"));
    // SAFETY: the path is NUL-terminated.
    check(unsafe { libc::open(path.as_ptr(), libc::O_RDONLY | libc::O_TRUNC) })
}

pub fn delete(at: &Situation) -> io::Result<()> {
    fs::remove_file(at.outside.join("secret"))
}

pub fn change_mode(at: &Situation) -> io::Result<()> {
    fs::set_permissions(at.outside.join("secret"), Permissions::from_mode(0o666))
}

pub fn execute(at: &Situation) -> io::Result<()> {
    Command::new(at.outside.join("tool")).status().map(drop)
}

pub fn through_a_symlink(at: &Situation) -> io::Result<()> {
    symlink(at.outside.join("secret"), at.workspace.join("link"))?;
    fs::read(at.workspace.join("link")).map(drop)
}

pub fn through_dots(at: &Situation) -> io::Result<()> {
    fs::read(at.workspace.join("../outside/secret")).map(drop)
}

pub fn hard_link_in(at: &Situation) -> io::Result<()> {
    fs::hard_link(at.outside.join("secret"), at.workspace.join("linked"))
}

pub fn rename_in(at: &Situation) -> io::Result<()> {
    fs::rename(at.outside.join("secret"), at.workspace.join("taken"))
}

pub fn rename_out(at: &Situation) -> io::Result<()> {
    fs::write(at.workspace.join("gift"), "x")?;
    fs::rename(at.workspace.join("gift"), at.outside.join("gift"))
}

/// Whether this reached anybody is looked at from outside.
pub fn write_to_everybodys_tmp(at: &Situation) -> io::Result<()> {
    fs::write(Path::new("/tmp").join(&at.unique), "x")
}

pub fn write_to_shared_memory(at: &Situation) -> io::Result<()> {
    fs::write(Path::new("/dev/shm").join(&at.unique), "x")
}

pub fn write_among_programs(at: &Situation) -> io::Result<()> {
    fs::write(Path::new("/usr/local").join(&at.unique), "x")
}

pub fn write_among_settings(at: &Situation) -> io::Result<()> {
    fs::write(Path::new("/etc").join(&at.unique), "x")
}

/// The prisoner's own program is on a path configured as read-only.
pub fn change_mode_of_a_read_only_path(_: &Situation) -> io::Result<()> {
    fs::set_permissions(std::env::current_exe()?, Permissions::from_mode(0o755))
}

pub fn read_password_hashes(_: &Situation) -> io::Result<()> {
    fs::read("/etc/shadow").map(drop)
}

/// Root owns these files even without any privilege.
pub fn open_a_kernel_setting(_: &Situation) -> io::Result<()> {
    File::options().write(true).open("/proc/sys/kernel/core_pattern").map(drop)
}

pub fn read_the_kernel_log(_: &Situation) -> io::Result<()> {
    File::open("/dev/kmsg").map(drop)
}

pub fn make_a_device(at: &Situation) -> io::Result<()> {
    let path = c_path(&at.workspace.join("disk"));
    // SAFETY: the path is NUL-terminated.
    check(unsafe { libc::mknod(path.as_ptr(), libc::S_IFBLK | 0o600, libc::makedev(254, 0)) })
}

pub fn open_by_handle(at: &Situation) -> io::Result<()> {
    let mut handle = [0_u8; 128 + 8];
    handle[0] = 128;
    let path = c_path(&at.workspace);
    let mut mount = 0;
    // SAFETY: the handle says how long it is, and the path is NUL-terminated.
    check(unsafe {
        libc::syscall(
            libc::SYS_name_to_handle_at,
            libc::AT_FDCWD,
            path.as_ptr(),
            &raw mut handle,
            &raw mut mount,
            0,
        )
    })
}

pub fn through_the_first_process(at: &Situation) -> io::Result<()> {
    through_root_of(1, at)
}

pub fn through_the_watcher(at: &Situation) -> io::Result<()> {
    through_root_of(std::os::unix::process::parent_id().cast_signed(), at)
}

pub fn through_the_program(at: &Situation) -> io::Result<()> {
    through_root_of(at.program, at)
}

fn through_root_of(process: i32, at: &Situation) -> io::Result<()> {
    let secret = at.outside.join("secret");
    fs::read(
        Path::new("/proc").join(process.to_string()).join("root").join(secret.strip_prefix("/").unwrap()),
    )
    .map(drop)
}

pub fn add_a_git_hook(at: &Situation) -> io::Result<()> {
    fs::write(at.workspace.join(".git/hooks/pre-commit"), "#!/bin/sh")
}

pub fn change_git_settings(at: &Situation) -> io::Result<()> {
    let git =
        Command::new("git").args(["config", "core.pager", "evil"]).current_dir(&at.workspace).status()?;
    if git.success() { Ok(()) } else { Err(io::Error::other(git.to_string())) }
}

pub fn write_git_settings(at: &Situation) -> io::Result<()> {
    File::options().append(true).open(at.workspace.join(".git/config"))?.write_all(b"# x")
}

pub fn replace_the_git_folder(at: &Situation) -> io::Result<()> {
    fs::rename(at.workspace.join(".git"), at.workspace.join("git"))
}

pub fn find_a_setuid_way(_: &Situation) -> io::Result<()> {
    // SAFETY: asks for a flag.
    if unsafe { libc::prctl(libc::PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) } == 0 { Ok(()) } else { nothing_found() }
}

fn c_path(path: &Path) -> CString {
    CString::new(path.as_os_str().as_bytes()).unwrap()
}
