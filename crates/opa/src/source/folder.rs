//! Reading files, and noticing that they changed.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use policy::bundle::{BundleError, Entry, Limits};

use super::SourceError;

/// Deepest nesting of folders.
const DEPTH_MAX: usize = 16;
/// Two changes within one tick of a file system's clock look alike: what changed this recently is read again.
const RECENT: Duration = Duration::from_secs(2);

/// What files look like from outside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    files: Vec<(PathBuf, u64, Option<SystemTime>)>,
    settled: bool,
}

impl Stamp {
    /// Whether the files are surely what they were at the time of the earlier stamp.
    pub(super) fn is_unchanged_since(&self, earlier: &Stamp) -> bool {
        earlier.settled && self.files == earlier.files
    }

    pub(super) fn same_files(&self, other: &Stamp) -> bool {
        self.files == other.files
    }
}

/// The stamp of one file.
pub(super) fn stamp_of_file(path: &Path) -> Result<Stamp, SourceError> {
    let found = path.metadata().map_err(|error| read_error(path, error))?;
    Ok(stamp(vec![(path.to_owned(), found.len(), found.modified().ok())]))
}

/// The stamp of all files of a bundle in a folder.
pub(super) fn stamp_of_folder(folder: &Path, limits: &Limits) -> Result<Stamp, SourceError> {
    let root = folder.canonicalize().map_err(|error| read_error(folder, error))?;
    let mut files = Vec::new();
    gather(&root, &root, 0, limits, &mut files)?;
    files.sort();
    Ok(stamp(files))
}

/// Reads the files that a stamp lists, as a bundle.
pub(super) fn read_folder(folder: &Path, stamp: &Stamp, limits: &Limits) -> Result<Vec<Entry>, SourceError> {
    let root = folder.canonicalize().map_err(|error| read_error(folder, error))?;
    let mut left = limits.unpacked_bytes_max;
    let mut entries = Vec::with_capacity(stamp.files.len());
    for (path, _, _) in &stamp.files {
        let bytes = read_file(
            path,
            left,
            "unpacks to more bytes than",
            limits.unpacked_bytes_max,
            "policy.bundle.limits.unpacked_bytes_max",
        )?;
        left -= bytes.len() as u64;
        let relative = path.strip_prefix(&root).unwrap_or(path);
        let name = relative.to_str().ok_or_else(|| BundleError::Entry {
            name: relative.display().to_string(),
            why: "its name is not UTF-8".into(),
        })?;
        entries.push(Entry { path: name.replace(std::path::MAIN_SEPARATOR, "/"), bytes });
    }
    Ok(entries)
}

/// Reads an archive.
pub(super) fn read_archive(path: &Path, limits: &Limits) -> Result<Vec<u8>, SourceError> {
    let max = limits.archive_bytes_max;
    read_file(path, max, "is larger than", max, "policy.bundle.limits.archive_bytes_max")
}

fn read_file(
    path: &Path,
    left: u64,
    what: &'static str,
    max: u64,
    setting: &'static str,
) -> Result<Vec<u8>, SourceError> {
    let file = File::open(path).map_err(|error| read_error(path, error))?;
    let mut bytes = Vec::new();
    file.take(left.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| read_error(path, error))?;
    match bytes.len() as u64 > left {
        true => Err(BundleError::TooLarge { what, max, setting }.into()),
        false => Ok(bytes),
    }
}

fn stamp(files: Vec<(PathBuf, u64, Option<SystemTime>)>) -> Stamp {
    let now = SystemTime::now();
    let settled = files.iter().all(|(_, _, modified)| {
        modified.and_then(|modified| now.duration_since(modified).ok()).is_some_and(|age| age > RECENT)
    });
    Stamp { files, settled }
}

/// Files that belong to a bundle. Hidden folders are left out (`.git`, and the `..data` of a mounted configuration,
/// whose files are reached by the links beside it).
fn gather(
    root: &Path,
    folder: &Path,
    depth: usize,
    limits: &Limits,
    into: &mut Vec<(PathBuf, u64, Option<SystemTime>)>,
) -> Result<(), SourceError> {
    if depth > DEPTH_MAX {
        return Err(BundleError::Entry {
            name: folder.display().to_string(),
            why: format!("folders lie in each other deeper than {DEPTH_MAX}"),
        }
        .into());
    }
    for entry in fs::read_dir(folder).map_err(|error| read_error(folder, error))? {
        let path = entry.map_err(|error| read_error(folder, error))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let target = path.canonicalize().map_err(|error| read_error(&path, error))?;
        let found = target.metadata().map_err(|error| read_error(&path, error))?;
        let belongs = found.is_dir() && !name.starts_with('.') || found.is_file() && is_of_bundle(&name);
        if !belongs {
            continue;
        }
        if !target.starts_with(root) {
            return Err(BundleError::Entry {
                name: path.display().to_string(),
                why: "the link leaves the folder".into(),
            }
            .into());
        }
        if found.is_dir() {
            gather(root, &path, depth + 1, limits, into)?;
            continue;
        }
        if into.len() as u64 >= limits.entries_max {
            return Err(BundleError::TooLarge {
                what: "holds more files than",
                max: limits.entries_max,
                setting: "policy.bundle.limits.entries_max",
            }
            .into());
        }
        into.push((path, found.len(), found.modified().ok()));
    }
    Ok(())
}

fn is_of_bundle(name: &str) -> bool {
    name.ends_with(".rego")
        || matches!(name, "data.json" | "data.yaml" | "data.yml" | ".manifest" | ".signatures.json")
}

fn read_error(path: &Path, error: std::io::Error) -> SourceError {
    SourceError::Read { path: path.display().to_string(), error }
}
