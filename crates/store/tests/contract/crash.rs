//! `kill -9` in the middle of recording: what was acknowledged is there, and the chain is sound.

use std::collections::HashSet;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use domain::TenantId;
use domain::decision::Point;
use store::{Config, Entry, Store, TenantStore};

use crate::fixtures::{Bed, decision};
use crate::record::{act, all_entries, sound};

/// Where the database is, for the process that gets killed.
const DOOMED: &str = "BAILIWICK_TEST_DOOMED";

/// Callers that record at once.
const RECORDERS: usize = 16;

/// Acknowledgements to see before the kill.
const ENOUGH: usize = 400;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sqlite_keeps_what_was_acknowledged() {
    if let Some(place) = std::env::var_os(DOOMED) {
        record_until_killed(place.to_str().unwrap()).await;
    }
    survives(crate::fixtures::sqlite().await, "crash::sqlite_keeps_what_was_acknowledged").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn postgres_keeps_what_was_acknowledged() {
    if let Some(place) = std::env::var_os(DOOMED) {
        record_until_killed(place.to_str().unwrap()).await;
    }
    survives(crate::fixtures::postgres().await, "crash::postgres_keeps_what_was_acknowledged").await;
}

async fn survives(bed: Bed, test: &str) {
    let url = match bed.url() {
        "" => format!("sqlite://{}", bed.data_dir().join("bailiwick.db").display()),
        url => url.to_owned(),
    };
    let before = sound(&bed.local().await).await;
    let test = test.to_owned();
    let acknowledged = tokio::task::spawn_blocking(move || run_and_kill(&url, &test)).await.unwrap();

    let tenant = bed.open_again().await.unwrap().tenant(TenantId::LOCAL).await.unwrap();
    let head = sound(&tenant).await;
    let recorded = all_entries(&tenant).await;
    assert_eq!(recorded.len() as u64, head.seq - before.seq);
    let recorded: HashSet<String> = recorded.iter().map(mark).collect();
    assert!(acknowledged.len() >= ENOUGH);
    for mark in &acknowledged {
        assert!(recorded.contains(mark), "{mark} was acknowledged and is gone");
    }
    // And it goes on from there.
    tenant.record_decision(decision(None, Point::ToolCall)).await.unwrap();
    assert_eq!(sound(&tenant).await.seq, head.seq + 1);
}

/// What the doomed process said it had recorded before it was killed.
fn run_and_kill(url: &str, test: &str) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(DOOMED, url)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged = Vec::new();
    for line in lines {
        // A line that the kill cut short has no end mark.
        if let Some(mark) = line.unwrap().strip_prefix("recorded ").and_then(|line| line.strip_suffix('.')) {
            acknowledged.push(mark.to_owned());
        }
        if acknowledged.len() == ENOUGH {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success(), "it was killed");
    acknowledged
}

async fn record_until_killed(url: &str) -> ! {
    let config = Config { url: url.to_owned(), ..Config::default() };
    let store = Store::open(&config, Path::new("/nowhere")).await.unwrap();
    let tenant = store.tenant(TenantId::LOCAL).await.unwrap();
    let recorders: Vec<_> =
        (0..RECORDERS).map(|n| tokio::spawn(record_for_ever(tenant.clone(), n))).collect();
    futures::future::join_all(recorders).await;
    unreachable!("nobody stops recording");
}

async fn record_for_ever(tenant: TenantStore, n: usize) {
    for round in 0.. {
        let mark = if n == 0 {
            let mark = format!("act{round}");
            tenant.record_act(act(&mark)).await.unwrap();
            mark
        } else {
            let record = decision(None, Point::ToolCall);
            let mark = record.decision.id.to_string();
            tenant.record_decision(record).await.unwrap();
            mark
        };
        // Written at once and whole; the end of the test's process loses nothing of it.
        std::io::stdout().write_all(format!("recorded {mark}.\n").as_bytes()).unwrap();
        std::io::stdout().flush().unwrap();
    }
}

fn mark(entry: &Entry) -> String {
    let body: serde_json::Value = serde_json::from_str(&entry.body).unwrap();
    let mark = if entry.kind == "decision" { &body["decision"]["id"] } else { &body["subject"] };
    mark.as_str().unwrap().to_owned()
}
