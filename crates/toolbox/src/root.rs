//! The workspace as a capability: a handle on its folder, and the only ways to open what lies beneath.
//!
//! Every path is resolved by the kernel (`openat2`) with three prohibitions: nothing above the handle, none of
//! the kernel's magic links (`/proc/…/fd`, `/proc/…/root`), no other mount. The kernel checks each step while
//! it takes it, so a folder that is swapped for a link in mid-flight does not help. Links that stay inside are
//! followed where something is read; nothing is written or deleted through a link in the last place.

mod remove;
mod replace;

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::Errno;

pub(crate) use self::replace::{Target, Written};
use crate::OpenError;
use crate::error::ToolError;
use crate::path::RelPath;

const WALL: ResolveFlags =
    ResolveFlags::BENEATH.union(ResolveFlags::NO_MAGICLINKS).union(ResolveFlags::NO_XDEV);

/// Times a resolution is tried that a concurrent rename made impossible to judge (`EAGAIN`).
const ATTEMPTS_MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Root {
    handle: OwnedFd,
    path: PathBuf,
    identity: Identity,
}

/// What makes two stats the same file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Identity {
    device: u64,
    inode: u64,
}

impl Identity {
    fn of(stat: &Stat) -> Self {
        Self { device: stat.st_dev, inode: stat.st_ino }
    }
}

impl Root {
    pub(crate) fn open(path: &Path) -> Result<Self, OpenError> {
        let failed = |error| OpenError::Workspace(path.display().to_string(), error);
        let canonical = path.canonicalize().map_err(failed)?;
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle =
            rustix::fs::open(&canonical, flags, Mode::empty()).map_err(|errno| failed(errno.into()))?;
        let identity = Identity::of(&rustix::fs::fstat(&handle).map_err(|errno| failed(errno.into()))?);
        let root = Self { handle, path: canonical, identity };
        // Asked once here, so that a kernel without the wall is refused before the first call, not in it.
        root.resolve(".", flags).map_err(|errno| match errno {
            Errno::NOSYS | Errno::PERM => OpenError::NoWall(errno.into()),
            _ => failed(errno.into()),
        })?;
        Ok(root)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails when the folder at the workspace's path is no longer the one that was opened.
    pub(crate) fn check_alive(&self) -> Result<(), ToolError> {
        match rustix::fs::stat(&self.path) {
            Ok(stat) if Identity::of(&stat) == self.identity => Ok(()),
            _ => Err(ToolError::WorkspaceGone(self.path.display().to_string())),
        }
    }

    /// Opens a regular file for reading. Links that stay inside are followed.
    ///
    /// `links_in`: names of folders in which files may have several hard links, see
    /// [`crate::Config::hard_link_folders`].
    pub(crate) fn open_file(&self, path: &RelPath, links_in: &[String]) -> Result<(File, Stat), ToolError> {
        // Opening a FIFO must not wait for its other end, nor a terminal become ours.
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let handle = self.resolve(path.as_str(), flags).map_err(|errno| self.explain(path, errno))?;
        let stat = rustix::fs::fstat(&handle).map_err(|errno| ToolError::at(path, errno))?;
        match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile if path.must_be_folder() => Err(ToolError::NotFolder(path.to_string())),
            FileType::RegularFile => {
                check_links(path, &stat, links_in)?;
                Ok((File::from(handle), stat))
            }
            FileType::Directory => Err(ToolError::IsFolder(path.to_string())),
            other => Err(ToolError::Special { path: path.to_string(), kind: kind_name(other) }),
        }
    }

    /// Opens a folder for listing. Links that stay inside are followed.
    pub(crate) fn open_folder(&self, path: &RelPath) -> Result<OwnedFd, ToolError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        self.resolve(path.as_str(), flags).map_err(|errno| self.explain(path, errno))
    }

    /// Opens a folder that a walk came by: no link in any place, so a walk cannot go in circles or be led
    /// elsewhere by a folder that turned into a link since it was listed.
    pub(crate) fn open_folder_itself(&self, path: &RelPath) -> Result<OwnedFd, ToolError> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let resolve = WALL | ResolveFlags::NO_SYMLINKS;
        rustix::fs::openat2(&self.handle, path.as_str(), flags, Mode::empty(), resolve)
            .map_err(|errno| ToolError::at(path, errno))
    }

    /// The folder that holds `path`, as a handle for `…at` calls with the single name that is left; `None`
    /// for the workspace itself.
    fn open_parent<'p>(&self, path: &'p RelPath) -> Result<Option<(OwnedFd, &'p str)>, ToolError> {
        let Some((parent, name)) = path.split() else { return Ok(None) };
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let handle = self.resolve(parent.as_str(), flags).map_err(|errno| self.explain(&parent, errno))?;
        Ok(Some((handle, name)))
    }

    fn resolve(&self, path: &str, flags: OFlags) -> Result<OwnedFd, Errno> {
        for _ in 1..ATTEMPTS_MAX {
            match rustix::fs::openat2(&self.handle, path, flags, Mode::empty(), WALL) {
                Err(Errno::AGAIN | Errno::INTR) => std::thread::yield_now(),
                done => return done,
            }
        }
        rustix::fs::openat2(&self.handle, path, flags, Mode::empty(), WALL)
    }

    /// The error for a path that did not open; for a missing one with the nearest name that is there.
    fn explain(&self, path: &RelPath, errno: Errno) -> ToolError {
        match errno {
            Errno::NOENT => ToolError::NotFound { path: path.to_string(), hint: self.nearest(path) },
            errno => ToolError::at(path, errno),
        }
    }

    /// ` Did you mean …?`, when the parent folder has a similar name.
    fn nearest(&self, path: &RelPath) -> String {
        const NAMES_MAX: usize = 2_000;
        let Some((parent, name)) = path.split() else { return String::new() };
        let Ok(folder) = self.open_folder(&parent) else { return String::new() };
        let Ok(entries) = rustix::fs::Dir::new(folder) else { return String::new() };
        entries
            .take(NAMES_MAX)
            .filter_map(|entry| Some(entry.ok()?.file_name().to_str().ok()?.to_owned()))
            .filter(|candidate| candidate != "." && candidate != "..")
            .map(|candidate| (strsim::jaro_winkler(name, &candidate), candidate))
            .filter(|(likeness, _)| *likeness > 0.8)
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, candidate)| format!(" Did you mean {}?", parent.join(&candidate)))
            .unwrap_or_default()
    }
}

/// Stat of an entry itself, never of what a link stands for; `None` when there is nothing.
pub(crate) fn stat_entry(folder: impl AsFd, name: impl rustix::path::Arg) -> io::Result<Option<Stat>> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(stat)),
        Err(Errno::NOENT) => Ok(None),
        Err(errno) => Err(errno.into()),
    }
}

/// For a person: `symbolic link`, `named pipe` ….
pub(crate) fn kind_name(kind: FileType) -> &'static str {
    match kind {
        FileType::RegularFile => "file",
        FileType::Directory => "folder",
        FileType::Symlink => "symbolic link",
        FileType::Fifo => "named pipe",
        FileType::Socket => "socket",
        FileType::CharacterDevice | FileType::BlockDevice => "device",
        FileType::Unknown => "file of an unknown kind",
    }
}

/// Names that the file has, in this folder and others.
#[allow(clippy::useless_conversion, reason = "32 bits wide on 64-bit ARM")]
fn links(stat: &Stat) -> u64 {
    u64::from(stat.st_nlink)
}

fn check_links(path: &RelPath, stat: &Stat, allowed_in: &[String]) -> Result<(), ToolError> {
    let links = links(stat);
    let folder_allows = || {
        path.split()
            .is_some_and(|(parent, _)| parent.parts().any(|part| allowed_in.iter().any(|name| name == part)))
    };
    if links > 1 && !folder_allows() {
        return Err(ToolError::HardLinked { path: path.to_string(), links });
    }
    Ok(())
}
