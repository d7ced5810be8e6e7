//! Runs npm when the dashboard's sources are newer than what was built of them.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Instant, SystemTime};

use crate::warn;

/// What a build depends on. Of these, those that exist are watched.
const SOURCES: [&str; 8] = [
    "src",
    "public",
    "index.html",
    "package.json",
    "package-lock.json",
    "vite.config.ts",
    "vite.config.js",
    "tsconfig.json",
];

/// Lines of npm's output that are shown when it fails.
const LINES_SHOWN: usize = 20;

/// The folder with the built dashboard, or why there is none and what to do.
pub fn build(dashboard: &Path) -> Result<PathBuf, String> {
    let dist = dashboard.join("dist");
    let sources: Vec<PathBuf> =
        SOURCES.iter().map(|name| dashboard.join(name)).filter(|path| path.exists()).collect();
    for source in &sources {
        println!("cargo:rerun-if-changed={}", source.display());
    }
    // While it is missing, cargo runs this again each time: so a build after Node was installed finds it.
    println!("cargo:rerun-if-changed={}", dist.join("index.html").display());

    let lock = dashboard.join("package.json");
    // Held until the end: other cargo processes wait here, and then find everything built.
    let lock = File::open(&lock).map_err(|error| format!("{} cannot be read: {error}", lock.display()))?;
    lock.lock().map_err(|error| format!("package.json cannot be locked: {error}"))?;
    if is_current(&dist, &sources) {
        return Ok(dist);
    }
    check_node()?;
    let began = Instant::now();
    if !is_current_file(
        &dashboard.join("node_modules/.package-lock.json"),
        &dashboard.join("package-lock.json"),
    ) {
        npm(dashboard, &["ci", "--no-audit", "--no-fund"])?;
        warn(&format!("dashboard: npm ci took {} s", began.elapsed().as_secs()));
    }
    let began = Instant::now();
    npm(dashboard, &["run", "build"])?;
    warn(&format!("dashboard: npm run build took {} s", began.elapsed().as_secs()));
    if dist.join("index.html").exists() {
        Ok(dist)
    } else {
        Err("`npm run build` made no dist/index.html".into())
    }
}

/// Same as `engines` in dashboard/package.json.
fn check_node() -> Result<(), String> {
    const HOW: &str = "install Node 22.12 or newer with npm, and build again";
    let output =
        Command::new("node").arg("--version").output().map_err(|_| format!("there is no Node; {HOW}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut parts = text.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let fits = (20, 19) <= version && version < (21, 0) || version >= (22, 12);
    if fits { Ok(()) } else { Err(format!("this Node is {}; {HOW}", text.trim())) }
}

fn npm(dashboard: &Path, arguments: &[&str]) -> Result<(), String> {
    let what = format!("npm {}", arguments.join(" "));
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(dashboard)
        .output()
        .map_err(|error| format!("`{what}` could not be started ({error}); npm comes with Node"))?;
    if output.status.success() {
        return Ok(());
    }
    let text =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    let lines: Vec<&str> = text.lines().collect();
    warn(&lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n"));
    Err(format!("`{what}` failed ({}); run it in dashboard/ to see all it says", output.status))
}

fn is_current(dist: &Path, sources: &[PathBuf]) -> bool {
    let newest = sources.iter().filter_map(|source| newest_in(source)).max();
    modified(&dist.join("index.html")).is_some_and(|built| newest.is_none_or(|newest| newest <= built))
}

fn is_current_file(made: &Path, source: &Path) -> bool {
    modified(made).is_some_and(|made| modified(source).is_none_or(|source| source <= made))
}

fn newest_in(path: &Path) -> Option<SystemTime> {
    let own = modified(path);
    let Ok(entries) = fs::read_dir(path) else { return own };
    entries.flatten().filter_map(|entry| newest_in(&entry.path())).chain(own).max()
}

fn modified(path: &Path) -> Option<SystemTime> {
    fs::metadata(path).and_then(|metadata| metadata.modified()).ok()
}
