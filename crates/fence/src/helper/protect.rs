//! Parts of the workspace that a command may read and not change, because the person's own tools would run
//! what they find there, outside the fence.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

use super::mounts;
use super::step::{Failure, Step};

/// Makes `.git/hooks` and `.git/config` read-only where they exist, and a `.git` file as a whole. `.git` itself
/// becomes a mount point, so that it cannot be renamed away and replaced.
pub(super) fn git(workspace: &Path) -> Result<(), Failure> {
    let step = "protecting the Git settings";
    let root = open(CWD, workspace, ResolveFlags::empty()).step(step)?;
    // A server may be granted a single file.
    if FileType::from_raw_mode(fstat(&root).step(step)?.st_mode) != FileType::Directory {
        return Ok(());
    }
    let Some((git, is_dir)) = find(&root, ".git").step(step)? else { return Ok(()) };
    cover(&git, if is_dir { 0 } else { mounts::READ_ONLY }).step(step)?;
    if is_dir {
        for path in [".git/hooks", ".git/config"] {
            if let Some((place, _)) = find(&root, path).step(step)? {
                cover(&place, mounts::READ_ONLY).step(step)?;
            }
        }
    }
    Ok(())
}

/// A file or folder beneath `root`, or nothing. An earlier command may have put a symlink there to have
/// something else mounted: links are not followed.
fn find(root: &OwnedFd, path: &str) -> io::Result<Option<(OwnedFd, bool)>> {
    let place = match open(root, Path::new(path), ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS) {
        Ok(place) => place,
        Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    match FileType::from_raw_mode(fstat(&place)?.st_mode) {
        FileType::Directory => Ok(Some((place, true))),
        FileType::RegularFile => Ok(Some((place, false))),
        _ => Ok(None),
    }
}

fn open(from: impl AsFd, path: &Path, resolve: ResolveFlags) -> Result<OwnedFd, Errno> {
    openat2(from, path, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty(), resolve)
}

/// Mounts something onto itself with fewer rights.
fn cover(place: &OwnedFd, attributes: u64) -> io::Result<()> {
    mounts::attach_at(mounts::copy_tree_at(place, attributes)?, place)
}
