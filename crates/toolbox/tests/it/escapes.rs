//! Ways out of the workspace. Each is tried with every tool that takes a path; none may read, list, write or
//! delete anything in the folder outside.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use insta::assert_snapshot;
use rustix::fs::{CWD, RenameFlags};
use serde_json::{Value, json};
use toolbox::Config;

use crate::bench::{Bench, SECRET};

crate::trials![
    no_spelling_of_a_path_leads_out,
    the_errors_say_what_is_wrong,
    links_that_stay_inside_are_followed,
    a_folder_swapped_for_a_link_in_mid_flight_does_not_help,
    a_hard_link_gives_nothing_away,
];

/// A workspace full of doors.
fn with_doors() -> Bench {
    let bench = Bench::new();
    let outside = bench.outside.clone();
    fs::create_dir_all(bench.path("a/b")).unwrap();
    symlink(outside.join("secret.txt"), bench.path("file-link")).unwrap();
    symlink(&outside, bench.path("dir-link")).unwrap();
    symlink("../outside", bench.path("rel-link")).unwrap();
    symlink("chain-2", bench.path("chain-1")).unwrap();
    symlink("a/../chain-3", bench.path("chain-2")).unwrap();
    symlink("dir-link/secret.txt", bench.path("chain-3")).unwrap();
    symlink("loop", bench.path("loop")).unwrap();
    symlink("../..", bench.path("a/up")).unwrap();
    symlink("/proc/self/root", bench.path("proc-root")).unwrap();
    symlink("/proc/self/cwd", bench.path("proc-cwd")).unwrap();
    symlink("/proc/self/fd/0", bench.path("proc-fd")).unwrap();
    symlink("/", bench.path("slash")).unwrap();
    symlink(outside.join("new.txt"), bench.path("dangling")).unwrap();
    symlink("../outside/newdir", bench.path("dangling-dir")).unwrap();
    fs::hard_link(outside.join("secret.txt"), bench.path("hard.txt")).unwrap();
    bench
}

fn no_spelling_of_a_path_leads_out() {
    let workspace_marker = "{workspace}";
    let outside_marker = "{outside}";
    let ways = [
        "..",
        "../",
        "../outside",
        "../outside/secret.txt",
        "./.././outside/secret.txt",
        "a/../../outside/secret.txt",
        "a/b/../../../outside/secret.txt",
        "....//outside/secret.txt",
        r"..\outside\secret.txt",
        "%2e%2e/outside/secret.txt",
        "\u{ff0e}\u{ff0e}/outside/secret.txt",
        "..\u{200b}/outside/secret.txt",
        "{outside}",
        "{outside}/secret.txt",
        "/{outside}/secret.txt",
        "{workspace}/../outside/secret.txt",
        "{workspace}/./../outside",
        "{workspace}2",
        "file://{outside}/secret.txt",
        "~/secret.txt",
        "/",
        "//",
        "/etc/passwd",
        "/dev/../etc/passwd",
        "/proc/self/root{outside}/secret.txt",
        "/proc/self/cwd/../outside/secret.txt",
        "file-link",
        "file-link/",
        "dir-link",
        "dir-link/",
        "dir-link/.",
        "dir-link/secret.txt",
        "DIR-LINK/secret.txt",
        "rel-link/secret.txt",
        "a/up/outside/secret.txt",
        "chain-1",
        "loop",
        "loop/secret.txt",
        "proc-root{outside}/secret.txt",
        "proc-cwd/Cargo.toml",
        "proc-fd",
        "slash/etc/passwd",
        "slash{outside}/secret.txt",
        "hard.txt",
        "dangling",
        "dangling-dir/new.txt",
        "",
        "a\0/../../outside/secret.txt",
        "file-link\0.png",
    ];
    let long = "a/".repeat(4_000);
    for way in ways.iter().copied().chain([long.as_str()]) {
        let bench = with_doors();
        let path = way
            .replace(workspace_marker, bench.workspace.to_str().unwrap())
            .replace(outside_marker, bench.outside.to_str().unwrap());
        for (tool, arguments) in calls(&path) {
            let outcome = bench.call(tool, arguments);
            let all = serde_json::to_string(&outcome).unwrap();
            assert!(!all.contains(SECRET) && !all.contains("root:x:0"), "{tool} {way:?}: {all}");
            let reads = matches!(tool, "read_file" | "list_directory" | "search_files" | "run_command");
            assert!(!reads || outcome.is_error, "{tool} {way:?} was allowed: {all}");
            bench.assert_outside_untouched();
        }
    }
}

/// Reads first: what a write creates inside, under a funny name, may be read afterwards.
fn calls(path: &str) -> [(&'static str, Value); 8] {
    [
        ("read_file", json!({"path": path})),
        ("list_directory", json!({"path": path, "depth": 2})),
        ("search_files", json!({"path": path, "pattern": "read me|root:x:0"})),
        ("run_command", json!({"argv": ["ls"], "cwd": path})),
        ("edit_file", json!({"path": path, "old_text": "do not", "new_text": "please"})),
        ("write_file", json!({"path": path, "content": "written"})),
        ("write_file", json!({"path": format!("{path}/new/file"), "content": "written"})),
        ("delete_path", json!({"path": path, "recursive": true})),
    ]
}

fn the_errors_say_what_is_wrong() {
    let bench = with_doors();
    let read = |path: &str| bench.error("read_file", json!({"path": path}));
    assert_snapshot!(read("../outside/secret.txt"), @r#""../outside/secret.txt" holds `..`. Write the path from the workspace's root, without `..`; nothing outside the workspace can be reached."#);
    assert_snapshot!(read("/etc/passwd"), @r#""/etc/passwd" is outside the workspace. Write paths relative to the workspace's root."#);
    assert_snapshot!(read("file-link"), @"file-link leads out of the workspace, through a symbolic link or a mounted file system, and is not followed.");
    assert_snapshot!(read("chain-1"), @"chain-1 leads out of the workspace, through a symbolic link or a mounted file system, and is not followed.");
    assert_snapshot!(read("loop"), @"loop goes through a symbolic link that leads in a circle or is one of the kernel's own; it is not followed.");
    assert_snapshot!(read("hard.txt"), @"hard.txt has 2 hard links, and the others may lie outside the workspace, so it is not read. A copy of it can be; or a person adds the name of its folder to `hard_link_folders` in [toolbox].");
    assert_snapshot!(read("a\0b"), @"The path holds a NUL character, which no file name can.");
    assert_snapshot!(read(&"x".repeat(5_000)), @"The path is 5000 bytes long; no path may be longer than 4095.");
    assert_snapshot!(
        bench.error("write_file", json!({"path": "dangling-dir/new.txt", "content": ""})),
        @"dangling-dir leads out of the workspace, through a symbolic link or a mounted file system, and is not followed."
    );
}

fn links_that_stay_inside_are_followed() {
    let bench = Bench::new();
    bench.file("real/a.txt", "inside");
    symlink("real", bench.path("link")).unwrap();
    symlink("../real/a.txt", bench.path("real/b.txt")).unwrap();
    assert_eq!(bench.text("read_file", json!({"path": "link/a.txt"})), "inside");
    assert_eq!(bench.text("read_file", json!({"path": "link/b.txt"})), "inside");
    assert_eq!(bench.data("list_directory", json!({"path": "link"}))["entries"].as_array().unwrap().len(), 2);
    // The workspace's own path may stand before a path.
    let absolute = bench.path("real/a.txt");
    assert_eq!(bench.text("read_file", json!({"path": absolute})), "inside");
}

fn a_folder_swapped_for_a_link_in_mid_flight_does_not_help() {
    let bench = Bench::new();
    bench.file("door/secret.txt", "inside");
    symlink(&bench.outside, bench.path("twin")).unwrap();
    let (door, twin) = (bench.path("door"), bench.path("twin"));
    let over = AtomicBool::new(false);
    let mut seen_inside = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !over.load(Ordering::Relaxed) {
                rustix::fs::renameat_with(CWD, &door, CWD, &twin, RenameFlags::EXCHANGE).unwrap();
            }
        });
        // Also when an assertion fails: the scope waits for the thread.
        let _over = RaisedOnDrop(&over);
        let begin = Instant::now();
        for round in 0.. {
            if begin.elapsed() > Duration::from_secs(2) {
                break;
            }
            let new = format!("door/new-{round}");
            for (tool, arguments) in [
                ("read_file", json!({"path": "door/secret.txt"})),
                ("search_files", json!({"path": ".", "pattern": "aloud|inside"})),
                ("list_directory", json!({"path": "door", "depth": 2})),
                ("write_file", json!({"path": format!("{new}/x"), "content": "x"})),
                ("edit_file", json!({"path": "door/secret.txt", "old_text": "do not", "new_text": "do"})),
                ("delete_path", json!({"path": new, "recursive": true})),
                ("delete_path", json!({"path": "door/missing"})),
            ] {
                let outcome = bench.call(tool, arguments);
                let text = outcome.joined_text();
                assert!(!text.contains(SECRET), "{tool}: {text}");
                seen_inside += usize::from(tool == "read_file" && text == "inside");
            }
        }
    });
    // Otherwise the swapping was too quick or too slow to show anything.
    assert!(seen_inside > 0);
    bench.assert_outside_untouched();
}

struct RaisedOnDrop<'f>(&'f AtomicBool);

impl Drop for RaisedOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

fn a_hard_link_gives_nothing_away() {
    let bench = with_doors();
    let outcome = bench.call("write_file", json!({"path": "hard.txt", "content": "mine"}));
    assert!(!outcome.is_error && !outcome.joined_text().contains(SECRET), "{outcome:?}");
    bench.assert_outside_untouched();

    let stores = Bench::with(Config { hard_link_folders: vec!["store".into()], ..Config::default() });
    stores.file("store/p/a.js", "linked");
    fs::hard_link(stores.path("store/p/a.js"), stores.path("b.js")).unwrap();
    assert_eq!(stores.text("read_file", json!({"path": "store/p/a.js"})), "linked");
    stores.error("read_file", json!({"path": "b.js"}));
    // A file that bears the name of such a folder is not in one.
    fs::hard_link(stores.path("store/p/a.js"), stores.path("p")).unwrap();
    stores.error("read_file", json!({"path": "p"}));
}
