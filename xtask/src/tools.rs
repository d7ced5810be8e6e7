//! What tests and checks need besides Rust: found, or installed, or the run fails. Nothing is skipped.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::sh;

/// Version of `cargo-deny`, built once into the cache.
const CARGO_DENY: &str = "0.20.2";
/// Node that the dashboard and the SDK tests are run with; the npm package `node` brings the binary.
const NODE: &str = "22.23.3";
/// Debian packages, each with a program that shows that it is there.
const PACKAGES: [(&str, &str); 6] = [
    ("chromium", "chromium"),
    ("git", "git"),
    ("python3-venv", "python3"),
    ("bubblewrap", "bwrap"),
    ("util-linux", "setpriv"),
    ("npm", "npm"),
];

pub struct Tools {
    pub cargo_deny: PathBuf,
    node_bin: PathBuf,
    pub cache: PathBuf,
}

impl Tools {
    pub fn install() -> Result<Self> {
        let cache = sh::cache()?;
        debian_packages()?;
        let node_bin = node(&cache)?;
        let cargo_deny = cargo_deny(&cache)?;
        Ok(Self { cargo_deny, node_bin, cache })
    }

    /// PATH with our Node first.
    pub fn path(&self) -> std::ffi::OsString {
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let dirs = std::iter::once(self.node_bin.clone()).chain(std::env::split_paths(&rest));
        std::env::join_paths(dirs).unwrap_or(rest)
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

fn debian_packages() -> Result<()> {
    let mut missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, program)| !sh::has(program)).map(|(package, _)| *package).collect();
    if !postgres_is_there() {
        missing.push("postgresql");
    }
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(", "));
    if !sh::has("apt-get") {
        bail!("please install {} (this system has no apt-get)", missing.join(", "));
    }
    let root = sh::output(Command::new("id").arg("-u"))?.trim() == "0";
    let apt = || {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.arg("apt-get");
        }
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    sh::run(apt().args(["update", "-q"]))?;
    sh::run(apt().args(["install", "-y", "-q", "--no-install-recommends"]).args(&missing))
}

fn postgres_is_there() -> bool {
    sh::has("initdb") && sh::has("postgres")
        || std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut dirs| {
            dirs.any(|dir| dir.is_ok_and(|dir| dir.path().join("bin/initdb").is_file()))
        })
}

fn node(cache: &Path) -> Result<PathBuf> {
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

fn cargo_deny(cache: &Path) -> Result<PathBuf> {
    let root = cache.join(format!("cargo-deny-{CARGO_DENY}"));
    let program = root.join("bin/cargo-deny");
    if !program.is_file() {
        println!("building cargo-deny {CARGO_DENY} (once)");
        sh::run(
            sh::cargo()
                .args(["install", "cargo-deny", "--locked", "--version", CARGO_DENY, "--root"])
                .arg(&root)
                // Its own target folder would be thrown away; ours has other features and flags.
                .env("CARGO_TARGET_DIR", cache.join("cargo-deny-target"))
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        )?;
        let _ = std::fs::remove_dir_all(cache.join("cargo-deny-target"));
    }
    Ok(program)
}
