//! The workspace that the tour walks through: a small real project with one mistake in it.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::Path;
use std::process::{Command, Stdio};

/// First line of the README; the guide changes nothing in a folder whose README begins otherwise.
pub(super) const TITLE: &str = "# Tide table (Bailiwick sample project)";

const README: &str = "\
# Tide table (Bailiwick sample project)

`table.txt` is the table that hangs at a small harbour; lines that begin with # are not printed. The test compares it
with the one the harbour master has checked: `sh tests/run.sh`.

This folder was made for the tour of the scripted guide `demo`. Everything in it may be changed or thrown away.
";

const AGENTS: &str = "\
# For agents

- Run the test after every change.
- Heights are whole centimetres; do not introduce fractions.
";

const TABLE: &str = "\
# TODO: the gauge measures centimetres.
Tides, heights in mm
00:20  412
06:31  88
12:44  431
18:57  79
";

const EXPECTED: &str = "\
Tides, heights in cm
00:20  412
06:31  88
12:44  431
18:57  79
";

const TEST: &str = "\
#!/bin/sh
# Compares the table with the one the harbour master has checked.
cd \"$(dirname \"$0\")/..\" || exit 1
grep -v '^#' table.txt | diff - tests/expected.txt && echo 'PASS'
";

const ENV: &str = "\
# Not a real secret: made for the tour, which shows that agents cannot read such files.
HARBOUR_API_KEY=sample-not-a-real-key
";

const FILES: [(&str, &str); 8] = [
    ("README.md", README),
    ("AGENTS.md", AGENTS),
    ("table.txt", TABLE),
    ("tests/expected.txt", EXPECTED),
    ("tests/run.sh", TEST),
    (".env", ENV),
    (".gitignore", ".env\nbuild/\n"),
    ("build/last-year.txt", "Tides, heights in cm\n00:20  409\n06:31  85\n"),
];

/// Creates the sample project in `dir`, which is made when it is missing and must be empty otherwise. A Git
/// repository as well, when there is `git`.
pub fn create_sample_workspace(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    if fs::read_dir(dir)?.next().is_some() {
        return Err(io::Error::new(
            ErrorKind::DirectoryNotEmpty,
            format!("{} is not empty; the sample project wants an empty folder", dir.display()),
        ));
    }
    for (name, text) in FILES {
        let path = dir.join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    make_repository(dir)
}

/// First commit of everything. Only a missing `git` is no error.
fn make_repository(dir: &Path) -> io::Result<()> {
    let steps: [&[&str]; 3] = [
        &["init", "--quiet", "--initial-branch=main"],
        &["add", "--all"],
        &["commit", "--quiet", "--no-gpg-sign", "--message=Begin the tide table"],
    ];
    for step in steps {
        let output = Command::new("git")
            .args(["-c", "user.name=Bailiwick sample", "-c", "user.email=sample@localhost"])
            // The person's hooks and templates have no business in the sample.
            .args(["-c", "core.hooksPath=/dev/null", "-c", "init.templateDir="])
            .args(step)
            .current_dir(dir)
            // A repository around us, as in a Git hook, must not be taken for this one.
            .env_remove("GIT_DIR")
            .env_remove("GIT_WORK_TREE")
            .env_remove("GIT_INDEX_FILE")
            .stdin(Stdio::null())
            .output();
        match output {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
            Ok(output) if !output.status.success() => {
                let said = String::from_utf8_lossy(&output.stderr);
                return Err(io::Error::other(format!("`git {}` failed: {}", step.join(" "), said.trim())));
            }
            Ok(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_script(dir: &Path) -> (bool, String) {
        let output = Command::new("sh").arg("tests/run.sh").current_dir(dir).output().expect("sh");
        (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
    }

    #[test]
    fn the_project_is_real_and_its_mistake_can_be_mended() {
        let folder = tempfile::tempdir().expect("folder");
        let dir = folder.path().join("sample");
        create_sample_workspace(&dir).expect("sample");
        assert!(README.starts_with(TITLE));
        let (passed, said) = test_script(&dir);
        assert!(!passed && said.contains("< Tides, heights in mm"), "{said}");

        let (before, after) = super::super::tour::MENDING;
        assert_eq!(TABLE.matches(before).count(), 1);
        fs::write(dir.join("table.txt"), TABLE.replace(before, after)).expect("write");
        let (passed, said) = test_script(&dir);
        assert!(passed && said == "PASS\n", "{said}");
    }

    #[test]
    fn the_first_commit_leaves_the_secret_out() {
        let folder = tempfile::tempdir().expect("folder");
        create_sample_workspace(folder.path()).expect("sample");
        let output = Command::new("git").arg("ls-files").current_dir(folder.path()).output().expect("git");
        let files = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(files.contains("table.txt") && !files.contains(".env\n"), "{files}");
    }

    #[test]
    fn a_folder_with_something_in_it_is_left_alone() {
        let folder = tempfile::tempdir().expect("folder");
        fs::write(folder.path().join("mine.txt"), "mine").expect("write");
        let error = create_sample_workspace(folder.path()).expect_err("not empty");
        assert_eq!(error.kind(), ErrorKind::DirectoryNotEmpty);
        assert_eq!(fs::read_dir(folder.path()).expect("list").count(), 1);
    }
}
