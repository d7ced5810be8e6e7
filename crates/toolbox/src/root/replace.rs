//! Writing: a new file beside the old one, made durable, then put in its place in one step.

use std::fs::File;
use std::io::Write;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Stat, Uid};
use rustix::io::Errno;

use super::{Identity, Root, kind_name, links, stat_entry};
use crate::error::ToolError;
use crate::path::RelPath;
use crate::stop::Stop;

/// A place that can be written: its folder is held open, so the file ends up where it was checked.
#[derive(Debug)]
pub(crate) struct Target {
    path: RelPath,
    folder: OwnedFd,
    name: String,
    existing: Option<Stat>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Written {
    Created,
    Replaced,
}

impl Root {
    /// The place for a file, with missing folders made when `create_parents`. Refuses folders, links, devices
    /// and files that may not be written.
    pub(crate) fn target(&self, path: &RelPath, create_parents: bool) -> Result<Target, ToolError> {
        if path.must_be_folder() || path.is_root() {
            return Err(ToolError::IsFolder(path.to_string()));
        }
        if create_parents && let Some((parent, _)) = path.split() {
            self.create_folders(&parent)?;
        }
        let Some((folder, name)) = self.open_parent(path)? else {
            return Err(ToolError::IsFolder(path.to_string()));
        };
        let existing = stat_entry(&folder, name).map_err(|error| ToolError::at(path, error))?;
        if let Some(stat) = &existing {
            check_replaceable(path, &folder, name, stat)?;
        }
        Ok(Target { path: path.clone(), name: name.to_owned(), folder, existing })
    }

    /// Makes the folders of `path` that are missing. Each step is resolved from the root again, so a link on
    /// the way is followed only while it stays inside.
    fn create_folders(&self, path: &RelPath) -> Result<(), ToolError> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        if self.resolve(path.as_str(), flags).is_ok() {
            return Ok(());
        }
        let mut reached = RelPath::root();
        let mut folder =
            self.resolve(reached.as_str(), flags).map_err(|errno| ToolError::at(&reached, errno))?;
        for part in path.parts() {
            let next = reached.join(part);
            folder = match self.resolve(next.as_str(), flags) {
                Err(Errno::NOENT) => {
                    match rustix::fs::mkdirat(&folder, part, Mode::from_raw_mode(0o777)) {
                        // A dangling link, or another process was quicker: the next resolution tells.
                        Ok(()) | Err(Errno::EXIST) => {}
                        Err(errno) => return Err(ToolError::at(&next, errno)),
                    }
                    self.resolve(next.as_str(), flags)
                }
                other => other,
            }
            .map_err(|errno| ToolError::at(&next, errno))?;
            reached = next;
        }
        Ok(())
    }
}

impl Target {
    pub(crate) fn exists(&self) -> bool {
        self.existing.is_some()
    }

    /// Hard links of the file that is there now.
    pub(crate) fn links(&self) -> u64 {
        self.existing.as_ref().map_or(0, links)
    }

    /// Puts `bytes` in place, durably: after `Ok` they survive a power cut. Keeps permissions and, where
    /// allowed, the owner of the file that was there; extended attributes are not kept.
    ///
    /// With `unchanged_since`, the stat of the file as it was read, a file that changed in between is left
    /// alone.
    pub(crate) fn write(
        self,
        bytes: &[u8],
        unchanged_since: Option<&Stat>,
        stop: &Stop,
    ) -> Result<Written, ToolError> {
        const BLOCK_BYTES: usize = 1 << 20;
        let at = |errno: Errno| ToolError::at(&self.path, errno);
        let draft = Draft::create(self.folder.as_fd(), self.existing.as_ref()).map_err(at)?;
        let mut file = &draft.file;
        for block in bytes.chunks(BLOCK_BYTES) {
            stop.check()?;
            file.write_all(block).map_err(|error| ToolError::at(&self.path, error))?;
        }
        if let Some(existing) = &self.existing {
            keep_owner_and_mode(&draft.file, existing).map_err(at)?;
        }
        draft.file.sync_all().map_err(|error| ToolError::at(&self.path, error))?;

        let now = stat_entry(&self.folder, &self.name).map_err(|error| ToolError::at(&self.path, error))?;
        if let Some(read) = unchanged_since
            && now.as_ref().map(version) != Some(version(read))
        {
            return Err(ToolError::ChangedMeanwhile(self.path.to_string()));
        }
        stop.check()?;
        draft.publish(&self.name).map_err(at)?;
        Ok(if self.existing.is_some() { Written::Replaced } else { Written::Created })
    }
}

/// The new file under a name of its own; removed unless it is published.
struct Draft<'f> {
    folder: BorrowedFd<'f>,
    name: String,
    file: File,
    published: bool,
}

impl<'f> Draft<'f> {
    fn create(folder: BorrowedFd<'f>, existing: Option<&Stat>) -> Result<Self, Errno> {
        // A new file gets what the umask leaves; a draft of an existing one is private until it has its mode.
        let mode = Mode::from_raw_mode(if existing.is_some() { 0o600 } else { 0o666 });
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let name = format!(".bailiwick-{}.tmp", uuid::Uuid::now_v7());
        let file = File::from(rustix::fs::openat(folder, &name, flags, mode)?);
        Ok(Self { folder, name, file, published: false })
    }

    fn publish(mut self, name: &str) -> Result<(), Errno> {
        rustix::fs::renameat(self.folder, &self.name, self.folder, name)?;
        self.published = true;
        // The rename itself is durable only with its folder; a path-only handle cannot be synced.
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        rustix::fs::fsync(rustix::fs::openat(self.folder, ".", flags, Mode::empty())?)
    }
}

impl Drop for Draft<'_> {
    fn drop(&mut self) {
        if !self.published
            && let Err(errno) = rustix::fs::unlinkat(self.folder, &self.name, AtFlags::empty())
        {
            tracing::warn!(name = %self.name, %errno, "a draft of a file could not be removed");
        }
    }
}

fn check_replaceable(path: &RelPath, folder: &OwnedFd, name: &str, stat: &Stat) -> Result<(), ToolError> {
    match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => {}
        FileType::Directory => return Err(ToolError::IsFolder(path.to_string())),
        FileType::Symlink => {
            let target = rustix::fs::readlinkat(folder, name, Vec::new())
                .map_or_else(|_| "another place".into(), |target| target.to_string_lossy().into_owned());
            return Err(ToolError::WriteThroughLink { path: path.to_string(), target });
        }
        other => return Err(ToolError::Special { path: path.to_string(), kind: kind_name(other) }),
    }
    // Putting a new file in its place needs no leave of the old one, so a read-only file is respected here.
    // Should it turn into a link just now, only the answer is wrong; nothing is opened.
    rustix::fs::accessat(folder, name, rustix::fs::Access::WRITE_OK, AtFlags::EACCESS).map_err(|errno| {
        match errno {
            Errno::ACCESS => ToolError::ReadOnly(path.to_string()),
            errno => ToolError::at(path, errno),
        }
    })
}

fn keep_owner_and_mode(file: &File, existing: &Stat) -> Result<(), Errno> {
    let new = rustix::fs::fstat(file)?;
    let owner = (new.st_uid != existing.st_uid).then(|| Uid::from_raw(existing.st_uid));
    let group = (new.st_gid != existing.st_gid).then(|| Gid::from_raw(existing.st_gid));
    if owner.is_some() || group.is_some() {
        match rustix::fs::fchown(file, owner, group) {
            // Only root gives files away: whoever may write the file may also own what replaces it.
            Ok(()) | Err(Errno::PERM) => {}
            Err(errno) => return Err(errno),
        }
    }
    // Without set-user-id and its kin, which the kernel too takes away from a file that is written.
    rustix::fs::fchmod(file, Mode::from_raw_mode(existing.st_mode & 0o777))
}

/// What differs when a file was written or replaced.
fn version(stat: &Stat) -> (Identity, i64, i64, u64) {
    (Identity::of(stat), stat.st_size, stat.st_mtime, stat.st_mtime_nsec)
}
