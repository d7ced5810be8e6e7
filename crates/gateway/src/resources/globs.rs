//! File name patterns of the shell, expanded as the shell will.
//!
//! The files can change before the command runs. What a pattern matches is used to see secrets and paths; that a
//! call may touch the workspace at all does not hang on it.

use std::path::PathBuf;

use globset::GlobBuilder;

/// Names a pattern may match; more are not listed.
const MATCHES_MAX: usize = 200;
/// Entries of a folder that are looked at.
const ENTRIES_MAX: usize = 10_000;

/// What the pattern matches, `folder/*.rs` in the folders it may be relative to. The pattern itself when nothing does,
/// like the shell; `None` when it cannot be told.
pub(super) fn expand(text: &str, pattern: &str, bases: &[PathBuf]) -> Option<Vec<String>> {
    let (folder, name) = match pattern.rsplit_once('/') {
        Some((folder, name)) => (format!("{folder}/"), name),
        None => (String::new(), pattern),
    };
    // Only the last part may be a pattern, and of the plain kind.
    if folder.contains(['*', '?', '[', '\\']) || folder.starts_with('~') || name.contains("[:") {
        return None;
    }
    let matcher = GlobBuilder::new(name).backslash_escape(true).build().ok()?.compile_matcher();
    let mut found = Vec::new();
    for base in bases {
        let Ok(entries) = std::fs::read_dir(base.join(&folder)) else { continue };
        for (count, entry) in entries.enumerate() {
            let file = entry.ok()?.file_name().into_string().ok()?;
            if count >= ENTRIES_MAX || found.len() >= MATCHES_MAX {
                return None;
            }
            let hidden = file.starts_with('.') && !name.starts_with('.');
            if !hidden && matcher.is_match(&file) {
                found.push(format!("{folder}{file}"));
            }
        }
    }
    if found.is_empty() {
        return Some(vec![text.to_owned()]);
    }
    found.sort();
    found.dedup();
    Some(found)
}
