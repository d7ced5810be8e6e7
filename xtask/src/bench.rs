//! `cargo xtask bench`: runs every benchmark of `docs/BENCHMARKS.md`, one after the other, on a quiet machine.

use anyhow::Result;

use crate::sh;

/// Package, bench target, and what it measures.
const BENCHES: [(&str, &str, &str); 6] = [
    ("policy", "policy", "policy decisions"),
    ("agent", "step", "own overhead of an agent step, journal durable"),
    ("fence", "launch", "added time of the fence"),
    ("store", "record", "a decision on record"),
    ("bailiwick", "gateway", "calls through the gateway, directly, and through others"),
    ("bailiwick", "desk", "start, memory, size of the whole desk"),
];

pub fn bench() -> Result<()> {
    for (package, target, what) in BENCHES {
        println!("\n=== {what}");
        sh::run(sh::cargo().args(["bench", "--locked", "--package", package, "--bench", target]))?;
    }
    Ok(())
}
