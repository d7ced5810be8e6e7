//! Node, brought by the npm package of that name.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::sh;

/// Node that the dashboard, the SDK tests and the conformance suite are run with.
const NODE: &str = "22.23.3";

/// The folder with the binary.
pub fn install(cache: &Path) -> Result<PathBuf> {
    let dir = cache.join(format!("node-{NODE}"));
    let bin = dir.join("node_modules/node/bin");
    if !bin.join("node").is_file() {
        std::fs::create_dir_all(&dir)?;
        let package = format!("node@{NODE}");
        sh::run(Command::new("npm").current_dir(&dir).args([
            "install",
            "--no-save",
            "--no-audit",
            "--no-fund",
            "--prefix",
            ".",
            &package,
        ]))?;
    }
    let version = sh::output(Command::new(bin.join("node")).arg("--version"))
        .context("the npm package `node` brought no working binary")?;
    println!("node {}", version.trim());
    Ok(bin)
}
