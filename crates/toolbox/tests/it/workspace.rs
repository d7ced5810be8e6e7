//! The workspace itself: opened, and gone.

use std::fs;

use insta::assert_snapshot;
use serde_json::json;
use toolbox::{Config, Toolbox};

use crate::bench::{Bench, names};

crate::trials![a_folder_that_is_not_there_is_told_at_once, a_workspace_that_vanishes_stops_every_tool];

fn a_folder_that_is_not_there_is_told_at_once() {
    let bench = Bench::new();
    let open = |path: &str| {
        let fence = fence::Fence::new(fence::Config::default());
        let error = Toolbox::open(&bench.path(path), fence, Config::default()).unwrap_err().to_string();
        error.replace(bench.workspace.to_str().unwrap(), "WORKSPACE")
    };
    assert_snapshot!(open("missing"), @"the workspace WORKSPACE/missing cannot be opened: No such file or directory (os error 2)");
    bench.file("file", "");
    assert_snapshot!(open("file"), @"the workspace WORKSPACE/file cannot be opened: Not a directory (os error 20)");
}

fn a_workspace_that_vanishes_stops_every_tool() {
    let bench = Bench::new();
    bench.file("a.txt", "a");
    let moved = bench.workspace.with_file_name("moved");
    let calls = [
        ("list_directory", json!({})),
        ("read_file", json!({"path": "a.txt"})),
        ("write_file", json!({"path": "a.txt", "content": "b"})),
        ("edit_file", json!({"path": "a.txt", "old_text": "a", "new_text": "b"})),
        ("search_files", json!({"pattern": "a"})),
        ("delete_path", json!({"path": "a.txt"})),
        ("run_command", json!({"shell": "touch x"})),
    ];
    let all_refuse = || {
        for (tool, arguments) in calls.clone() {
            assert_eq!(
                bench.error(tool, arguments),
                "The workspace WORKSPACE is gone: it was removed, renamed or replaced since it was opened. Nothing \
                 was done. A person has to put it back or start again with another folder.",
                "{tool}"
            );
        }
    };
    fs::rename(&bench.workspace, &moved).unwrap();
    all_refuse();
    // Another folder of that name is another folder.
    fs::create_dir(&bench.workspace).unwrap();
    all_refuse();
    assert!(names(&bench.workspace).is_empty());
    assert_eq!(fs::read_to_string(moved.join("a.txt")).unwrap(), "a");
    // Put back, work goes on.
    fs::remove_dir(&bench.workspace).unwrap();
    fs::rename(&moved, &bench.workspace).unwrap();
    assert_eq!(bench.text("read_file", json!({"path": "a.txt"})), "a");
    fs::remove_dir_all(&bench.workspace).unwrap();
    all_refuse();
}
