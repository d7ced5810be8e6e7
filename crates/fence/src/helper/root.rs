//! The file tree of a fenced command: an empty one, into which is put what it may see.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};

use super::mounts::{self, NO_DEVICES, NO_PROGRAMS, NO_SETUID, READ_ONLY};
use super::step::{Failure, Step};
use super::system_paths::{DEVICES, PROGRAMS, SETTINGS};
use super::{protect, scratch};
use crate::wire::Spec;

/// Where the new tree is put together. Covered by it for the moment, which only this process sees.
const BUILDING_PLACE: &str = "/tmp";
/// Room for folders and mount points, nothing else.
const ROOT_BYTES: u64 = 4 << 20;

/// Something of the old tree, taken before the new one covers it.
struct Taken {
    tree: OwnedFd,
    is_dir: bool,
    target: PathBuf,
}

/// A symlink to make: where, and to what.
type Link = (PathBuf, PathBuf);

/// Builds the tree and moves into it. What is not put there is not reachable by any path.
pub(super) fn build(spec: &Spec) -> Result<(), Failure> {
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)
        .step("cutting off the mount namespace")?;
    let (taken, links) = take(spec)?;
    mounts::memory(Path::new(BUILDING_PLACE), ROOT_BYTES, 0o755).step("mounting the new root")?;
    rustix::process::chdir(BUILDING_PLACE).step("entering the new root")?;

    proc()?;
    memory("dev/shm", spec.limits.scratch_bytes_max)?;
    memory("tmp", spec.limits.scratch_bytes_max)?;
    for (target, content) in links {
        let target = inside(&target);
        make_parent(&target)
            .and_then(|()| symlink(content, &target))
            .step_at("linking a system path", target)?;
    }
    for taken in taken {
        put(taken)?;
    }
    scratch::make_home(Path::new("tmp"))?;
    protect::git(&inside(&spec.workspace))?;
    mounts::narrow(Path::new("."), READ_ONLY).step("making the new root read-only")?;
    enter()
}

/// Opens everything that will be visible. Sorted so that what lies within another comes after it.
fn take(spec: &Spec) -> Result<(Vec<Taken>, Vec<Link>), Failure> {
    let (mut taken, mut links) = (Vec::new(), standard_links());
    let mut add = |source: &Path, target: &Path, attributes: u64| {
        let tree = mounts::copy_tree(source, attributes).step_at("opening a path to show", source)?;
        taken.push(Taken { tree, is_dir: source.is_dir(), target: target.to_owned() });
        Ok(())
    };
    for path in PROGRAMS.iter().chain(&SETTINGS).map(Path::new) {
        match fs::symlink_metadata(path) {
            Err(_) => {}
            Ok(metadata) if metadata.is_symlink() => {
                links.push((path.to_owned(), fs::read_link(path).step_at("reading a link", path)?));
            }
            Ok(_) => add(path, path, READ_ONLY | NO_SETUID | NO_DEVICES)?,
        }
    }
    for path in DEVICES.map(Path::new) {
        add(path, path, NO_SETUID | NO_PROGRAMS)?;
    }
    for path in &spec.read_only {
        add(&path.source, &path.target, READ_ONLY | NO_SETUID | NO_DEVICES)?;
    }
    add(&spec.workspace, &spec.workspace, NO_SETUID | NO_DEVICES)?;
    taken.sort_by_key(|taken| taken.target.components().count());
    Ok((taken, links))
}

fn standard_links() -> Vec<Link> {
    [
        ("/dev/fd", "/proc/self/fd"),
        ("/dev/stdin", "/proc/self/fd/0"),
        ("/dev/stdout", "/proc/self/fd/1"),
        ("/dev/stderr", "/proc/self/fd/2"),
        ("/var/tmp", "/tmp"),
    ]
    .map(|(target, content)| (target.into(), content.into()))
    .into()
}

/// A fresh `/proc` that shows the new PID namespace. Read-only: root owns `/proc/sys` even without privileges.
fn proc() -> Result<(), Failure> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    fs::create_dir("proc").step("making /proc")?;
    mount("proc", "proc", "proc", flags, None).step("mounting /proc")?;
    mounts::narrow(Path::new("proc"), READ_ONLY).step("making /proc read-only")
}

fn memory(target: &str, bytes: u64) -> Result<(), Failure> {
    fs::create_dir_all(target).step_at("making a folder", target)?;
    mounts::memory(Path::new(target), bytes, 0o1777).step_at("mounting a file system in memory", target)
}

fn put(Taken { tree, is_dir, target }: Taken) -> Result<(), Failure> {
    let target = inside(&target);
    make_mount_point(&target, is_dir).step_at("making a mount point", &target)?;
    mounts::attach(tree, &target).step_at("mounting", &target)
}

fn make_mount_point(target: &Path, is_dir: bool) -> io::Result<()> {
    if is_dir {
        return fs::create_dir_all(target);
    }
    make_parent(target)?;
    match File::create_new(target) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

fn make_parent(target: &Path) -> io::Result<()> {
    target.parent().map_or(Ok(()), fs::create_dir_all)
}

/// An absolute path as seen from the building place.
fn inside(path: &Path) -> PathBuf {
    path.strip_prefix("/").unwrap_or(path).to_owned()
}

/// Makes the current folder the root, and the old root unreachable.
fn enter() -> Result<(), Failure> {
    rustix::process::pivot_root(".", ".").step("changing the root")?;
    unmount(".", UnmountFlags::DETACH).step("letting go of the old root")?;
    rustix::process::chdir("/").step("entering the root")
}
