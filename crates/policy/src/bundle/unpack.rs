//! From an archive to its files, within limits.

use std::collections::BTreeSet;
use std::io::Read;

use flate2::read::MultiGzDecoder;
use serde::{Deserialize, Serialize};
use tar::{Archive, EntryType};

use super::BundleError;

/// `[policy.bundle]` of the configuration: what is read of a bundle at most.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// Size of the archive as it comes, bytes (`BAILIWICK_POLICY_BUNDLE_ARCHIVE_BYTES_MAX`).
    pub archive_bytes_max: u64,
    /// Size of all of it unpacked, the archive's own headers included, bytes
    /// (`BAILIWICK_POLICY_BUNDLE_UNPACKED_BYTES_MAX`).
    pub unpacked_bytes_max: u64,
    /// Files and folders in it (`BAILIWICK_POLICY_BUNDLE_ENTRIES_MAX`).
    pub entries_max: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { archive_bytes_max: 16 << 20, unpacked_bytes_max: 64 << 20, entries_max: 10_000 }
    }
}

/// One file of a bundle, before anyone looked into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Relative, with `/`.
    pub path: String,
    pub bytes: Vec<u8>,
}

/// Unpacks an archive into memory.
pub(super) fn unpack(archive: &[u8], limits: &Limits) -> Result<Vec<Entry>, BundleError> {
    if archive.len() as u64 > limits.archive_bytes_max {
        return Err(BundleError::TooLarge {
            what: "is larger than",
            max: limits.archive_bytes_max,
            setting: "policy.bundle.archive_bytes_max",
        });
    }
    // One byte more than the limit may be read, to tell "as large as" from "larger than".
    let mut bounded = MultiGzDecoder::new(archive).take(limits.unpacked_bytes_max.saturating_add(1));
    let unpacked = entries_of(&mut bounded, limits);
    if bounded.limit() == 0 {
        return Err(BundleError::TooLarge {
            what: "unpacks to more bytes than",
            max: limits.unpacked_bytes_max,
            setting: "policy.bundle.unpacked_bytes_max",
        });
    }
    unpacked
}

fn entries_of(tar: impl Read, limits: &Limits) -> Result<Vec<Entry>, BundleError> {
    let broken = |error: std::io::Error| BundleError::Archive(error.to_string());
    let mut archive = Archive::new(tar);
    let mut entries = Vec::new();
    let mut count = 0_u64;
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        count += 1;
        if count > limits.entries_max {
            return Err(too_many(limits));
        }
        let name = String::from_utf8(entry.path_bytes().into_owned())
            .map_err(|_| BundleError::entry("a file", "its name is not UTF-8"))?;
        match entry.header().entry_type() {
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {}
            EntryType::Directory | EntryType::XGlobalHeader => continue,
            EntryType::Symlink | EntryType::Link => {
                return Err(BundleError::entry(&name, "links are not taken; put the file itself there"));
            }
            other => {
                return Err(BundleError::entry(&name, format!("it is no file but of the type {other:?}")));
            }
        }
        let mut bytes = Vec::new();
        entry.read_to_end(&mut bytes).map_err(broken)?;
        entries.push(Entry { path: name, bytes });
    }
    Ok(entries)
}

pub(super) fn too_many(limits: &Limits) -> BundleError {
    BundleError::TooLarge {
        what: "holds more files than",
        max: limits.entries_max,
        setting: "policy.bundle.entries_max",
    }
}

/// Makes paths relative and refuses those that leave the bundle or are there twice.
pub(super) fn normalise(entries: Vec<Entry>, limits: &Limits) -> Result<Vec<Entry>, BundleError> {
    if entries.len() as u64 > limits.entries_max {
        return Err(too_many(limits));
    }
    if entries.iter().map(|entry| entry.bytes.len() as u64).sum::<u64>() > limits.unpacked_bytes_max {
        return Err(BundleError::TooLarge {
            what: "unpacks to more bytes than",
            max: limits.unpacked_bytes_max,
            setting: "policy.bundle.unpacked_bytes_max",
        });
    }
    let mut seen = BTreeSet::new();
    let mut normal = Vec::with_capacity(entries.len());
    for Entry { path, bytes } in entries {
        let relative = relative(&path)?;
        if !seen.insert(relative.clone()) {
            return Err(BundleError::entry(&path, "the same name is there twice"));
        }
        normal.push(Entry { path: relative, bytes });
    }
    normal.sort_by(|a, b| a.path.cmp(&b.path));
    Ok(normal)
}

fn relative(path: &str) -> Result<String, BundleError> {
    let mut parts = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." => return Err(BundleError::entry(path, "the name leaves the bundle")),
            part if part.chars().any(|c| c.is_control() || c == '\\') => {
                return Err(BundleError::entry(
                    &path.escape_debug().to_string(),
                    "the name holds a character that no file should",
                ));
            }
            part => parts.push(part),
        }
    }
    match parts.is_empty() {
        true => Err(BundleError::entry(path, "a file needs a name")),
        false => Ok(parts.join("/")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_relative_and_stay_inside() {
        assert_eq!(relative("/a/./b.rego").unwrap(), "a/b.rego");
        for bad in ["../a", "a/../../b", "", "/", "a\\b", "a\nb", "a\0"] {
            assert!(relative(bad).is_err(), "{bad:?}");
        }
    }
}
