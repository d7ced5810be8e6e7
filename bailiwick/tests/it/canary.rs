//! Keys planted everywhere a person may keep one, and searched for everywhere Bailiwick writes.

use serde_json::json;
use testkit::model_server::{Api, Fault, ModelServer, Script, Turn};

use crate::support::{Ended, Home};
use crate::vendors::provider;

const CANARY: &str = "canary-sk-7d1f0c2e9b";

#[tokio::test]
async fn a_model_key_is_in_no_file_output_or_child_of_ours() {
    let server = ModelServer::start(Script::new([
        Turn::call(
            "run_command",
            json!({"shell": "env; cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n'; true"}),
        ),
        Turn::fault(Fault::ServerError),
        Turn::text("Done."),
        Turn::fault(Fault::WrongKey).repeated(),
    ]))
    .await
    .expect("the server starts");
    let home = Home::new();
    let mut config = provider(&server, Api::OpenaiChat);
    config.push_str("\n[telemetry]\nlog = \"trace\"\n");
    home.write_config(&config);
    let (home, ended) = tokio::task::spawn_blocking(move || {
        let mut all = Vec::new();
        for args in [&["run", "--approve", "all", "x"][..], &["run", "y"], &["doctor"], &["config", "show"]] {
            let mut command = home.bailiwick(args);
            all.push(Ended::from(command.env("LAB_KEY", CANARY).output().expect("runs")));
        }
        (home, all)
    })
    .await
    .expect("joined");
    assert_eq!(ended[0].code, 0, "{:?}", ended[0]);
    for said in &ended {
        assert!(!said.out.contains(CANARY) && !said.err.contains(CANARY), "{said:?}");
    }
    let key_sent = server.requests().iter().any(|request| format!("{request:?}").contains(CANARY));
    assert!(key_sent, "the canary was in use, or this test says nothing");
    let mut searched = 0;
    search(home.path(), &mut searched);
    assert!(searched > 1, "database and logs were searched");
}

fn search(dir: &std::path::Path, searched: &mut usize) {
    for entry in std::fs::read_dir(dir).expect("readable").flatten() {
        let path = entry.path();
        if path.is_dir() {
            search(&path, searched);
        } else if let Ok(bytes) = std::fs::read(&path) {
            *searched += 1;
            let found = bytes.windows(CANARY.len()).any(|window| window == CANARY.as_bytes());
            assert!(!found, "the key lies in {}", path.display());
        }
    }
}
