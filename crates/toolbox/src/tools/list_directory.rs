//! `list_directory`: what is in a folder, or in a tree of them.

use domain::Timestamp;
use domain::tool::{Tool, ToolOutcome};
use rustix::fs::{FileType, Stat};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Inner;
use crate::error::ToolError;
use crate::path::RelPath;
use crate::reply::{count, reply};
use crate::schema::{Effects, describe};
use crate::stop::Stop;
use crate::walk::{Found, Options, walk};

pub(super) const NAME: &str = "list_directory";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Folder to list, relative to the workspace; "." is the workspace itself.
    #[serde(default = "here")]
    #[schemars(length(min = 1))]
    path: String,
    /// Levels to list: 1 for the folder itself, 2 for its folders too, and so on.
    #[serde(default = "one")]
    #[schemars(range(min = 1, max = 32))]
    depth: usize,
    /// Also list what .gitignore and .ignore leave out, and .git folders. Default: true for depth 1, else false.
    include_ignored: Option<bool>,
}

pub(super) fn here() -> String {
    ".".into()
}

fn one() -> usize {
    1
}

#[derive(Debug, Serialize, JsonSchema)]
struct Listing {
    path: String,
    entries: Vec<Entry>,
    /// There are more entries than listed.
    truncated: bool,
    /// Folders that could not be opened or had too many entries.
    folders_omitted: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Entry {
    /// Relative to the workspace.
    path: String,
    name: String,
    kind: Kind,
    /// Of files only.
    #[serde(skip_serializing_if = "Option::is_none")]
    size_bytes: Option<u64>,
    /// RFC 3339, UTC.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>")]
    modified_at: Option<Timestamp>,
    /// What a symbolic link points to, as it is stored.
    #[serde(skip_serializing_if = "Option::is_none")]
    link_target: Option<String>,
    /// The name is not valid UTF-8 and shown with replacement characters; only run_command can reach it.
    name_is_lossy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    File,
    Directory,
    Symlink,
    Other,
}

pub(super) fn tool() -> Tool {
    describe::<Arguments, Listing>(
        NAME,
        "List a folder",
        "Lists a folder of the workspace: names, kinds and sizes, sorted by name. With depth, the folders in it \
         too; then .gitignore rules apply unless include_ignored is set. Symbolic links are shown, not followed.",
        Effects::READS,
    )
}

pub(super) fn run(inner: &Inner, arguments: Arguments, stop: &Stop) -> Result<ToolOutcome, ToolError> {
    let path = RelPath::parse(&arguments.path, inner.root.path())?;
    let options = Options {
        depth_max: arguments.depth - 1,
        include_ignored: arguments.include_ignored.unwrap_or(arguments.depth == 1),
    };
    let limit = inner.config.entries_max;
    let mut entries = Vec::new();
    let mut truncated = false;
    let omitted = walk(&inner.root, &path, options, stop, |found| {
        if entries.len() == limit {
            truncated = true;
            return Ok(false);
        }
        entries.push(entry(found));
        Ok(true)
    })?;
    let listing = Listing { path: path.to_string(), entries, truncated, folders_omitted: omitted.folders };
    reply(render(&listing, &path, limit), &listing)
}

fn entry(found: &Found) -> Entry {
    let kind = match found.kind {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Directory,
        FileType::Symlink => Kind::Symlink,
        _ => Kind::Other,
    };
    Entry {
        path: found.path.to_string(),
        name: found.name.clone(),
        kind,
        size_bytes: (kind == Kind::File).then(|| u64::try_from(found.stat.st_size).unwrap_or_default()),
        modified_at: modified_at(&found.stat),
        link_target: found.link_target.clone(),
        name_is_lossy: found.name_is_lossy,
    }
}

#[allow(clippy::useless_conversion, reason = "width and sign of the fields differ between architectures")]
fn modified_at(stat: &Stat) -> Option<Timestamp> {
    Timestamp::from_timestamp(stat.st_mtime.try_into().ok()?, stat.st_mtime_nsec.try_into().ok()?)
}

/// One line an entry, paths relative to the folder that was listed.
fn render(listing: &Listing, folder: &RelPath, limit: usize) -> String {
    let prefix = if folder.is_root() { String::new() } else { format!("{folder}/") };
    let mut text = String::new();
    for entry in &listing.entries {
        let name = entry.path.strip_prefix(&prefix).unwrap_or(&entry.path);
        let line = match (entry.kind, &entry.link_target) {
            (Kind::Directory, _) => format!("{name}/"),
            (Kind::Symlink, Some(target)) => format!("{name} -> {target}"),
            (Kind::File, _) => {
                format!("{name}  {}", count(entry.size_bytes.unwrap_or_default(), "byte"))
            }
            _ => format!("{name}  (neither file nor folder)"),
        };
        text.push_str(&line);
        text.push('\n');
    }
    if listing.entries.is_empty() {
        text.push_str("(nothing to list)\n");
    }
    if listing.truncated {
        text.push_str(&format!(
            "[There is more: only {limit} entries are listed (`entries_max` in [toolbox]). List a folder in it, or use search_files.]\n"
        ));
    }
    if listing.folders_omitted > 0 {
        text.push_str(&format!(
            "[Left out: {} that could not be opened, lie on another file system or hold too many entries.]\n",
            count(listing.folders_omitted, "folder")
        ));
    }
    text
}
