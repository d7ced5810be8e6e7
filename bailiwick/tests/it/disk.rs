//! A disk without room, under the whole program.

use std::path::Path;
use std::process::Command;

use serde_json::json;
use testkit::model_server::{Api, ModelServer, Script, Turn};

use crate::support::{Ended, Home};
use crate::vendors::provider;

/// Runs a script of `sh` in a mount namespace of its own in which `$1` is an empty disk of the size `$2` and
/// `$3` is the program.
fn on_small_disk(home: &Home, disk: &Path, size: &str, script: &str) -> Ended {
    let mounted = format!("set -e; mount -t tmpfs -o size=$2 small \"$1\"; set +e\n{script}");
    let bailiwick = home.bailiwick(&[]);
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount");
    if !nix::unistd::geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    unshare.args(["sh", "-c", &mounted, "sh"]).arg(disk).arg(size).arg(bailiwick.get_program());
    unshare.env_clear().env("LAB_KEY", "k").current_dir(home.workspace());
    unshare.envs(bailiwick.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Ended::from(unshare.output().expect("`unshare` runs: install util-linux"))
}

#[test]
fn a_disk_that_is_full_at_the_start_is_said() {
    let home = Home::new();
    let disk = tempfile::tempdir().expect("a folder");
    let ended = on_small_disk(&home, disk.path(), "64k", r#""$3" --data-dir "$1" run --model demo x"#);
    assert_eq!(ended.code, 1, "{ended:?}");
    assert!(ended.err.contains("is full") && ended.err.contains("free some space"), "{ended:?}");
}

#[tokio::test]
async fn a_disk_that_fills_up_stops_the_task_says_so_and_pauses_it_once_there_is_room() {
    // The command takes all room there is, and then says more than fits.
    let fill = json!({"shell": "yes > fill; seq 20000"});
    let server = ModelServer::start(Script::new([Turn::call("run_command", fill)])).await.expect("starts");
    let home = Home::new();
    home.write_config(&provider(&server, Api::OpenaiChat));
    let said = tokio::task::spawn_blocking(move || {
        let disk = tempfile::tempdir().expect("a folder");
        on_small_disk(
            &home,
            disk.path(),
            "8m",
            r#"mkdir "$1/work"
            "$3" --data-dir "$1/data" run --workspace "$1/work" --approve all x 2>err &
            for _ in $(seq 600); do grep -q "the pause could not" err && break; sleep 0.1; done
            rm "$1/work/fill"; wait $!; code=$?; cat err >&2; exit $code"#,
        )
    })
    .await
    .expect("joined");
    assert_eq!(said.code, 4, "{said:#?}");
    assert!(said.err.contains("is full") && said.err.contains("free some space"), "{said:#?}");
    assert!(
        said.err.contains("the pause could not be written either"),
        "it was full for that too: {said:#?}"
    );
    assert!(said.out.contains("paused") && said.out.contains("then resume the task"), "{said:#?}");
}
