//! A disk that fills up: the step is refused whole, and all goes on once there is room.

use std::fs;
use std::path::Path;
use std::process::Command;

use domain::TenantId;
use domain::decision::Point;
use domain::task::TaskStatus;
use store::{Config, Store, StoreError};

use crate::fixtures::{decision, note, projection, task};
use crate::record::sound;

/// Where the small file system is, for the process that runs inside of it.
const SMALL_DISK: &str = "BAILIWICK_TEST_SMALL_DISK";

/// Refusals to see before room is made.
const FULL_TIMES: u32 = 5;

/// Room that is given back, bytes.
const BALLAST: usize = 2 << 20;

#[tokio::test]
async fn a_full_disk_refuses_whole_and_works_again_with_room() {
    match std::env::var_os(SMALL_DISK) {
        Some(disk) => fill_and_free(Path::new(&disk)).await,
        None => run_on_small_disk("disk_full::a_full_disk_refuses_whole_and_works_again_with_room"),
    }
}

/// Runs a test of this binary again with a file system of 4 MB, which a mount namespace of its own allows.
fn run_on_small_disk(test: &str) {
    const SCRIPT: &str = r#"mount -t tmpfs -o size=4m small "$1" && exec "$2" --exact "$3" --nocapture"#;
    let disk = tempfile::tempdir().unwrap();
    let mut unshare = Command::new("unshare");
    unshare.arg("--mount");
    if !nix::unistd::geteuid().is_root() {
        unshare.arg("--map-root-user");
    }
    let output = unshare
        .args(["sh", "-c", SCRIPT, "sh"])
        .arg(disk.path())
        .arg(std::env::current_exe().unwrap())
        .arg(test)
        .env(SMALL_DISK, disk.path())
        .output()
        .expect("`unshare` runs: install util-linux");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "on the small disk (which needs root, or user namespaces that are allowed):\n{said}"
    );
}

async fn fill_and_free(disk: &Path) {
    let ballast = disk.join("ballast");
    fs::write(&ballast, vec![1; BALLAST]).unwrap();
    let store = Store::open(&Config::default(), disk).await.unwrap();
    let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
    let id = task(&tenant, "x").await.id;

    // SQLite folds its WAL into the database now and then, which makes room for another step or two: so the
    // disk is full not once but several times, and each time has to be the same.
    let (mut seq, mut refused, mut recorded) = (1, 0, 0);
    while refused < FULL_TIMES {
        assert!(seq < 1_000, "the disk never fills");
        let step = vec![note("a"), note("x".repeat(50_000))];
        match tenant.append(id, Some(seq), step, Some(projection(TaskStatus::Running))).await {
            Ok(appended) => seq = appended[1].seq,
            Err(StoreError::Unavailable(text)) => {
                assert!(text.contains("is full; nothing") && text.contains("free some space"), "{text}");
                refused += 1;
            }
            Err(other) => panic!("{other:?}"),
        }
        // A decision goes its own way to the same disk.
        match tenant.record_decision(decision(None, Point::ToolCall)).await {
            Ok(()) => recorded += 1,
            Err(StoreError::Unavailable(text)) => assert!(text.contains("is full; nothing"), "{text}"),
            Err(other) => panic!("{other:?}"),
        }
        // Reading works all the while, and there is nothing in halves.
        assert_eq!(tenant.task(id).await.unwrap().last_seq, seq);
        assert_eq!(tenant.events(id, 0, 10_000).await.unwrap().len() as u64, seq);
    }

    fs::remove_file(ballast).unwrap();
    let appended = tenant.append(id, Some(seq), vec![note("again")], None).await.unwrap();
    assert_eq!(appended[0].seq, seq + 1);
    tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap();
    store.close().await;

    let store = Store::open(&Config::default(), disk).await.unwrap();
    let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
    let events = tenant.events(id, 0, 10_000).await.unwrap();
    assert_eq!(events.len() as u64, seq + 1);
    assert_eq!(events.last(), appended.last());
    assert_eq!(sound(&tenant).await.seq, recorded + 1);
}
