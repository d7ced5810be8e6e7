//! Paths as callers write them, made relative to the workspace without asking the file system.

use std::fmt;
use std::path::{Component, Path};

use crate::error::ToolError;

/// Longest path the kernel takes, with its closing NUL.
const PATH_BYTES_MAX: usize = 4096;

/// A path relative to the workspace: no `..`, no `.`, no empty part, no NUL; empty for the workspace itself.
/// It may still lead anywhere through links: only [`crate::root::Root`] opens it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelPath {
    text: String,
    /// Written with a slash at the end: whatever it names has to be a folder.
    folder: bool,
}

impl RelPath {
    /// Takes what a caller wrote. Absolute paths are taken when they begin with the workspace's own.
    ///
    /// `..` is refused even where it would stay inside: what `a/../b` names depends on whether `a` is a link,
    /// so the policy, which reads paths, and the kernel, which walks them, could mean different files.
    pub(crate) fn parse(given: &str, root: &Path) -> Result<Self, ToolError> {
        if given.is_empty() {
            return Err(ToolError::EmptyPath);
        }
        if given.contains('\0') {
            return Err(ToolError::NulInPath);
        }
        if given.len() >= PATH_BYTES_MAX {
            return Err(ToolError::LongPath(given.len()));
        }
        if given.split('/').any(|part| part == "..") {
            return Err(ToolError::DotDot(quoted(given)));
        }
        let path = Path::new(given);
        let inside = if path.is_absolute() {
            path.strip_prefix(root).map_err(|_| ToolError::Outside(quoted(given)))?
        } else {
            path
        };
        let parts: Vec<&str> = inside
            .components()
            .filter_map(|part| match part {
                Component::Normal(part) => part.to_str(),
                _ => None,
            })
            .collect();
        let folder = given.ends_with('/') || given.ends_with("/.");
        Ok(Self { text: parts.join("/"), folder: folder && !parts.is_empty() })
    }

    /// The workspace itself.
    pub(crate) fn root() -> Self {
        Self { text: String::new(), folder: false }
    }

    pub(crate) fn is_root(&self) -> bool {
        self.text.is_empty()
    }

    pub(crate) fn must_be_folder(&self) -> bool {
        self.folder
    }

    /// For the kernel: `.` for the workspace.
    pub(crate) fn as_str(&self) -> &str {
        if self.is_root() { "." } else { &self.text }
    }

    /// Parts from the top, none for the workspace.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &str> {
        self.text.split('/').filter(|part| !part.is_empty())
    }

    /// The folder it lies in and its own name; `None` for the workspace.
    pub(crate) fn split(&self) -> Option<(RelPath, &str)> {
        let (parent, name) = match self.text.rsplit_once('/') {
            Some(split) => split,
            None if self.is_root() => return None,
            None => ("", self.text.as_str()),
        };
        Some((Self { text: parent.to_owned(), folder: false }, name))
    }

    /// An entry of this folder. `name` comes from the file system and is one part.
    pub(crate) fn join(&self, name: &str) -> Self {
        let text = if self.is_root() { name.to_owned() } else { format!("{}/{name}", self.text) };
        Self { text, folder: false }
    }
}

impl fmt::Display for RelPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// For error texts: what a caller wrote, short and without control characters.
fn quoted(given: &str) -> String {
    const CHARACTERS_MAX: usize = 200;
    let short: String = given.chars().take(CHARACTERS_MAX).collect();
    let cut = if short.len() < given.len() { "…" } else { "" };
    format!("{short:?}{cut}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn parse(given: &str) -> Result<RelPath, ToolError> {
        RelPath::parse(given, Path::new("/work/space"))
    }

    #[test]
    fn spellings_of_one_path_are_one_path() {
        for given in ["a/b", "./a/b", "a//b", "a/./b", "/work/space/a/b", "/work/space//a/b"] {
            assert_eq!(parse(given).unwrap().as_str(), "a/b", "{given}");
        }
        for given in [".", "./", "/work/space", "/work/space/", "./."] {
            assert!(parse(given).unwrap().is_root(), "{given}");
        }
    }

    #[test]
    fn a_slash_at_the_end_asks_for_a_folder() {
        assert!(parse("a/").unwrap().must_be_folder());
        assert!(parse("a/.").unwrap().must_be_folder());
        assert!(!parse("a").unwrap().must_be_folder());
    }

    #[test]
    fn what_is_outside_is_refused_before_anything_is_opened() {
        for given in ["", "..", "a/..", "../space/a", "/etc/passwd", "/work/spaceship", "/", "a\0b"] {
            assert!(parse(given).is_err(), "{given:?}");
        }
        assert!(matches!(parse(&"a/".repeat(3000)), Err(ToolError::LongPath(6000))));
    }

    proptest! {
        #[test]
        fn whatever_is_taken_is_relative_and_without_dots(given in "[a./\\-~\u{e9} ]{0,40}") {
            if let Ok(path) = parse(&given) {
                prop_assert!(!path.as_str().starts_with('/'));
                prop_assert!(path.parts().all(|part| part != ".." && part != "."));
                let again = parse(path.as_str()).unwrap();
                prop_assert_eq!(again.as_str(), path.as_str());
            }
        }
    }
}
