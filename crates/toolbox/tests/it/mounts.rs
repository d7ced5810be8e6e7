//! Mounted file systems: a full one, and one that lies in the workspace. Each scene plays in a mount namespace
//! of its own, in this binary started again.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use insta::assert_snapshot;
use libtest_mimic::{Failed, Trial};
use serde_json::json;
use toolbox::Config;

use crate::bench::{Bench, SECRET, is_root, names};

/// Names the scene to a process that is to play one.
pub const SCENE: &str = "TOOLBOX_TEST_SCENE";

const SCENES: &[(&str, fn())] =
    &[("a_full_disk_changes_nothing", full_disk), ("a_mount_inside_is_not_entered", mount_inside)];

pub fn trials() -> Vec<Trial> {
    SCENES
        .iter()
        .map(|(name, _)| Trial::test(format!("{}::{name}", module_path!()), || start(name)))
        .collect()
}

pub fn play(scene: &OsStr) {
    let (_, play) = SCENES.iter().find(|(name, _)| scene == *name).expect("a scene of that name");
    play();
}

fn start(scene: &str) -> Result<(), Failed> {
    let mut command = Command::new("unshare");
    command.args(["--mount", "--propagation", "private"]);
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    let output = command.arg("--").arg(std::env::current_exe()?).env(SCENE, scene).output()?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!(
        "{}{}\nThis test mounts file systems: it needs `unshare` (util-linux) and either root or user namespaces \
         (on Ubuntu: sysctl kernel.apparmor_restrict_unprivileged_userns=0).",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .into())
}

fn mount(arguments: &[&str]) {
    let status = Command::new("mount").args(arguments).status().unwrap();
    assert!(status.success(), "mount {arguments:?}");
}

/// Lazily: the toolbox holds the folder open.
fn unmount(path: &Path) {
    assert!(Command::new("umount").arg("--lazy").arg(path).status().unwrap().success());
}

fn full_disk() {
    let area = tempfile::tempdir().unwrap();
    let workspace = area.path().canonicalize().unwrap();
    mount(&["-t", "tmpfs", "-o", "size=256k", "tmpfs", workspace.to_str().unwrap()]);
    let outside = workspace.clone();
    let bench = Bench::over(area, workspace, outside, Config::default());
    bench.text("write_file", json!({"path": "a.txt", "content": "small\n"}));
    let large = "x".repeat(1 << 20);

    assert_snapshot!(
        bench.error("write_file", json!({"path": "a.txt", "content": &large})),
        @"a.txt: the disk is full (or over quota). Nothing was changed; free some space and try again."
    );
    assert_snapshot!(
        bench.error("edit_file", json!({"path": "a.txt", "old_text": "small", "new_text": &large})),
        @"a.txt: the disk is full (or over quota). Nothing was changed; free some space and try again."
    );
    bench.error("write_file", json!({"path": "new/b.txt", "content": &large}));
    assert_eq!(bench.content("a.txt"), "small\n");
    assert_eq!(names(&bench.workspace), ["a.txt", "new"]);
    assert_eq!(names(&bench.path("new")), Vec::<String>::new());
    // And there is room again for what fits.
    bench.text("write_file", json!({"path": "a.txt", "content": "other\n"}));
    unmount(&bench.workspace);
}

fn mount_inside() {
    let bench = Bench::new();
    fs::create_dir(bench.path("mnt")).unwrap();
    bench.file("one-file", "");
    bench.file("a.txt", "a");
    let (outside, secret) = (bench.outside.clone(), bench.outside.join("secret.txt"));
    let at = |path: &str| bench.path(path).to_str().unwrap().to_owned();
    mount(&["--bind", outside.to_str().unwrap(), &at("mnt")]);
    mount(&["--bind", secret.to_str().unwrap(), &at("one-file")]);

    for (tool, arguments) in [
        ("read_file", json!({"path": "mnt/secret.txt"})),
        ("read_file", json!({"path": "one-file"})),
        ("list_directory", json!({"path": "mnt"})),
        ("write_file", json!({"path": "mnt/new.txt", "content": ""})),
        ("write_file", json!({"path": "one-file", "content": ""})),
        ("edit_file", json!({"path": "one-file", "old_text": "do", "new_text": ""})),
        ("delete_path", json!({"path": "mnt", "recursive": true})),
        ("delete_path", json!({"path": "mnt/secret.txt"})),
        ("delete_path", json!({"path": "one-file"})),
    ] {
        let error = bench.error(tool, arguments);
        assert!(!error.contains(SECRET), "{tool}: {error}");
    }
    assert_snapshot!(
        bench.error("read_file", json!({"path": "mnt/secret.txt"})),
        @"mnt/secret.txt leads out of the workspace, through a symbolic link or a mounted file system, and is not followed."
    );
    let listing = bench.text("list_directory", json!({"depth": 3}));
    assert!(
        !listing.contains("secret") && listing.contains("1 folder that could not be opened"),
        "{listing}"
    );
    let found = bench.text("search_files", json!({"pattern": "aloud"}));
    assert!(found.contains("No matches in 1 file."), "{found}");
    bench.assert_outside_untouched();

    unmount(&bench.path("mnt"));
    unmount(&bench.path("one-file"));
}
