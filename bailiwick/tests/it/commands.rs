//! Commands beside `run`.

use std::time::Duration;

use crate::support::{Home, events, eventually};

#[test]
fn a_task_of_a_running_up_is_listed_shown_and_found_again_after_a_restart() {
    let home = Home::new();
    let up = home.up();
    let ended = home.run(&["run", "--model", "demo", "--approve", "all", "show me around"]);
    assert_eq!(ended.code, 0, "{ended:#?}");
    let list = home.run(&["task", "list"]);
    assert!(list.out.contains("show me around") && list.out.contains("completed"), "{}", list.out);
    up.kill();
    let again = home.up();
    let list = home.run(&["task", "list", "--search", "around"]);
    assert!(list.out.contains("show me around"), "{}", list.out);
    drop(again);
}

#[test]
fn a_second_up_says_where_the_first_one_is() {
    let home = Home::new();
    let _up = home.up();
    let second = home.run(&["up", "--no-open"]);
    assert_eq!(second.code, 2, "{second:?}");
    assert!(second.err.contains("already serves this data folder at http://127.0.0.1:"), "{}", second.err);
}

#[test]
fn a_taken_port_is_said_and_the_next_one_used() {
    let home = Home::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = taken.local_addr().expect("bound").port();
    let mut command = home.bailiwick(&["up", "--no-open", "--port", &port.to_string()]);
    command.stdout(std::process::Stdio::piped());
    let up = crate::support::Up::start(command);
    assert!(!up.link.contains(&format!(":{port}/")), "{}", up.link);
    assert!(up.link.starts_with("http://127.0.0.1:"), "{}", up.link);
}

#[test]
fn sigterm_drains_and_exits_with_zero() {
    let home = Home::new();
    let up = home.up();
    let (took, code) = up.terminate();
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(!home.data_dir().join("instance.json").exists());
}

#[test]
fn detach_leaves_the_task_to_up_and_it_can_be_approved_from_elsewhere() {
    let home = Home::new();
    let up = home.up();
    let ended = home.run(&["run", "--model", "demo", "--detach", "show me around"]);
    assert_eq!(ended.code, 5, "{ended:?}");
    let id = ended.out.trim().to_owned();
    eventually("the task asks and ends", || {
        home.run(&["task", "approve", &id]);
        let task = home.newest_task();
        (task["task"]["status"] == "completed").then_some(())
    });
    let task = home.newest_task();
    assert!(events(&task, "approval_resolved").iter().all(|event| event["by"] == "terminal"), "{task}");
    drop(up);
}

#[test]
fn sign_in_prints_a_link_only_while_something_serves() {
    let home = Home::new();
    let none = home.run(&["sign-in"]);
    assert_eq!(none.code, 2);
    assert!(none.err.contains("bailiwick up"), "{}", none.err);
    let _up = home.up();
    let link = home.run(&["sign-in"]);
    assert!(link.out.contains("/sign-in?token="), "{link:?}");
}

#[test]
fn backup_copies_while_up_runs_and_refuses_to_overwrite() {
    let home = Home::new();
    let _up = home.up();
    assert_eq!(home.run(&["run", "--model", "demo", "--approve", "all", "show me around"]).code, 0);
    let file = home.path().join("copy.db");
    let name = file.to_str().expect("text");
    assert_eq!(home.run(&["backup", name]).code, 0);
    assert!(file.metadata().expect("there").len() > 4096);
    let again = home.run(&["backup", name]);
    assert_eq!(again.code, 1, "{again:?}");
    // The copy opens as a data folder of its own.
    let other = Home::new();
    std::fs::create_dir_all(other.data_dir()).expect("folder");
    std::fs::copy(&file, other.data_dir().join("bailiwick.db")).expect("copied");
    let list = other.run(&["task", "list"]);
    assert!(list.out.contains("show me around"), "{list:?}");
}

#[test]
fn doctor_names_the_layers_and_the_data_folder() {
    let home = Home::new();
    let ended = home.run(&["doctor"]);
    assert_eq!(ended.code, 0, "{ended:?}");
    for word in ["fence", "landlock", "seccomp", "data folder", "port", "models"] {
        assert!(ended.out.to_lowercase().contains(word), "{word}: {}", ended.out);
    }
}

#[test]
fn completions_are_printed_for_each_shell() {
    let home = Home::new();
    for shell in ["bash", "zsh", "fish"] {
        let ended = home.run(&["completions", shell]);
        assert!(ended.code == 0 && ended.out.contains("bailiwick"), "{shell}");
    }
}

#[test]
fn setup_without_a_terminal_says_what_to_write_instead() {
    let home = Home::new();
    let ended = home.run(&["setup"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("config.toml"), "{}", ended.err);
}

#[test]
fn help_documents_the_exit_codes() {
    let home = Home::new();
    assert!(home.run(&["--help"]).out.contains("Exit codes: 0 done"));
}
