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

/// The built dashboard. Nobody else builds it while this is held.
pub struct Built {
    pub dist: PathBuf,
    _lock: File,
}

/// The built dashboard, or why there is none and what to do.
pub fn build(dashboard: &Path) -> Result<Built, String> {
    let dist = dashboard.join("dist");
    let sources: Vec<PathBuf> =
        SOURCES.iter().map(|name| dashboard.join(name)).filter(|path| path.exists()).collect();
    for source in &sources {
        println!("cargo:rerun-if-changed={}", source.display());
    }
    // While it is missing, cargo runs this again each time: so a build after Node was installed finds it.
    println!("cargo:rerun-if-changed={}", dist.join("index.html").display());

    let lock = dashboard.join("package.json");
    // Other cargo processes wait here, and then find everything built.
    let lock = File::open(&lock).map_err(|error| format!("{} cannot be read: {error}", lock.display()))?;
    lock.lock().map_err(|error| format!("package.json cannot be locked: {error}"))?;
    let page = dist.join("index.html");
    let newest = sources.iter().filter_map(|source| newest_in(source)).max();
    if modified(&page).is_some_and(|built| newest.is_none_or(|newest| newest <= built)) {
        return Ok(Built { dist, _lock: lock });
    }
    check_node()?;
    let began = Instant::now();
    if !is_newer(&dashboard.join("node_modules/.package-lock.json"), &dashboard.join("package-lock.json")) {
        install(dashboard)?;
        warn(&format!("dashboard: installing packages took {} s", began.elapsed().as_secs()));
    }
    let began = Instant::now();
    npm(dashboard, &["run", "build"])?;
    warn(&format!("dashboard: npm run build took {} s", began.elapsed().as_secs()));
    // As old as the newest source that was built: a source saved while npm ran counts as newer, and cargo, which
    // looks for files changed since it started this script, finds none.
    let stamped = File::options()
        .write(true)
        .open(&page)
        .and_then(|file| newest.map_or(Ok(()), |newest| file.set_modified(newest)));
    stamped.map_err(|error| format!("`npm run build` made no usable dist/index.html: {error}"))?;
    Ok(Built { dist, _lock: lock })
}

/// Same as `engines` in dashboard/package.json.
fn check_node() -> Result<(), String> {
    const HOW: &str = "install Node 22.12 or newer with npm, and build again";
    let output =
        Command::new("node").arg("--version").output().map_err(|_| format!("there is no Node; {HOW}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let mut parts = text.trim().trim_start_matches('v').split('.').map_while(|part| part.parse::<u32>().ok());
    let version = (parts.next().unwrap_or(0), parts.next().unwrap_or(0));
    let fits = ((20, 19)..(21, 0)).contains(&version) || version >= (22, 12);
    if fits { Ok(()) } else { Err(format!("this Node is {}; {HOW}", text.trim())) }
}

/// What the lock file says. `npm ci` refuses one that was written where the registry lacks the optional packages of
/// other platforms; `npm install --no-save` takes the same versions and leaves the file alone.
fn install(dashboard: &Path) -> Result<(), String> {
    npm(dashboard, &["ci", "--no-audit", "--no-fund"])
        .or_else(|_| npm(dashboard, &["install", "--no-save", "--no-audit", "--no-fund"]))
}

/// The error ends with what npm said last.
fn npm(dashboard: &Path, arguments: &[&str]) -> Result<(), String> {
    let what = format!("npm {}", arguments.join(" "));
    let output = Command::new("npm")
        .args(arguments)
        .current_dir(dashboard)
        .env("NO_COLOR", "1")
        .output()
        .map_err(|error| format!("`{what}` could not be started ({error}); npm comes with Node"))?;
    if output.status.success() {
        return Ok(());
    }
    let text =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let last = lines[lines.len().saturating_sub(LINES_SHOWN)..].join("\n");
    Err(format!("`{what}` failed; run it in dashboard/ to see all it says, which ends with:\n{last}"))
}

/// Whether `made` was made after the last change of `source`.
fn is_newer(made: &Path, source: &Path) -> bool {
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
