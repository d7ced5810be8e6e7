//! A person steers a task: rules, messages, limits, Ctrl-C.

use std::process::{Command, Stdio};

use serde_json::{Value, json};
use testkit::model_server::{Api, Turn};

use crate::support::{Ended, Home, events, eventually};
use crate::vendors::{beside, served, up, with_key};

fn status(home: &Home, wanted: &str) -> Value {
    eventually(wanted, || {
        let task = home.newest_task();
        (task["task"]["status"] == wanted).then_some(task)
    })
}

/// The rules of a task as the API has them; the newest is revoked when `revoke` says so.
async fn rules(home: &Home, task: &str, revoke: bool) -> Vec<Value> {
    // Another test of this process may have been first.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let text = std::fs::read_to_string(home.data_dir().join("instance.json")).expect("it serves");
    let instance: Value = serde_json::from_str(&text).expect("JSON");
    let (address, token) = (instance["address"].as_str().expect("text"), instance["token"].as_str());
    let url = format!("http://{address}/api/v1/tasks/{task}/rules");
    let http = reqwest::Client::new();
    let ask = async |request: reqwest::RequestBuilder| -> Value {
        let answer = request.bearer_auth(token.expect("text")).send().await.expect("an answer");
        answer.error_for_status().expect("success").json().await.expect("JSON")
    };
    let listed = ask(http.get(&url)).await;
    let listed = listed["rules"].as_array().expect("rules").clone();
    if revoke {
        let id = listed[0]["id"].as_str().expect("an id");
        assert!(ask(http.delete(format!("{url}/{id}"))).await["revoked_at"].is_string());
    }
    listed
}

#[tokio::test]
async fn always_makes_a_rule_that_is_seen_and_revoked_and_asked_about_again() {
    let delete = |path: &str| Turn::call("delete_path", json!({"path": path}));
    let (_server, home) = served(
        Api::Anthropic,
        [
            delete("a.txt"),
            delete("b.txt"),
            Turn::text("Both are gone."),
            delete("c.txt").when("and c.txt"),
            Turn::text("It stays.").when("I still need it"),
        ],
    )
    .await;
    for name in ["a.txt", "b.txt", "c.txt"] {
        std::fs::write(home.workspace().join(name), name).expect("written");
    }
    let up = up(&home);
    let (home, id) = beside(move || {
        let id = home.run(&["run", "--detach", "tidy up"]).out.trim().to_owned();
        status(&home, "waiting");
        assert_eq!(home.run(&["task", "approve", &id, "--always"]).code, 0);
        let task = status(&home, "completed");
        assert_eq!(events(&task, "approval_requested").len(), 1, "the second one is covered");
        (home, id)
    })
    .await;
    assert!(!home.workspace().join("b.txt").exists());
    let seen = rules(&home, &id, true).await;
    assert!(seen.len() == 1 && seen[0]["revoked_at"].is_null(), "{seen:?}");

    beside(move || {
        // The terminal sees what the API did, and may do it as well.
        let shown = home.run(&["task", "rules", &id]);
        assert!(shown.out.contains("revoked") && shown.out.contains("delete_path"), "{shown:?}");
        let rule = seen[0]["id"].as_str().expect("an id");
        let again = home.run(&["task", "revoke", &rule[rule.len() - 8..], "--task", &id]);
        assert!(again.code == 0 && again.out.starts_with("revoked:"), "{again:?}");
        let unknown = home.run(&["task", "revoke", "ffffffffffff", "--task", &id]);
        assert!(unknown.code == 2 && unknown.err.contains("task rules"), "{unknown:?}");

        assert_eq!(home.run(&["task", "message", &id, "and c.txt"]).code, 0);
        status(&home, "waiting");
        assert_eq!(home.run(&["task", "deny", &id, "--note", "I still need it"]).code, 0);
        let task = status(&home, "completed");
        assert_eq!(events(&task, "approval_requested").len(), 2, "a revoked rule covers nothing");
        assert!(home.workspace().join("c.txt").exists());
        drop(up);
    })
    .await;
}

#[tokio::test]
async fn a_task_paused_by_a_limit_goes_on_with_a_higher_one() {
    let look = || Turn::call("list_directory", json!({"path": "."}));
    let (_server, home) = served(Api::Anthropic, [look(), look(), Turn::text("Seen it all.")]).await;
    beside(move || {
        let run = |args: &[&str]| Ended::from(with_key(&home, args).output().expect("runs"));
        let ended = run(&["run", "--max-steps", "2", "look"]);
        assert_eq!(ended.code, 4, "{ended:?}");
        let task = home.newest_task();
        let id = task["task"]["id"].as_str().expect("an id");
        let ended = run(&["task", "resume", id, "--max-steps", "3"]);
        assert_eq!(ended.code, 0, "{ended:?}");
        assert_eq!(home.newest_task()["task"]["status"], "completed");
    })
    .await;
}

/// Whether a process with this in its arguments lives.
fn lives(words: &str) -> bool {
    std::fs::read_dir("/proc").expect("procfs").flatten().any(|entry| {
        let arguments = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
        String::from_utf8_lossy(&arguments).replace('\0', " ").trim() == words
    })
}

#[tokio::test]
async fn one_ctrl_c_cancels_the_task_and_ends_what_it_runs() {
    let sleep = format!("sleep 86400.{}", std::process::id());
    let (_server, home) = served(
        Api::Anthropic,
        [Turn::call("run_command", json!({"shell": format!("echo > begun; {sleep}; true")}))],
    )
    .await;
    beside(move || {
        let mut run = with_key(&home, &["run", "--approve", "all", "wait"]);
        let child = run.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("starts");
        eventually("the command runs", || lives(&sleep).then_some(()));
        let pid = child.id().to_string();
        assert!(Command::new("kill").args(["-INT", &pid]).status().expect("kill").success());
        let ended = Ended::from(child.wait_with_output().expect("ends"));
        assert_eq!(ended.code, 130, "{ended:?}");
        assert!(!lives(&sleep), "nothing of it is left");
        assert_eq!(home.newest_task()["task"]["status"], "cancelled");
    })
    .await;
}

#[tokio::test]
async fn a_second_ctrl_c_leaves_the_task_for_later() {
    let (_server, home) = served(Api::Anthropic, [Turn::call("delete_path", json!({"path": "x"}))]).await;
    std::fs::write(home.workspace().join("x"), "").expect("written");
    beside(move || {
        let up = up(&home);
        let signal = |name: &str, pid: u32| {
            let status = Command::new("kill").args([name, &pid.to_string()]).status();
            assert!(status.expect("kill").success());
        };
        let mut run = with_key(&home, &["run", "--approve", "ask", "wait"]);
        run.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let run = run.spawn().expect("starts");
        eventually("the question", || home.run(&["task", "list"]).out.contains("waiting").then_some(()));
        // A server that cannot answer now: the cancel hangs.
        signal("-STOP", up.child.id());
        signal("-INT", run.id());
        std::thread::sleep(std::time::Duration::from_millis(500));
        let began = std::time::Instant::now();
        signal("-INT", run.id());
        let ended = Ended::from(run.wait_with_output().expect("ends"));
        assert_eq!(ended.code, 5, "{ended:?}");
        assert!(began.elapsed().as_secs() < 20, "{:?}", began.elapsed());
        signal("-CONT", up.child.id());
    })
    .await;
}
