use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use insta::assert_snapshot;
use serde_json::json;
use toolbox::Config;

use crate::bench::Bench;

crate::trials![
    names_kinds_and_sizes_are_listed_in_order,
    depth_follows_ignore_rules,
    nested_rules_win_over_outer_ones,
    a_listing_that_is_too_long_says_so,
    what_is_not_a_folder_is_an_error,
    a_name_that_is_not_utf8_is_shown_and_marked,
];

fn names_kinds_and_sizes_are_listed_in_order() {
    let bench = Bench::new();
    bench.file("b.txt", "12345");
    bench.file("a/inner", "");
    bench.file("B.txt", "1");
    bench.file(".hidden", "");
    symlink("b.txt", bench.path("link")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, bench.path("pipe"), 0o600.into()).unwrap();
    assert_snapshot!(bench.text("list_directory", json!({})), @r"
    .hidden  0 bytes
    B.txt  1 byte
    a/
    b.txt  5 bytes
    link -> b.txt
    pipe  (neither file nor folder)
    ");
    let data = bench.data("list_directory", json!({"path": "a"}));
    assert_eq!(data["entries"][0]["path"], "a/inner");
    assert_eq!(data["entries"][0]["kind"], "file");
    assert_eq!(data["truncated"], false);
    assert!(data["entries"][0]["modified_at"].as_str().unwrap().ends_with('Z'));
    assert_snapshot!(bench.text("list_directory", json!({"path": "./a/"})), @"inner  0 bytes");
}

fn depth_follows_ignore_rules() {
    let bench = Bench::new();
    bench.file(".gitignore", "target/\n*.log\n");
    bench.file("target/debug/big", "");
    bench.file("src/main.rs", "x");
    bench.file("src/main.log", "x");
    bench.file(".git/HEAD", "x");
    assert_snapshot!(bench.text("list_directory", json!({"depth": 3})), @r"
    .gitignore  14 bytes
    src/
    src/main.rs  1 byte
    ");
    let all = bench.text("list_directory", json!({"depth": 3, "include_ignored": true}));
    assert!(all.contains("target/debug/big") && all.contains(".git/HEAD"), "{all}");
    // What is named is listed, ignored or not.
    assert_snapshot!(bench.text("list_directory", json!({"path": "target"})), @"debug/");
}

fn nested_rules_win_over_outer_ones() {
    let bench = Bench::new();
    bench.file(".gitignore", "*.log\n/only-here\n");
    bench.file("logs/.gitignore", "!keep.log\n");
    bench.file("logs/.ignore", "drop.txt\n");
    for file in ["keep.log", "other.log", "drop.txt", "only-here"] {
        bench.file(&format!("logs/{file}"), "");
    }
    bench.file("only-here", "");
    bench.file(".git/info/exclude", "private\n");
    bench.file("private", "");
    assert_snapshot!(bench.text("list_directory", json!({"depth": 2})), @r"
    .gitignore  17 bytes
    logs/
    logs/.gitignore  10 bytes
    logs/.ignore  9 bytes
    logs/keep.log  0 bytes
    logs/only-here  0 bytes
    ");
    // The rules above the folder that is listed count too.
    let below = bench.text("list_directory", json!({"path": "logs", "include_ignored": false}));
    assert!(!below.contains("other.log") && below.contains("keep.log"), "{below}");
}

fn a_listing_that_is_too_long_says_so() {
    let bench = Bench::with(Config { entries_max: 3, ..Config::default() });
    for n in 0..5 {
        bench.file(&format!("{n}"), "");
    }
    assert_snapshot!(bench.text("list_directory", json!({})), @r"
    0  0 bytes
    1  0 bytes
    2  0 bytes
    [There is more: only 3 entries are listed (`entries_max` in [toolbox]). List a folder in it, or use search_files.]
    ");
    assert_eq!(bench.data("list_directory", json!({}))["truncated"], true);
}

fn what_is_not_a_folder_is_an_error() {
    let bench = Bench::new();
    bench.file("source/main.rs", "");
    assert_snapshot!(bench.error("list_directory", json!({"path": "source/main.rs"})), @"source/main.rs is not a folder.");
    assert_snapshot!(bench.error("list_directory", json!({"path": "sourc"})), @"sourc does not exist. Did you mean source?");
    fs::create_dir(bench.path("empty")).unwrap();
    assert_snapshot!(bench.text("list_directory", json!({"path": "empty"})), @"(nothing to list)");
}

fn a_name_that_is_not_utf8_is_shown_and_marked() {
    let bench = Bench::new();
    fs::write(bench.workspace.join(OsStr::from_bytes(b"caf\xe9")), "x").unwrap();
    let data = bench.data("list_directory", json!({}));
    assert_eq!(data["entries"][0]["name"], "caf\u{fffd}");
    assert_eq!(data["entries"][0]["name_is_lossy"], true);
}
