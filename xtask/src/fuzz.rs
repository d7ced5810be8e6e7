//! `cargo xtask fuzz`: libFuzzer on everything that reads bytes of strangers. A minute a target in CI, longer by command.

use std::process::Command;

use anyhow::{Result, bail};

use crate::sh;
use crate::tools::Tools;

/// Seconds a target in `cargo xtask test`.
pub const CI_SECONDS: u32 = 30;

/// Runs all targets, or those whose name contains `only`. What crashes one is kept in `fuzz/artifacts/`.
pub fn fuzz(tools: &Tools, seconds: u32, only: Option<&str>) -> Result<()> {
    let targets = sh::output(&mut cargo_fuzz(tools, &["list"])?)?;
    let wanted: Vec<&str> =
        targets.lines().filter(|target| only.is_none_or(|only| target.contains(only))).collect();
    if wanted.is_empty() {
        bail!("no fuzz target has that name; there are: {}", targets.replace('\n', " "));
    }
    for target in wanted {
        let limit = format!("-max_total_time={seconds}");
        let command = &mut cargo_fuzz(tools, &["run", "--sanitizer", "none", target, "--", &limit])?;
        sh::run(command.args(["-rss_limit_mb=4096", "-timeout=20", "-print_final_stats=1"]))?;
    }
    Ok(())
}

/// Coverage needs flags that are not stable yet; the compiler is the one that builds everything else.
fn cargo_fuzz(tools: &Tools, arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(&tools.cargo_fuzz);
    command.args(&arguments[..1]).args(["--fuzz-dir", "fuzz"]).args(&arguments[1..]);
    command.env("RUSTC_BOOTSTRAP", "1").env("CARGO_TARGET_DIR", sh::target_dir()?.join("fuzz"));
    Ok(command)
}
