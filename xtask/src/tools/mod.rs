//! What tests and checks need besides Rust: found, or installed, or the run fails. Nothing is skipped.

mod cargo;
mod debian;
mod go;
mod node;

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use crate::sh;

pub struct Tools {
    pub cargo_deny: PathBuf,
    node_bin: PathBuf,
    go_bin: Option<PathBuf>,
    pub cache: PathBuf,
}

impl Tools {
    pub fn install() -> Result<Self> {
        let cache = sh::cache()?;
        debian::install()?;
        let node_bin = node::install(&cache)?;
        let go_bin = go::install(&cache)?;
        let cargo_deny = cargo::deny(&cache)?;
        Ok(Self { cargo_deny, node_bin, go_bin, cache })
    }

    /// Built when it is first needed: only `cargo xtask fuzz` does.
    pub fn cargo_fuzz(&self) -> Result<PathBuf> {
        cargo::fuzz(&self.cache)
    }

    /// PATH with our Node and Go first.
    pub fn path(&self) -> std::ffi::OsString {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let ours = std::iter::once(self.node_bin.clone()).chain(self.go_bin.clone());
        std::env::join_paths(ours.chain(std::env::split_paths(&rest))).unwrap_or(rest)
    }

    /// `npm` with our Node, in a folder.
    pub fn npm(&self, dir: &str) -> Command {
        let mut command = Command::new("npm");
        command.current_dir(dir).env("PATH", self.path());
        command
    }

    /// Installs a folder's locked packages, unless they are there already.
    pub fn npm_ci(&self, dir: &str) -> Result<()> {
        let lock = Path::new(dir).join("package-lock.json");
        let installed = Path::new(dir).join("node_modules/.package-lock.json");
        let time = |path: &Path| path.metadata().and_then(|meta| meta.modified()).ok();
        if time(&installed).is_some() && time(&installed) >= time(&lock) {
            return Ok(());
        }
        sh::run(self.npm(dir).args(["ci", "--no-audit", "--no-fund"]))
    }
}
