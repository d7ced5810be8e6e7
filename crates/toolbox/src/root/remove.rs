//! Deleting: entry by entry through handles, so that no swap of a folder for a link leads elsewhere.

use std::ffi::{CStr, CString};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, Dir, FileType, Mode, OFlags, ResolveFlags};
use rustix::io::Errno;

use super::{Root, WALL, stat_entry};
use crate::error::ToolError;
use crate::path::RelPath;
use crate::stop::Stop;

/// Folders inside folders that one deletion goes down; each level holds a handle open.
const DEPTH_MAX: usize = 256;

/// What a deletion took away.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Removed {
    pub(crate) files: u64,
    pub(crate) folders: u64,
}

impl Root {
    /// Deletes a file or link itself, or with `recursive` a folder and all in it, and says which kind it was.
    pub(crate) fn remove(
        &self,
        path: &RelPath,
        recursive: bool,
        stop: &Stop,
    ) -> Result<(FileType, Removed), ToolError> {
        let Some((parent, name)) = self.open_parent(path)? else { return Err(ToolError::DeleteRoot) };
        let name = &CString::new(name).map_err(|_| ToolError::NulInPath)?;
        let stat = stat_entry(&parent, name)
            .map_err(|error| ToolError::at(path, error))?
            .ok_or_else(|| self.explain(path, Errno::NOENT))?;
        let kind = FileType::from_raw_mode(stat.st_mode);
        if kind != FileType::Directory {
            if path.must_be_folder() {
                return Err(ToolError::NotFolder(path.to_string()));
            }
            unlink(parent.as_fd(), name, AtFlags::empty()).map_err(|errno| ToolError::at(path, errno))?;
            return Ok((kind, Removed { files: 1, folders: 0 }));
        }
        if !recursive {
            let entries = count_entries(&enter(parent.as_fd(), name).map_err(|e| ToolError::at(path, e))?);
            return Err(ToolError::NeedsRecursive { path: path.to_string(), entries });
        }
        let mut removed = Removed::default();
        match remove_folder(parent.as_fd(), name, path, 0, &mut removed, stop) {
            Ok(()) => Ok((kind, removed)),
            Err(error) if removed == Removed::default() => Err(error),
            Err(error) => Err(ToolError::PartlyDeleted {
                what: error.to_string(),
                deleted: format!("{} files and {} folders", removed.files, removed.folders),
            }),
        }
    }
}

fn remove_folder(
    parent: BorrowedFd<'_>,
    name: &CStr,
    path: &RelPath,
    depth: usize,
    removed: &mut Removed,
    stop: &Stop,
) -> Result<(), ToolError> {
    if depth == DEPTH_MAX {
        return Err(ToolError::TooDeep { path: path.to_string(), max: DEPTH_MAX });
    }
    let at = |errno: Errno| ToolError::at(path, errno);
    let folder = enter(parent, name).map_err(at)?;
    // Names are read whole before the first goes: what a listing yields while it changes is undefined.
    for (entry, kind) in entries(&folder).map_err(at)? {
        stop.check()?;
        let inside = path.join(&entry.to_string_lossy());
        if kind == FileType::Directory {
            remove_folder(folder.as_fd(), &entry, &inside, depth + 1, removed, stop)?;
        } else {
            unlink(folder.as_fd(), &entry, AtFlags::empty())
                .map_err(|errno| ToolError::at(&inside, errno))?;
            removed.files += 1;
        }
    }
    unlink(parent, name, AtFlags::REMOVEDIR).map_err(at)?;
    removed.folders += 1;
    Ok(())
}

/// Opens a folder of a folder: never a link, never another mount.
fn enter(parent: BorrowedFd<'_>, name: &CStr) -> Result<OwnedFd, Errno> {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    rustix::fs::openat2(parent, name, flags, Mode::empty(), WALL | ResolveFlags::NO_SYMLINKS)
}

fn entries(folder: &OwnedFd) -> Result<Vec<(CString, FileType)>, Errno> {
    let mut found = Vec::new();
    for entry in Dir::read_from(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let kind = match entry.file_type() {
            // Some file systems do not say while listing.
            FileType::Unknown => {
                FileType::from_raw_mode(rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW)?.st_mode)
            }
            kind => kind,
        };
        found.push((name.to_owned(), kind));
    }
    Ok(found)
}

fn count_entries(folder: &OwnedFd) -> String {
    match entries(folder).map(|found| found.len()) {
        Ok(0) => "nothing".into(),
        Ok(1) => "1 entry".into(),
        Ok(count) => format!("{count} entries"),
        Err(_) => "entries".into(),
    }
}

fn unlink(folder: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> Result<(), Errno> {
    rustix::fs::unlinkat(folder, name, flags)
}
