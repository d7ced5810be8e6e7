//! What it costs to have a decision on record: records a second and the time of one, for callers that share
//! transactions and for callers that each have one of their own, with both durabilities.
//!
//! `cargo bench -p store`. On a real SQLite file beside the target folder; all figures of one run belong
//! together.

use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::decision::{Decision, Obligations, Point, Verdict};
use domain::{CallId, DecisionId, PrincipalId, TenantId};
use serde_json::json;
use store::{Config, DecisionRecord, RecordDurability, Store, TenantStore};
use tokio::sync::Mutex;

const CALLERS: [usize; 3] = [1, 8, 32];
/// Records of one measurement.
const RECORDS: usize = 6_000;
/// Bytes of the arguments in a recorded question.
const ARGUMENTS: usize = 1_000;

#[tokio::main]
async fn main() {
    // `cargo test --benches` only wants to know that it runs.
    let measuring = std::env::args().any(|argument| argument == "--bench");
    let records = if measuring { RECORDS } else { 64 };
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder for the database");
    println!("one wait for the disk: {:.0} µs (p50)", micros(wait_for_disk(folder.path())));
    println!(
        "{:<12} {:>7} {:>8} {:>12} {:>9} {:>9}",
        "durability", "callers", "shared", "records/s", "p50 µs", "p99 µs"
    );
    for durability in [RecordDurability::Process, RecordDurability::PowerLoss] {
        for callers in CALLERS {
            let alone = measure(folder.path(), durability, callers, records, false).await;
            let shared = measure(folder.path(), durability, callers, records, true).await;
            show(durability, callers, "no", &alone);
            show(durability, callers, "yes", &shared);
            println!(
                "{:<12} {callers:>7} {:>8} {:>11.2}x",
                "",
                "ratio",
                shared.per_second / alone.per_second
            );
        }
    }
}

struct Figures {
    per_second: f64,
    p50: Duration,
    p99: Duration,
}

async fn measure(
    folder: &Path,
    record_durability: RecordDurability,
    callers: usize,
    records: usize,
    shared: bool,
) -> Figures {
    let data = tempfile::tempdir_in(folder).expect("a folder for one database");
    let store =
        Store::open(&Config { record_durability, ..Config::default() }, data.path()).await.expect("it opens");
    let tenant = store.tenant(TenantId::LOCAL).await.expect("the tenant");
    // Whoever may not share waits until nobody else is recording.
    let alone = Arc::new(Mutex::new(()));
    let begun = Instant::now();
    let work = (0..callers).map(|_| {
        let (tenant, alone) = (tenant.clone(), alone.clone());
        tokio::spawn(async move { call(&tenant, records / callers, (!shared).then_some(&*alone)).await })
    });
    let mut took: Vec<Duration> = Vec::new();
    for caller in work.collect::<Vec<_>>() {
        took.extend(caller.await.expect("a caller does not panic"));
    }
    let per_second = took.len() as f64 / begun.elapsed().as_secs_f64();
    store.close().await;
    took.sort();
    Figures { per_second, p50: took[took.len() / 2], p99: took[took.len() * 99 / 100] }
}

async fn call(tenant: &TenantStore, records: usize, alone: Option<&Mutex<()>>) -> Vec<Duration> {
    let mut took = Vec::with_capacity(records);
    for _ in 0..records {
        let record = record();
        let begun = Instant::now();
        let turn = match alone {
            Some(alone) => Some(alone.lock().await),
            None => None,
        };
        tenant.record_decision(record).await.expect("it is recorded");
        drop(turn);
        took.push(begun.elapsed());
    }
    took
}

fn record() -> DecisionRecord {
    DecisionRecord {
        decision: Decision {
            id: DecisionId::new(),
            point: Point::ToolCall,
            verdict: Verdict::Allow,
            reasons: Vec::new(),
            obligations: Obligations::default(),
            policy_revision: "sha256:0123456789abcdef".to_owned(),
            took_us: 42,
        },
        task_id: None,
        call_id: Some(CallId::new()),
        principal_id: PrincipalId::LOCAL_USER,
        server: "everything".to_owned(),
        tool: "echo".to_owned(),
        question: json!({
            "point": "tool.call",
            "session": {"id": "a conversation", "client": "bench", "labels": []},
            "arguments": {"message": "x".repeat(ARGUMENTS)},
        }),
        at: chrono::Utc::now(),
    }
}

fn wait_for_disk(folder: &Path) -> Duration {
    let mut file = File::create(folder.join("probe")).expect("a file");
    let mut took: Vec<Duration> = (0..100)
        .map(|_| {
            file.write_all(&[7; 16 << 10]).expect("room on the disk");
            let begun = Instant::now();
            file.sync_data().expect("a disk that answers");
            begun.elapsed()
        })
        .collect();
    took.sort();
    took[50]
}

fn show(durability: RecordDurability, callers: usize, shared: &str, figures: &Figures) {
    println!(
        "{:<12} {callers:>7} {shared:>8} {:>12.0} {:>9.0} {:>9.0}",
        format!("{durability:?}"),
        figures.per_second,
        micros(figures.p50),
        micros(figures.p99)
    );
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
