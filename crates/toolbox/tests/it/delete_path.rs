use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;

use insta::assert_snapshot;
use serde_json::json;

use crate::bench::{Bench, names};

crate::trials![
    a_file_is_deleted_and_the_second_time_missed,
    a_folder_goes_only_with_everything_asked_for,
    a_link_is_deleted_and_not_what_it_points_to,
    the_workspace_itself_stays,
    a_tree_too_deep_is_left_alone_at_its_bottom,
];

fn a_file_is_deleted_and_the_second_time_missed() {
    let bench = Bench::new();
    bench.file("a.txt", "");
    assert_snapshot!(bench.text("delete_path", json!({"path": "a.txt"})), @"Deleted the file a.txt.");
    assert_snapshot!(bench.error("delete_path", json!({"path": "a.txt"})), @"a.txt does not exist.");
    bench.file("b.txt", "");
    assert_snapshot!(bench.error("delete_path", json!({"path": "b.txt/"})), @"b.txt is not a folder.");
    assert_eq!(names(&bench.workspace), ["b.txt"]);
}

fn a_folder_goes_only_with_everything_asked_for() {
    let bench = Bench::new();
    bench.file("folder/one", "");
    bench.file("folder/sub/two", "");
    fs::write(bench.path("folder").join(OsStr::from_bytes(b"caf\xe9")), "").unwrap();
    fs::create_dir(bench.path("empty")).unwrap();
    assert_snapshot!(bench.error("delete_path", json!({"path": "folder"})), @"folder is a folder with 3 entries in it; set recursive to delete it and everything in it.");
    assert_snapshot!(bench.error("delete_path", json!({"path": "empty"})), @"empty is a folder with nothing in it; set recursive to delete it and everything in it.");
    assert_snapshot!(
        bench.text("delete_path", json!({"path": "folder", "recursive": true})),
        @"Deleted the folder folder: 3 files and 2 folders."
    );
    assert_eq!(names(&bench.workspace), ["empty"]);
}

fn a_link_is_deleted_and_not_what_it_points_to() {
    let bench = Bench::new();
    bench.file("keep/a", "");
    symlink("keep", bench.path("link")).unwrap();
    symlink(&bench.outside, bench.path("door")).unwrap();
    symlink(&bench.outside, bench.path("keep/door")).unwrap();
    assert_snapshot!(bench.text("delete_path", json!({"path": "link", "recursive": true})), @"Deleted the symbolic link link.");
    assert_snapshot!(bench.text("delete_path", json!({"path": "door"})), @"Deleted the symbolic link door.");
    bench.text("delete_path", json!({"path": "keep", "recursive": true}));
    assert!(names(&bench.workspace).is_empty());
    bench.assert_outside_untouched();
}

fn the_workspace_itself_stays() {
    let bench = Bench::new();
    bench.file("a", "");
    for path in [".", "./", "./.", bench.workspace.to_str().unwrap()] {
        let error = bench.error("delete_path", json!({"path": path, "recursive": true}));
        assert_eq!(error, "The workspace itself cannot be deleted.", "{path}");
    }
    assert_eq!(names(&bench.workspace), ["a"]);
}

fn a_tree_too_deep_is_left_alone_at_its_bottom() {
    let bench = Bench::new();
    let deep = format!("deep/{}", "d/".repeat(300));
    fs::create_dir_all(bench.path(&deep)).unwrap();
    let error = bench.error("delete_path", json!({"path": "deep", "recursive": true}));
    assert!(error.ends_with("is nested more than 256 folders deep."), "{error}");
    assert!(bench.path(&deep).is_dir());
}
