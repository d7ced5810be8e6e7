//! Walking the workspace in a fixed order, with the rules of `.gitignore` and `.ignore`.
//!
//! The matcher is ripgrep's; the walk is our own, because every folder and every rule file has to be opened
//! through the [`Root`]: a walk by path names can be led out by a folder that turns into a link, and hangs on
//! a `.gitignore` that is a named pipe.

use std::ffi::CString;
use std::io::Read;
use std::os::fd::OwnedFd;
use std::sync::Arc;

use ignore::Match;
use ignore::gitignore::{Gitignore, GitignoreBuilder};
use rustix::fs::{AtFlags, Dir, FileType, Stat};

use crate::error::ToolError;
use crate::path::RelPath;
use crate::root::Root;
use crate::stop::Stop;

/// Entries of one folder that are looked at; the rest is left out, and said.
const FOLDER_ENTRIES_MAX: usize = 100_000;

/// Bytes of one rule file that are read.
const RULES_BYTES_MAX: u64 = 1 << 20;

/// What a walk comes by.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) path: RelPath,
    pub(crate) name: String,
    /// The name has bytes that are not UTF-8, so no tool can be given it.
    pub(crate) name_is_lossy: bool,
    pub(crate) kind: FileType,
    pub(crate) stat: Stat,
    /// For a symbolic link, what it holds.
    pub(crate) link_target: Option<String>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    /// Folders below the first that are entered.
    pub(crate) depth_max: usize,
    /// Show what ignore rules hide, and `.git` folders.
    pub(crate) include_ignored: bool,
}

/// What a walk left out.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Omitted {
    /// Folders that could not be opened, or had more entries than are looked at.
    pub(crate) folders: u64,
}

/// Depth first, each folder's entries sorted by name, links never followed. `visit` returns false to end the
/// walk.
pub(crate) fn walk(
    root: &Root,
    start: &RelPath,
    options: Options,
    stop: &Stop,
    mut visit: impl FnMut(&Found) -> Result<bool, ToolError>,
) -> Result<Omitted, ToolError> {
    let mut omitted = Omitted::default();
    let first = root.open_folder(start)?;
    let rules = if options.include_ignored { Rules::default() } else { Rules::above(root, start) };
    let mut waiting = vec![list(root, first, start, 0, rules, options, &mut omitted)?];

    while let Some(level) = waiting.last_mut() {
        stop.check()?;
        let Some(found) = level.entries.next() else {
            waiting.pop();
            continue;
        };
        let (depth, rules) = (level.depth, level.rules.clone());
        if !visit(&found)? {
            break;
        }
        if found.kind == FileType::Directory && depth < options.depth_max && !found.name_is_lossy {
            match root.open_folder_itself(&found.path) {
                Ok(handle) => {
                    let level = list(root, handle, &found.path, depth + 1, rules, options, &mut omitted)?;
                    waiting.push(level);
                }
                // Not readable, another mount, or gone since it was listed.
                Err(_) => omitted.folders += 1,
            }
        }
    }
    Ok(omitted)
}

struct Level {
    entries: std::vec::IntoIter<Found>,
    rules: Rules,
    depth: usize,
}

fn list(
    root: &Root,
    handle: OwnedFd,
    path: &RelPath,
    depth: usize,
    rules: Rules,
    options: Options,
    omitted: &mut Omitted,
) -> Result<Level, ToolError> {
    let at = |errno: rustix::io::Errno| ToolError::at(path, errno);
    let rules = if options.include_ignored { rules } else { rules.with_those_of(root, path) };
    let mut names: Vec<CString> = Vec::new();
    for entry in Dir::read_from(&handle).map_err(at)? {
        let name = entry.map_err(at)?.file_name().to_owned();
        if name.as_c_str() == c"." || name.as_c_str() == c".." {
            continue;
        }
        if names.len() == FOLDER_ENTRIES_MAX {
            omitted.folders += 1;
            break;
        }
        names.push(name);
    }
    names.sort();

    let entries: Vec<Found> = names
        .into_iter()
        .filter_map(|raw| {
            // Gone since it was listed: as if it had never been there.
            let stat = rustix::fs::statat(&handle, &raw, AtFlags::SYMLINK_NOFOLLOW).ok()?;
            let kind = FileType::from_raw_mode(stat.st_mode);
            let name = raw.to_string_lossy().into_owned();
            let inside = path.join(&name);
            if !options.include_ignored && rules.hide(&inside, &name, kind == FileType::Directory) {
                return None;
            }
            let link_target = (kind == FileType::Symlink)
                .then(|| rustix::fs::readlinkat(&handle, &raw, Vec::new()).ok())
                .flatten()
                .map(|target| target.to_string_lossy().into_owned());
            let name_is_lossy = raw.to_str().is_err();
            Some(Found { path: inside, name, name_is_lossy, kind, stat, link_target })
        })
        .collect();
    Ok(Level { entries: entries.into_iter(), rules, depth })
}

/// Rules of a folder and of all above it, the nearest last.
#[derive(Clone, Default)]
struct Rules(Vec<Arc<Gitignore>>);

impl Rules {
    /// Of the folders above `start`, and of `.git/info/exclude`.
    fn above(root: &Root, start: &RelPath) -> Self {
        let top = RelPath::root();
        let mut rules = Self::default();
        rules.add(root, &top, &[top.join(".git").join("info").join("exclude")]);
        let mut folder = top;
        for part in start.parts() {
            rules = rules.with_those_of(root, &folder);
            folder = folder.join(part);
        }
        rules
    }

    fn with_those_of(mut self, root: &Root, folder: &RelPath) -> Self {
        self.add(root, folder, &[folder.join(".gitignore"), folder.join(".ignore")]);
        self
    }

    fn add(&mut self, root: &Root, folder: &RelPath, files: &[RelPath]) {
        let mut builder = GitignoreBuilder::new(if folder.is_root() { "" } else { folder.as_str() });
        let mut any = false;
        for file in files {
            let Some(text) = read_rules(root, file) else { continue };
            for line in text.lines() {
                // A line that is no valid glob is skipped, as Git does.
                any |= builder.add_line(None, line).is_ok();
            }
        }
        if any && let Ok(rules) = builder.build() {
            self.0.push(Arc::new(rules));
        }
    }

    fn hide(&self, path: &RelPath, name: &str, is_folder: bool) -> bool {
        if name == ".git" {
            return true;
        }
        for rules in self.0.iter().rev() {
            match rules.matched(path.as_str(), is_folder) {
                Match::Ignore(_) => return true,
                Match::Whitelist(_) => return false,
                Match::None => {}
            }
        }
        false
    }
}

/// Text of a rule file that is there and readable; hard-linked ones are not read.
fn read_rules(root: &Root, path: &RelPath) -> Option<String> {
    let (file, _) = root.open_file(path, &[]).ok()?;
    let mut bytes = Vec::new();
    file.take(RULES_BYTES_MAX).read_to_end(&mut bytes).ok()?;
    Some(String::from_utf8_lossy(&bytes).into_owned())
}
