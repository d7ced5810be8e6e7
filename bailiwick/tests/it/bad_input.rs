//! What goes wrong in front of the program, and what it says about it.

use serde_json::json;
use testkit::model_server::{Api, ModelServer, Script, Turn};

use crate::support::{Home, Up, eventually};
use crate::vendors::provider;

#[test]
fn a_workspace_that_is_not_there_is_named() {
    let home = Home::new();
    let ended = home.run(&["run", "--workspace", "nowhere", "x"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("nowhere"), "{}", ended.err);
}

#[test]
fn an_unknown_model_names_the_nearest_known() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "demmo", "x"]);
    assert_ne!(ended.code, 0);
    assert!(ended.err.contains("demo"), "{}", ended.err);
}

#[test]
fn a_vendor_without_a_key_says_which_variable_is_missing() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "anthropic/claude-sonnet-4-5", "x"]);
    assert_ne!(ended.code, 0);
    let said = format!("{}{}", ended.out, ended.err);
    assert!(said.contains("ANTHROPIC_API_KEY") && said.contains("bailiwick setup"), "{said}");
}

#[test]
fn an_empty_task_is_refused() {
    let home = Home::new();
    let ended = home.run(&["run", "--model", "demo", "   "]);
    assert_ne!(ended.code, 0);
    assert!(!ended.err.is_empty());
}

#[test]
fn an_unknown_task_is_refused_with_the_way_to_find_it() {
    let home = Home::new();
    for args in [["task", "show", "deadbeef"], ["task", "cancel", "deadbeef"]] {
        let ended = home.run(&args);
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains("bailiwick task list"), "{}", ended.err);
    }
}

#[test]
fn a_data_folder_that_cannot_be_written_is_said() {
    let home = Home::new();
    let file = home.path().join("a-file");
    std::fs::write(&file, "").expect("written");
    let dir = file.join("inside");
    let ended = home.run(&["--data-dir", dir.to_str().expect("text"), "task", "list"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("--data-dir"), "{}", ended.err);
}

#[test]
fn a_damaged_database_is_said_and_left_as_it_is() {
    let home = Home::new();
    std::fs::create_dir_all(home.data_dir()).expect("folder");
    let file = home.data_dir().join("bailiwick.db");
    let before =
        b"this is no database, whatever its name says; it is long enough to have a header ".repeat(64);
    std::fs::write(&file, &before).expect("written");
    let ended = home.run(&["task", "list"]);
    assert_ne!(ended.code, 0);
    assert!(ended.err.contains("damaged") || ended.err.contains("not a database"), "{}", ended.err);
    assert_eq!(std::fs::read(&file).expect("still there"), before);
}

#[tokio::test]
async fn a_workspace_that_vanishes_pauses_the_task_and_its_return_lets_it_go_on() {
    let server = ModelServer::start(Script::new([
        Turn::call("delete_path", json!({"path": "old.txt"})),
        Turn::text("It is gone."),
    ]))
    .await
    .expect("the server starts");
    let home = Home::new();
    home.write_config(&provider(&server, Api::OpenaiChat));
    let steps = tokio::task::spawn_blocking(move || {
        let mut up = home.bailiwick(&["up", "--no-open", "--port", "0"]);
        up.env("LAB_KEY", "k").stdout(std::process::Stdio::piped());
        let up = Up::start(up);
        let root = home.path().join("soon-gone");
        std::fs::create_dir_all(&root).expect("folder");
        std::fs::write(root.join("old.txt"), "old").expect("written");
        let path = root.to_str().expect("text").to_owned();
        let id = home.run(&["run", "--workspace", &path, "--detach", "tidy up"]).out.trim().to_owned();
        eventually("the task asks", || (home.newest_task()["task"]["status"] == "waiting").then_some(()));
        let elsewhere = home.path().join("elsewhere");
        std::fs::rename(&root, &elsewhere).expect("moved");
        home.run(&["task", "approve", &id]);
        let text = eventually("the task notices", || {
            let task = home.newest_task();
            let paused = task["task"]["status"] == "paused";
            paused.then(|| task["task"]["status_text"].as_str().unwrap_or_default().to_owned())
        });
        assert!(text.contains("soon-gone"), "{text}");
        std::fs::rename(&elsewhere, &root).expect("moved back");
        assert_eq!(home.run(&["task", "resume", &id]).code, 0);
        eventually("the task goes on", || {
            home.run(&["task", "approve", &id]);
            (home.newest_task()["task"]["status"] == "completed").then_some(())
        });
        assert!(!root.join("old.txt").exists());
        drop(up);
    });
    steps.await.expect("joined");
}

#[test]
fn a_broken_policy_stops_the_start_with_file_and_line() {
    let home = Home::new();
    let dir = home.path().join("policy");
    std::fs::create_dir_all(&dir).expect("folder");
    std::fs::write(dir.join("mine.rego"), "package bailiwick\n\nallow contains \"x\" if {\n")
        .expect("written");
    home.write_config(&format!("[policy]\ndir = {:?}\n", dir.to_str().expect("text")));
    let ended = home.run(&["run", "--model", "demo", "x"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("mine.rego"), "{}", ended.err);
}

#[test]
fn a_policy_that_allows_nothing_is_refused_at_the_start() {
    let home = Home::new();
    let dir = home.path().join("policy");
    std::fs::create_dir_all(&dir).expect("folder");
    std::fs::write(dir.join("mine.rego"), "package bailiwick\n\nnothing := true\n").expect("written");
    home.write_config(&format!("[policy]\ndir = {:?}\n", dir.to_str().expect("text")));
    let ended = home.run(&["run", "--model", "demo", "x"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("deny everything"), "{}", ended.err);
}
