//! Readers that leave, servers that die, keys pressed too early: what people do to a program.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use nix::pty::openpty;
use serde_json::json;
use testkit::model_server::{Api, Turn};

use crate::support::{Ended, Home, eventually};
use crate::vendors::{beside, served, up, with_key};

/// Starts it, reads one line, leaves, and gives what it said at its end.
fn read_one_line(mut command: Command) -> (String, Ended) {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("bailiwick starts");
    let mut line = String::new();
    // Without a buffer: nothing is read beyond the line, and the pipe is closed with it.
    let mut out = child.stdout.take().expect("piped");
    let mut byte = [0];
    while out.read(&mut byte).expect("read") == 1 && byte[0] != b'\n' {
        line.push(char::from(byte[0]));
    }
    drop(out);
    (line, Ended::from(child.wait_with_output().expect("ends")))
}

#[test]
fn a_reader_that_leaves_ends_a_command_without_a_word() {
    let home = Home::new();
    for args in
        [&["completions", "bash"][..], &["openapi"], &["config", "show"], &["config", "show", "--json"]]
    {
        let (line, ended) = read_one_line(home.bailiwick(args));
        assert!(!line.is_empty());
        assert_eq!((ended.code, ended.err.as_str()), (0, ""), "{args:?}");
    }
}

#[test]
fn a_reader_that_leaves_a_run_leaves_the_task_for_later() {
    let home = Home::new();
    for args in [&["--json"][..], &[]] {
        let run = ["run", "--model", "demo", "--approve", "all", "show me around"];
        let (line, ended) = read_one_line(home.bailiwick(&[&run[..], args].concat()));
        assert!(line.contains("show me around") || line.contains("task_created"), "{line}");
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(!ended.err.contains("panicked") && !ended.err.contains("error"), "{}", ended.err);
        assert_ne!(home.newest_task()["task"]["status"], "completed");
    }
}

#[test]
fn output_that_cannot_be_written_is_an_error_and_no_panic() {
    let home = Home::new();
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("a full device");
    let ended = Ended::from(home.bailiwick(&["config", "show"]).stdout(full).output().expect("runs"));
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("No space left") && !ended.err.contains("panicked"), "{}", ended.err);
}

/// A terminal with `bailiwick` in it.
struct Terminal {
    child: Child,
    keys: std::fs::File,
    shown: std::sync::Arc<std::sync::Mutex<String>>,
}

impl Terminal {
    fn start(mut command: Command) -> Self {
        let pty = openpty(None, None).expect("a pseudo-terminal");
        let side = || Stdio::from(pty.slave.try_clone().expect("cloned"));
        let child = command.stdin(side()).stdout(side()).stderr(side()).spawn().expect("bailiwick starts");
        drop(command);
        drop(pty.slave);
        let keys = std::fs::File::from(pty.master);
        let mut screen = keys.try_clone().expect("cloned");
        let shown = std::sync::Arc::<std::sync::Mutex<String>>::default();
        let writer = shown.clone();
        std::thread::spawn(move || {
            let mut bytes = [0; 4096];
            // An error means that the other side is closed.
            while let Ok(count @ 1..) = screen.read(&mut bytes) {
                writer.lock().expect("unpoisoned").push_str(&String::from_utf8_lossy(&bytes[..count]));
            }
        });
        Self { child, keys, shown }
    }

    fn shown(&self) -> String {
        self.shown.lock().expect("unpoisoned").clone()
    }

    fn wait_for(&self, text: &str) {
        eventually(text, || self.shown().contains(text).then_some(()));
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).expect("typed");
    }

    fn end(mut self) -> (i32, String) {
        let status = self.child.wait().expect("reaped");
        (status.code().unwrap_or(-1), self.shown())
    }
}

/// An answer that lets so many seconds go by first.
fn late(turn: Turn, seconds: u64) -> Turn {
    Turn { delay_ms: seconds * 1000, ..turn }
}

#[tokio::test]
async fn what_was_typed_before_a_question_was_shown_does_not_answer_it() {
    let (_server, home) = served(
        Api::OpenaiChat,
        [late(Turn::call("delete_path", json!({"path": "kept.txt"})), 2), Turn::text("It stays.")],
    )
    .await;
    beside(move || {
        std::fs::write(home.workspace().join("kept.txt"), "kept").expect("written");
        let mut terminal = Terminal::start(with_key(&home, &["run", "work"]));
        terminal.wait_for("work");
        terminal.press("y\n");
        terminal.wait_for("[y]es");
        // Long enough for an early answer to be taken, had it been kept.
        std::thread::sleep(Duration::from_millis(500));
        assert!(home.workspace().join("kept.txt").exists(), "{}", terminal.shown());
        terminal.press("n\n");
        let (code, shown) = terminal.end();
        assert_eq!(code, 0, "{shown}");
        assert!(home.workspace().join("kept.txt").exists(), "{shown}");
    })
    .await;
}

#[tokio::test]
async fn sigterm_leaves_the_task_of_a_run_in_order() {
    let (_server, home) = served(Api::OpenaiChat, [Turn::call("delete_path", json!({"path": "x"}))]).await;
    beside(move || {
        std::fs::write(home.workspace().join("x"), "").expect("written");
        let terminal = Terminal::start(with_key(&home, &["run", "work"]));
        terminal.wait_for("[y]es");
        let pid = terminal.child.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &pid]).status().expect("kill").success());
        let (code, shown) = terminal.end();
        assert_eq!(code, 5, "{shown}");
        assert_eq!(home.newest_task()["task"]["status"], "waiting");
        assert!(!home.data_dir().join("instance.json").exists());
    })
    .await;
}

/// `run` attached to a server, until the model is asked.
fn attached(home: &Home) -> Child {
    let mut command = with_key(home, &["run", "--approve", "all", "work"]);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
    let mut line = String::new();
    BufReader::new(child.stdout.as_mut().expect("piped")).read_line(&mut line).expect("text");
    child
}

#[tokio::test]
async fn a_run_finds_the_server_again_that_came_back_at_another_port() {
    let slow = || late(Turn::text("That is settled."), 2);
    let (_server, home) = served(Api::OpenaiChat, [slow(), slow()]).await;
    beside(move || {
        let first = up(&home);
        let run = attached(&home);
        first.kill();
        let second = up(&home);
        let ended = Ended::from(run.wait_with_output().expect("ends"));
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.out.contains("That is settled."), "{}", ended.out);
        assert!(ended.err.contains("found it at http://127.0.0.1:"), "{}", ended.err);
        drop(second);
    })
    .await;
}

#[tokio::test]
async fn a_run_whose_server_does_not_come_back_goes_on_with_the_task_itself() {
    let slow = || late(Turn::text("That is settled."), 1);
    let (_server, home) = served(Api::OpenaiChat, [slow(), slow()]).await;
    beside(move || {
        let server = up(&home);
        let run = attached(&home);
        server.kill();
        let ended = Ended::from(run.wait_with_output().expect("ends"));
        assert_eq!(ended.code, 0, "{ended:#?}");
        assert!(ended.out.contains("That is settled."), "{}", ended.out);
        assert!(ended.err.contains("the task goes on here"), "{}", ended.err);
    })
    .await;
}

#[test]
fn the_file_of_a_killed_server_sends_nobody_to_its_old_address() {
    let home = Home::new();
    home.up().kill();
    let file = home.data_dir().join("instance.json");
    let old = std::fs::read_to_string(&file).expect("left behind");
    let began = Instant::now();
    let again = home.up();
    assert_ne!(std::fs::read_to_string(&file).expect("announced"), old);
    assert_eq!(home.run(&["task", "list"]).code, 0);
    assert!(began.elapsed() < Duration::from_secs(20));
    drop(again);
}

#[test]
fn control_characters_of_a_wrong_name_do_not_reach_the_terminal() {
    let home = Home::new();
    home.write_config("\"\\u001b[31mred\" = 1\n");
    let ended = home.run(&["config", "show"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("unknown key") && !ended.err.contains('\u{1b}'), "{:?}", ended.err);
}

#[test]
fn two_characters_of_an_id_are_too_few_and_that_is_said() {
    let home = Home::new();
    let ended = home.run(&["task", "show", "a7"]);
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(ended.err.contains("too short"), "{}", ended.err);
}

#[test]
fn a_limit_that_is_no_amount_is_refused() {
    let home = Home::new();
    for (flag, value) in
        [("--max-usd", "nan"), ("--max-usd", "inf"), ("--max-usd", "1e300"), ("--max-usd", "-1")]
    {
        let ended = home.run(&["run", "--model", "demo", &format!("{flag}={value}"), "x"]);
        assert_eq!(ended.code, 2, "{value}: {ended:?}");
        assert!(ended.err.contains(flag) && ended.err.contains("dollars"), "{}", ended.err);
    }
}

#[test]
fn folders_of_unfinished_tours_stay_however_many_there_are() {
    let home = Home::new();
    let _up = home.up();
    let ids: Vec<String> = (0..23)
        .map(|_| home.run(&["run", "--model", "demo", "--detach", "show me around"]).out.trim().to_owned())
        .collect();
    eventually("all wait for a person", || {
        let list = home.run(&["task", "list", "--limit", "50", "--json"]);
        let tasks: serde_json::Value = serde_json::from_str(&list.out).expect("JSON");
        let tasks = tasks.as_array().expect("tasks");
        assert!(tasks.iter().all(|task| task["status"] != "paused"), "{tasks:#?}");
        (tasks.len() == ids.len() && tasks.iter().all(|task| task["status"] == "waiting")).then_some(())
    });
    assert_eq!(std::fs::read_dir(home.data_dir().join("samples")).expect("there").count(), ids.len());
}

#[test]
fn a_setup_that_is_broken_off_writes_nothing() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.bailiwick(&["setup"]));
    terminal.wait_for("Which model provider?");
    terminal.press("another\r");
    terminal.wait_for("Address?");
    terminal.press("no address\r");
    terminal.wait_for("an address begins with http://");
    terminal.press("\u{3}");
    let (code, shown) = terminal.end();
    assert_eq!(code, 130, "{shown}");
    assert!(!home.config_file().exists());
}

#[test]
fn setup_writes_what_was_answered() {
    let home = Home::new();
    let mut terminal = Terminal::start(home.bailiwick(&["setup"]));
    for (question, answer) in [
        ("Which model provider?", "another\r"),
        ("Address?", "http://127.0.0.1:9/v1\r"),
        ("API key?", "canary-key-4711\r"),
        // An empty name is asked for again.
        ("Model?", "\r"),
        ("a name, as the provider calls it", "qwen2.5\r"),
        ("Make a test call now?", "n\r"),
    ] {
        terminal.wait_for(question);
        terminal.press(answer);
    }
    let (code, shown) = terminal.end();
    assert_eq!(code, 0, "{shown}");
    assert!(!shown.contains("canary-key-4711"), "{shown}");
    let config = std::fs::read_to_string(home.config_file()).expect("written");
    assert!(config.contains("http://127.0.0.1:9/v1") && config.contains("local/qwen2.5"), "{config}");
    let keys = home.config_file().with_file_name("credentials.toml");
    assert!(std::fs::read_to_string(keys).expect("written").contains("canary-key-4711"));
    assert_eq!(home.run(&["config", "show"]).code, 0);
}

#[test]
fn a_folder_that_cannot_be_worked_in_is_said() {
    use std::os::unix::ffi::OsStrExt;
    let home = Home::new();
    let odd = home.path().join(std::ffi::OsStr::from_bytes(b"odd\xff"));
    let (gone, file) = (home.path().join("gone"), home.path().join("file"));
    std::fs::create_dir(&odd).expect("made");
    std::fs::create_dir(&gone).expect("made");
    std::fs::write(&file, "").expect("written");
    for role in [&["run", "x"][..], &["up", "--no-open", "--port", "0"], &["mcp-server"]] {
        for (dir, words) in [(&odd, "not UTF-8"), (&file, "not a folder")] {
            let output = home.bailiwick(role).arg("--workspace").arg(dir).output().expect("runs");
            let ended = Ended::from(output);
            assert_eq!(ended.code, 2, "{role:?} {ended:?}");
            assert!(ended.err.contains(words), "{role:?} {}", ended.err);
        }
    }
    for role in ["run x", "up --no-open --port 0"] {
        let mut shell = Command::new("sh");
        let script = format!("cd gone && rmdir ../gone && \"$0\" {role}");
        shell.args(["-c", &script, env!("CARGO_BIN_EXE_bailiwick")]);
        shell.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path()).current_dir(home.path());
        let ended = Ended::from(shell.output().expect("runs"));
        assert_eq!(ended.code, 2, "{ended:?}");
        assert!(ended.err.contains("--workspace"), "{}", ended.err);
        std::fs::create_dir(&gone).expect("made again");
    }
}
