//! Paths, made relative to the workspace with links followed as far as they lead.

use std::ffi::OsString;
use std::path::{Component, Path, PathBuf};

use policy::PathFact;

/// Links followed in one path; the kernel stops at 40 too.
const LINKS_MAX: u32 = 40;
/// Paths listed of one call; a call that names more is opaque.
pub(super) const PATHS_MAX: usize = 1_000;
/// Folders that relative paths may start in; a call that may be in more is opaque.
const BASES_MAX: usize = 16;
/// Looks at the file system for one call, a part of a path or an entry of a folder each; a call that would need more
/// is opaque. Links inside of links would otherwise take minutes to follow.
const LOOKS_MAX: usize = 100_000;

/// The paths of a call, and the folders they may be relative to.
#[derive(Debug)]
pub(super) struct Paths {
    root: PathBuf,
    /// Where relative paths may start: the working folder, and every folder that a command may have changed to.
    bases: Vec<PathBuf>,
    pub(super) facts: Vec<PathFact>,
    /// More paths than can be listed or followed.
    pub(super) overflow: bool,
    looks_left: usize,
}

impl Paths {
    pub(super) fn new(root: &Path) -> Self {
        Self {
            root: root.into(),
            bases: vec![root.into()],
            facts: Vec::new(),
            overflow: false,
            looks_left: LOOKS_MAX,
        }
    }

    /// The working folder of the call: from now on relative paths start there.
    pub(super) fn enter(&mut self, given: &str) {
        self.add(given, "read");
        let folder = follow(&self.root, given, &mut self.looks_left);
        self.bases = vec![folder.unwrap_or_else(|| self.root.clone())];
    }

    /// A command may change to this folder: later paths may start there as well.
    pub(super) fn may_enter(&mut self, given: &str) {
        for base in self.bases.clone() {
            match follow(&base, given, &mut self.looks_left) {
                Some(folder) if self.bases.contains(&folder) => {}
                Some(folder) if self.bases.len() < BASES_MAX => self.bases.push(folder),
                Some(_) => self.overflow = true,
                None => {}
            }
        }
    }

    /// Where a path leads from one of the folders; `None` when it cannot be told.
    pub(super) fn lead(&mut self, base: &Path, given: &str) -> Option<PathBuf> {
        follow(base, given, &mut self.looks_left)
    }

    /// Takes what a search in folders needs from the looks that are left; false when there are not enough.
    pub(super) fn look(&mut self, times: usize) -> bool {
        let left = self.looks_left.checked_sub(times);
        self.looks_left = left.unwrap_or_default();
        self.overflow |= left.is_none();
        left.is_some()
    }

    pub(super) fn add(&mut self, given: &str, access: &str) {
        let mut insides: Vec<Option<String>> = Vec::new();
        let mut looks_left = self.looks_left;
        for base in &self.bases {
            let inside = follow(base, given, &mut looks_left).and_then(|path| self.inside(&path));
            if !insides.contains(&inside) {
                insides.push(inside);
            }
        }
        let looks = (self.looks_left - looks_left).max(1);
        if !self.look(looks) || self.looks_left == 0 {
            self.overflow = true;
            return;
        }
        for inside in insides {
            let fact = PathFact { given: given.to_owned(), inside, access: access.to_owned() };
            if self.facts.contains(&fact) {
                continue;
            }
            if self.facts.len() == PATHS_MAX {
                self.overflow = true;
                return;
            }
            self.facts.push(fact);
        }
    }

    /// What a word of a command may name: the word, or a part of it behind `=`, `:` or `,`.
    pub(super) fn add_word(&mut self, word: &str) {
        if word.contains("://") || word.len() > 4096 || self.overflow {
            return;
        }
        let option_value = word.strip_prefix('-').and_then(|option| {
            // `-I/usr/include`, `-o./x`: the value follows the letter at once.
            let letters = option.find(|c: char| !c.is_ascii_alphanumeric() && c != '-')?;
            matches!(option.as_bytes()[letters], b'/' | b'.' | b'~').then(|| &option[letters..])
        });
        let whole = (!word.starts_with('-')).then_some(word);
        let parts = word.split(['=', ':', ',']).skip(usize::from(word.starts_with('-')));
        let parts = parts.filter(|part| Some(*part) != whole);
        let candidates: Vec<&str> = whole.into_iter().chain(option_value).chain(parts).collect();
        for candidate in candidates {
            let candidate = candidate.strip_prefix('@').unwrap_or(candidate);
            if !self.look(self.bases.len()) {
                return;
            }
            if self.looks_like_path(candidate) {
                self.add(candidate, "unknown");
            }
        }
    }

    /// A slash, a dot or tilde in front, or the name of something that exists.
    fn looks_like_path(&self, text: &str) -> bool {
        if text.is_empty() {
            return false;
        }
        if let Some(absolute) = text.strip_prefix('/') {
            // `/^foo/` and `/api/v1` are patterns and routes as long as no such folder exists.
            let top = absolute.split('/').find(|part| !part.is_empty());
            return top.is_none_or(|top| {
                matches!(top, "." | "..") || Path::new("/").join(top).symlink_metadata().is_ok()
            });
        }
        text.contains('/')
            || text.starts_with(['.', '~'])
            || self.bases.iter().any(|base| base.join(text).symlink_metadata().is_ok())
    }

    /// Folders that a relative path may start in.
    pub(super) fn bases(&self) -> &[PathBuf] {
        &self.bases
    }

    fn inside(&self, path: &Path) -> Option<String> {
        let inside = path.strip_prefix(&self.root).ok()?;
        match inside.to_str()? {
            "" => Some(".".into()),
            text => Some(text.into()),
        }
    }
}

/// Where a path leads from a folder that is free of links. `None` when it cannot be told: the home of someone, too
/// many links, a NUL, or no looks are left.
fn follow(base: &Path, given: &str, looks_left: &mut usize) -> Option<PathBuf> {
    let given = given.strip_prefix("file://").unwrap_or(given);
    if given.starts_with('~') || given.contains('\0') {
        return None;
    }
    let mut at = base.to_path_buf();
    // Parts still to be walked, the next one last.
    let mut left: Vec<OsString> = Vec::new();
    let push = |left: &mut Vec<OsString>, path: &Path| {
        left.extend(path.components().rev().map(|part| part.as_os_str().to_owned()));
    };
    push(&mut left, Path::new(given));
    let mut links = 0;
    while let Some(part) = left.pop() {
        *looks_left = looks_left.checked_sub(1)?;
        match Path::new(&part).components().next() {
            Some(Component::RootDir) => at = PathBuf::from("/"),
            Some(Component::ParentDir) => {
                at.pop();
            }
            Some(Component::Normal(name)) => {
                at.push(name);
                if let Ok(target) = at.read_link() {
                    links += 1;
                    if links > LINKS_MAX {
                        return None;
                    }
                    at.pop();
                    push(&mut left, &target);
                }
            }
            Some(Component::CurDir | Component::Prefix(_)) | None => {}
        }
    }
    Some(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn workspace() -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().canonicalize().unwrap().join("w");
        std::fs::create_dir_all(root.join("src")).unwrap();
        std::fs::write(root.join("src/a.rs"), "").unwrap();
        std::fs::create_dir(root.parent().unwrap().join("other")).unwrap();
        let link = |to: &str, from: &str| std::os::unix::fs::symlink(to, root.join(from)).unwrap();
        link("src", "code");
        link("../other", "out");
        link("/etc", "etc");
        link("loop", "loop");
        link("a.rs", "src/b.rs");
        (folder, root)
    }

    fn inside(root: &Path, given: &str) -> Option<String> {
        let mut paths = Paths::new(root);
        paths.add(given, "read");
        paths.facts[0].inside.clone()
    }

    #[test]
    fn paths_are_relative_to_the_workspace() {
        let (_folder, root) = workspace();
        let whole = root.join("src/a.rs");
        for (given, expected) in [
            ("src/a.rs", "src/a.rs"),
            ("./src//a.rs", "src/a.rs"),
            ("src/../src/a.rs", "src/a.rs"),
            (".", "."),
            ("", "."),
            ("./", "."),
            ("src/..", "."),
            ("code/a.rs", "src/a.rs"),
            ("code/b.rs", "src/a.rs"),
            ("new/deep/file", "new/deep/file"),
            ("code/new", "src/new"),
            ("...", "..."),
            (whole.to_str().unwrap(), "src/a.rs"),
        ] {
            assert_eq!(inside(&root, given).as_deref(), Some(expected), "{given}");
        }
    }

    #[test]
    fn escapes_are_seen() {
        let (_folder, root) = workspace();
        let sibling = format!("{}x/file", root.display());
        for given in [
            "..",
            "../",
            "../w2",
            "src/../..",
            "src/../../other",
            "/",
            "/etc/passwd",
            "//etc/passwd",
            "out",
            "out/x",
            "out/../../x",
            "etc/passwd",
            "code/../../other",
            "new/../../x",
            "~",
            "~/x",
            "~root/x",
            "loop",
            "loop/x",
            "a\0b",
            "file:///etc/passwd",
            "/proc/self/root/etc",
            &sibling,
        ] {
            assert_eq!(inside(&root, given), None, "{given}");
        }
    }

    #[test]
    fn a_link_is_left_through_where_it_leads() {
        let (_folder, root) = workspace();
        // `..` behind a link is the parent of its target, not of the link.
        assert_eq!(inside(&root, "out/../w/src").as_deref(), Some("src"));
    }

    #[test]
    fn relative_paths_start_in_every_folder_a_command_may_be_in() {
        let (_folder, root) = workspace();
        let mut paths = Paths::new(&root);
        paths.may_enter("src");
        paths.add("../x", "unknown");
        let insides: Vec<_> = paths.facts.iter().map(|fact| fact.inside.as_deref()).collect();
        assert_eq!(insides, [None, Some("x")]);
    }

    #[test]
    fn words_that_name_paths() {
        let (_folder, root) = workspace();
        for (word, expected) in [
            ("src", &["src"][..]),
            ("nothing", &[]),
            ("--file=src/a.rs", &["src/a.rs"]),
            ("-I/usr/include", &["/usr/include"]),
            ("-rf", &[]),
            ("@./x", &["./x"]),
            ("/^foo/", &[]),
            ("/api/v1/users", &[]),
            ("/etc:/mnt", &["/etc", "/mnt"]),
            ("https://example.com/etc", &[]),
            ("if=/dev/zero", &["if=/dev/zero", "/dev/zero"]),
            (".env", &[".env"]),
            ("~", &["~"]),
        ] {
            let mut paths = Paths::new(&root);
            paths.add_word(word);
            let given: Vec<&str> = paths.facts.iter().map(|fact| fact.given.as_str()).collect();
            assert_eq!(given, expected, "{word}");
        }
    }
}
