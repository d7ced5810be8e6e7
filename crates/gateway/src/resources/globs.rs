//! File name patterns of the shell, expanded as the shell will.
//!
//! The files can change before the command runs. What a pattern matches is used to see secrets and paths; that a
//! call may touch the workspace at all does not hang on it.

use globset::GlobBuilder;

use super::paths::Paths;

/// Names a pattern may match; more are not listed.
const MATCHES_MAX: usize = 200;
/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 10_000;
/// What it costs to make a pattern ready, in looks at the file system.
const COMPILE_LOOKS: usize = 100;

/// What the pattern matches, `folder/*.rs` in the folders it may be relative to. The pattern itself when nothing does,
/// like the shell; `None` when it cannot be told.
pub(super) fn expand(text: &str, pattern: &str, paths: &mut Paths) -> Option<Vec<String>> {
    let (folder, name) = match pattern.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), pattern),
    };
    // Only the last part may be a pattern, and of the plain kind.
    if folder.contains(['*', '?', '[', '\\']) || folder.starts_with('~') || name.contains("[:") {
        return None;
    }
    if !paths.look(COMPILE_LOOKS) {
        return None;
    }
    let matcher = GlobBuilder::new(name).backslash_escape(true).build().ok()?.compile_matcher();
    let mut found = Vec::new();
    let mut any_folder = false;
    for base in paths.bases().to_vec() {
        // A folder that an earlier command is to make: what will be in it?
        if !base.is_dir() {
            return None;
        }
        let Ok(entries) = std::fs::read_dir(paths.lead(&base, &folder)?) else { continue };
        any_folder = true;
        for (count, entry) in entries.enumerate() {
            let file = entry.ok()?.file_name().into_string().ok()?;
            if count >= ENTRIES_MAX || found.len() >= MATCHES_MAX || !paths.look(1) {
                return None;
            }
            let hidden = file.starts_with('.') && !name.starts_with('.');
            if !hidden && matcher.is_match(&file) {
                found.push(format!("{folder}{file}"));
            }
        }
    }
    if found.is_empty() {
        // An earlier command may put a hidden file there, or the folder itself.
        return (any_folder && !name.starts_with('.')).then(|| vec![text.to_owned()]);
    }
    found.sort();
    found.dedup();
    Some(found)
}
