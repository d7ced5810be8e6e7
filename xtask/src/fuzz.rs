//! `cargo xtask fuzz`: libFuzzer on everything that reads bytes of strangers. Not part of `cargo xtask test` yet: its
//! build, with instrumentation, takes longer than a run of the tests may.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Result, bail};

use crate::sh;
use crate::tools::Tools;

/// Bytes of one input: everything worth finding is in small ones, and they are tried faster.
const INPUT_BYTES_MAX: u32 = 8 << 10;

/// What this repository's own builds are told about features; a crate outside of the workspace has its own.
const UNIFICATION: [&str; 3] = [
    "CARGO_RESOLVER_FEATURE_UNIFICATION",
    "CARGO_UNSTABLE_FEATURE_UNIFICATION",
    "__CARGO_TEST_CHANNEL_OVERRIDE_DO_NOT_USE_THIS",
];

/// Runs all targets, or those whose name contains `only`, from the seeds in `fuzz/seeds/` and from what earlier runs
/// found. An input that crashes one is kept in `fuzz/artifacts/`.
pub fn fuzz(tools: &Tools, seconds: u32, only: Option<&str>) -> Result<()> {
    let targets = sh::output(&mut cargo_fuzz(tools, "list")?)?;
    let wanted: Vec<&str> =
        targets.lines().filter(|target| only.is_none_or(|only| target.contains(only))).collect();
    if wanted.is_empty() {
        bail!("no fuzz target has that name; there are: {}", targets.replace('\n', " "));
    }
    // All at once: they share everything but their last step.
    sh::run(cargo_fuzz(tools, "build")?.args(BUILD))?;
    for target in wanted {
        let found = target_dir()?.join("corpus").join(target);
        std::fs::create_dir_all(&found)?;
        sh::run(
            // New inputs go to the first folder.
            cargo_fuzz(tools, "run")?
                .args(BUILD)
                .arg(target)
                .arg(found)
                .arg(format!("fuzz/seeds/{target}"))
                .arg("--")
                .arg(format!("-max_total_time={seconds}"))
                .arg(format!("-max_len={INPUT_BYTES_MAX}"))
                .args(["-rss_limit_mb=2048", "-timeout=20", "-print_final_stats=1", "-verbosity=0"]),
        )?;
    }
    Ok(())
}

/// Without a sanitizer: there is no C of ours to watch, and they need another compiler.
const BUILD: [&str; 3] = ["--sanitizer=none", "--codegen-units=16", "--fuzz-dir=fuzz"];

fn target_dir() -> Result<PathBuf> {
    Ok(sh::target_dir()?.join("fuzz"))
}

/// Coverage needs flags that are not stable yet; the compiler is the one that builds everything else.
fn cargo_fuzz(tools: &Tools, what: &str) -> Result<Command> {
    let mut command = Command::new(tools.cargo_fuzz()?);
    command.arg(what).env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", target_dir()?);
    UNIFICATION.iter().for_each(|name| {
        command.env_remove(name);
    });
    if what == "list" {
        command.arg("--fuzz-dir=fuzz");
    }
    Ok(command)
}
