//! The file tree of a fenced command: an empty one, into which is put what it may see.

use std::fs::{self, File};
use std::os::fd::OwnedFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::{io, iter};

use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags, mount, mount_change, unmount};

use super::mounts::{self, NO_DEVICES, NO_PROGRAMS, NO_SETUID, READ_ONLY};
use super::step::{Failure, Step};
use super::system_paths::{DEVICES, PROGRAMS, RESOLVER, SCRATCH, SETTINGS};
use super::{protect, scratch};
use crate::wire::Spec;

/// Where the new tree is put together. Covered by it for the moment, which only this process sees.
const BUILDING_PLACE: &str = "/tmp";
/// Room for folders, mount points and copies of settings.
const ROOT_BYTES: u64 = 4 << 20;
/// Larger settings are mounted: a copy costs less than a mount only while it is small.
const COPY_BYTES_MAX: u64 = 128 << 10;

/// Builds the tree and moves into it. What is not put there is not reachable by any path.
pub(super) fn build(spec: &Spec) -> Result<(), Failure> {
    mount_change("/", MountPropagationFlags::REC | MountPropagationFlags::PRIVATE)
        .step("cutting off the mount namespace")?;
    let taken = take(spec)?;
    mounts::memory(Path::new(BUILDING_PLACE), ROOT_BYTES, 0o755).step("mounting the new root")?;
    rustix::process::chdir(BUILDING_PLACE).step("entering the new root")?;

    proc()?;
    for target in SCRATCH {
        let target = inside(Path::new(target));
        memory(&target, spec.limits.scratch_bytes_max).step_at("mounting a file system in memory", target)?;
    }
    scratch::make_home(Path::new("tmp"))?;
    for Taken { target, content } in taken {
        let target = inside(&target);
        put(&target, content).step_at("putting a path into the new root", &target)?;
    }
    for tree in &spec.writable {
        protect::git(&inside(&tree.target))?;
    }
    mounts::narrow(Path::new("."), READ_ONLY).step("making the new root read-only")?;
    enter()
}

/// Something of the old tree, taken before the new one covers it.
struct Taken {
    target: PathBuf,
    content: Content,
}

enum Content {
    Link(PathBuf),
    Copy(Vec<u8>),
    Mount { tree: OwnedFd, is_dir: bool },
}

/// Takes everything that will be visible. Links come first, so that what lies beyond one is put there; then
/// what lies within another after it.
fn take(spec: &Spec) -> Result<Vec<Taken>, Failure> {
    let mut taken: Vec<_> =
        LINKS.iter().map(|(target, content)| link(target.as_ref(), content.as_ref())).collect();
    for path in PROGRAMS.iter().chain(&SETTINGS).map(Path::new) {
        taken.extend(take_system_path(path)?);
    }
    for path in DEVICES.map(Path::new) {
        taken.push(tree(path, path, NO_SETUID | NO_PROGRAMS)?);
    }
    for path in &spec.read_only {
        taken.push(tree(&path.source, &path.target, READ_ONLY | NO_SETUID | NO_DEVICES)?);
    }
    for path in &spec.writable {
        taken.push(tree(&path.source, &path.target, NO_SETUID | NO_DEVICES)?);
    }
    if spec.network {
        // A copy: it is often a link into folders that are not shown.
        let content = fs::read(RESOLVER).ok().map(Content::Copy);
        taken.extend(content.map(|content| Taken { target: RESOLVER.into(), content }));
    }
    taken
        .sort_by_key(|taken| (!matches!(taken.content, Content::Link(_)), taken.target.components().count()));
    Ok(taken)
}

const LINKS: [(&str, &str); 4] = [
    ("/dev/fd", "/proc/self/fd"),
    ("/dev/stdin", "/proc/self/fd/0"),
    ("/dev/stdout", "/proc/self/fd/1"),
    ("/dev/stderr", "/proc/self/fd/2"),
];

/// Systems differ in what they have.
fn take_system_path(path: &Path) -> Result<Option<Taken>, Failure> {
    let Ok(metadata) = fs::symlink_metadata(path) else { return Ok(None) };
    if metadata.is_symlink() {
        return Ok(Some(link(path, &fs::read_link(path).step_at("reading a link", path)?)));
    }
    if metadata.is_file() && metadata.len() <= COPY_BYTES_MAX {
        // What the user may not read need not be there.
        let copy = fs::read(path).ok();
        return Ok(copy.map(|copy| Taken { target: path.to_owned(), content: Content::Copy(copy) }));
    }
    tree(path, path, READ_ONLY | NO_SETUID | NO_DEVICES).map(Some)
}

/// Absolute links are made relative: they must lead into the new tree while it is being built, too.
fn link(target: &Path, content: &Path) -> Taken {
    let content = match content.strip_prefix("/") {
        Ok(beneath_root) => {
            let folders = target.components().count().saturating_sub(2);
            iter::repeat_n(Path::new(".."), folders).chain([beneath_root]).collect()
        }
        Err(_) => content.to_owned(),
    };
    Taken { target: target.to_owned(), content: Content::Link(content) }
}

fn tree(source: &Path, target: &Path, attributes: u64) -> Result<Taken, Failure> {
    let tree = mounts::copy_tree(source, attributes).step_at("opening a path to show", source)?;
    Ok(Taken { target: target.to_owned(), content: Content::Mount { tree, is_dir: source.is_dir() } })
}

/// A fresh `/proc` that shows the new PID namespace. Read-only: root owns `/proc/sys` even without privileges.
fn proc() -> Result<(), Failure> {
    let flags = MountFlags::NOSUID | MountFlags::NODEV | MountFlags::NOEXEC;
    fs::create_dir("proc").step("making /proc")?;
    mount("proc", "proc", "proc", flags, None).step("mounting /proc")?;
    mounts::narrow(Path::new("proc"), READ_ONLY).step("making /proc read-only")
}

fn memory(target: &Path, bytes: u64) -> io::Result<()> {
    fs::create_dir_all(target)?;
    mounts::memory(target, bytes, 0o1777)
}

fn put(target: &Path, content: Content) -> io::Result<()> {
    match content {
        Content::Mount { tree, is_dir: true } => {
            fs::create_dir_all(target)?;
            mounts::attach(tree, target)
        }
        Content::Mount { tree, is_dir: false } => {
            make_parent(target)?;
            File::options().create(true).append(true).open(target)?;
            mounts::attach(tree, target)
        }
        Content::Copy(copy) => {
            make_parent(target)?;
            fs::write(target, copy)
        }
        Content::Link(content) => {
            make_parent(target)?;
            symlink(content, target)
        }
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
