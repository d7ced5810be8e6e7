//! Lays out the files that are embedded.

use std::path::Path;
use std::process::Command;
use std::{fs, io};

use crate::warn;

/// Copies the built dashboard and compresses it.
pub fn from_dist(dist: &Path, site: &Path) {
    empty(site);
    copy(dist, site).unwrap_or_else(|error| panic!("{} cannot be copied: {error}", dist.display()));
    // Node compresses a hundred times faster than an unoptimised build script would.
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("build/compress.mjs");
    match Command::new("node").arg(script).arg(site).status() {
        Ok(status) if status.success() => {}
        outcome => {
            warn(&format!("the dashboard is embedded without compression: node ended with {outcome:?}"))
        }
    }
}

/// One page that says what is missing.
pub fn placeholder(why: &str, site: &Path) {
    empty(site);
    let why = why.lines().next().unwrap_or_default().trim_end_matches(':');
    let page =
        include_str!("placeholder.html").replace("{why}", &why.replace('&', "&amp;").replace('<', "&lt;"));
    fs::write(site.join("index.html"), page)
        .unwrap_or_else(|error| panic!("{} cannot be written: {error}", site.display()));
}

fn empty(site: &Path) {
    // It is not there the first time.
    let _ = fs::remove_dir_all(site);
    fs::create_dir_all(site).unwrap_or_else(|error| panic!("{} cannot be made: {error}", site.display()));
}

fn copy(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
