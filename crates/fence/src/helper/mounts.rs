//! The few mount calls that the file tree is built from: each detached first, narrowed, then attached, so that
//! nothing is ever visible with more rights than it keeps.

use std::ffi::CString;
use std::io;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::path::Path;

use rustix::fs::CWD;
use rustix::mount::{MountFlags, MoveMountFlags, OpenTreeFlags, mount, move_mount, open_tree};

pub(super) const READ_ONLY: u64 = libc::MOUNT_ATTR_RDONLY;
pub(super) const NO_DEVICES: u64 = libc::MOUNT_ATTR_NODEV;
pub(super) const NO_PROGRAMS: u64 = libc::MOUNT_ATTR_NOEXEC;
pub(super) const NO_SETUID: u64 = libc::MOUNT_ATTR_NOSUID;

/// A detached copy of the mounts at `path` and beneath.
pub(super) fn copy_tree(path: &Path, attributes: u64) -> io::Result<OwnedFd> {
    narrowed(open_tree(CWD, path, CLONE)?, attributes)
}

/// The same for what `place`, a path descriptor, stands for.
pub(super) fn copy_tree_at(place: impl AsFd, attributes: u64) -> io::Result<OwnedFd> {
    narrowed(open_tree(place, c"", CLONE.union(OpenTreeFlags::AT_EMPTY_PATH))?, attributes)
}

const CLONE: OpenTreeFlags =
    OpenTreeFlags::OPEN_TREE_CLONE.union(OpenTreeFlags::OPEN_TREE_CLOEXEC).union(OpenTreeFlags::AT_RECURSIVE);

fn narrowed(tree: OwnedFd, attributes: u64) -> io::Result<OwnedFd> {
    set_attributes(&tree, c"", attributes, libc::AT_EMPTY_PATH | libc::AT_RECURSIVE)?;
    Ok(tree)
}

pub(super) fn attach(tree: OwnedFd, target: &Path) -> io::Result<()> {
    Ok(move_mount(tree, c"", CWD, target, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)?)
}

pub(super) fn attach_at(tree: OwnedFd, place: impl AsFd) -> io::Result<()> {
    let flags = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    Ok(move_mount(tree, c"", place, c"", flags)?)
}

/// A fresh file system in memory of at most `bytes`.
pub(super) fn memory(target: &Path, bytes: u64, mode: u32) -> io::Result<()> {
    // An inode costs about a kilobyte, so files without content are bounded too.
    let inodes = (bytes >> 12).clamp(256, 1 << 20);
    let options = format!("size={bytes},nr_inodes={inodes},mode={mode:o}");
    Ok(mount("tmpfs", target, "tmpfs", MountFlags::NOSUID | MountFlags::NODEV, &*CString::new(options)?)?)
}

/// Takes rights away from the one mount at `path`.
pub(super) fn narrow(path: &Path, attributes: u64) -> io::Result<()> {
    use std::os::unix::ffi::OsStrExt;
    set_attributes(CWD, &CString::new(path.as_os_str().as_bytes())?, attributes, 0)
}

fn set_attributes(place: impl AsFd, path: &std::ffi::CStr, set: u64, flags: libc::c_int) -> io::Result<()> {
    let attributes = libc::mount_attr { attr_set: set, attr_clr: 0, propagation: 0, userns_fd: 0 };
    // SAFETY: the path is NUL-terminated and the structure has the size that is passed with it.
    let result = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            place.as_fd().as_raw_fd(),
            path.as_ptr(),
            flags,
            &raw const attributes,
            size_of_val(&attributes),
        )
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
