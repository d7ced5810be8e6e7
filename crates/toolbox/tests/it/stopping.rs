//! A call that nobody waits for any more ends soon.

use std::fs::{self, File};
use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::bench::Bench;

crate::trials![a_dropped_read_ends, a_dropped_walk_ends];

fn a_dropped_read_ends() {
    let bench = Bench::new();
    let mut file = File::create(bench.path("endless")).unwrap();
    writeln!(file, "{}", "text\n".repeat(20_000)).unwrap();
    // A hole of half a terabyte: minutes of reading.
    file.set_len(1 << 39).unwrap();
    drop_soon(bench, "read_file", json!({"path": "endless", "offset": 1_000_000}));
}

fn a_dropped_walk_ends() {
    let bench = Bench::new();
    // One file under two thousand names, in a folder where that is allowed: forty gigabytes to search.
    let first = bench.file("node_modules/0.txt", "aaaa ".repeat(4_000_000));
    for n in 1..2_000 {
        fs::hard_link(&first, bench.path(&format!("node_modules/{n}.txt"))).unwrap();
    }
    drop_soon(bench, "search_files", json!({"pattern": "[a-c]+ [b-d]"}));
}

/// Gives a call a moment, drops it, and sees that its thread ends: a runtime waits for its threads.
fn drop_soon(bench: Bench, tool: &str, arguments: serde_json::Value) {
    bench.runtime.block_on(async {
        let call = bench.toolbox.call(tool, arguments, Arc::new(|_| {}));
        tokio::time::timeout(Duration::from_millis(100), call).await.expect_err("the call ended by itself");
    });
    let begin = Instant::now();
    drop(bench);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
}
