//! Cargo's own additions, each built once into the cache.

use std::path::{Path, PathBuf};

use anyhow::Result;

use crate::sh;

const CARGO_DENY: &str = "0.20.2";
const CARGO_FUZZ: &str = "0.13.2";

pub fn deny(cache: &Path) -> Result<PathBuf> {
    install(cache, "cargo-deny", CARGO_DENY)
}

pub fn fuzz(cache: &Path) -> Result<PathBuf> {
    install(cache, "cargo-fuzz", CARGO_FUZZ)
}

/// The program.
fn install(cache: &Path, name: &str, version: &str) -> Result<PathBuf> {
    let root = cache.join(format!("{name}-{version}"));
    let program = root.join("bin").join(name);
    if !program.is_file() {
        println!("building {name} {version} (once)");
        let target = cache.join(format!("{name}-target"));
        sh::run(
            sh::cargo()
                .args(["install", name, "--locked", "--version", version, "--root"])
                .arg(&root)
                // Its own target folder would be thrown away; ours has other features and flags.
                .env("CARGO_TARGET_DIR", &target)
                .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
                .env("CARGO_PROFILE_RELEASE_LTO", "off")
                .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
        )?;
        let _ = std::fs::remove_dir_all(target);
    }
    Ok(program)
}
