//! From a command of the caller's to what the helper is told: checked, canonical, complete.

use std::path::{Path, PathBuf};

use crate::wire::{Shown, Spec};
use crate::{Command, Config, Level, environment};

/// Paths that the fence lays out itself, so that no workspace may contain them.
const OWN_PATHS: [&str; 9] = ["/usr", "/etc", "/bin", "/sbin", "/lib", "/proc", "/dev", "/sys", "/tmp"];

/// Checks a command and says it in the helper's words.
pub(crate) fn spec(config: &Config, level: Level, command: &Command) -> Result<Spec, String> {
    check_argv(&command.argv)?;
    let workspace = workspace(&command.workspace)?;
    Ok(Spec {
        level,
        argv: command.argv.clone(),
        environment: environment::clean(config, &command.environment)?,
        current_dir: Some(current_dir(&workspace, &command.current_dir)?),
        writable: vec![Shown::in_place(workspace)],
        read_only: read_only(config)?,
        limits: config.limits.clone(),
        scratch_parent: std::env::temp_dir(),
        network: false,
        stdin_follows: false,
    })
}

pub(crate) fn check_argv(argv: &[String]) -> Result<(), String> {
    if argv.first().is_none_or(String::is_empty) {
        return Err("the command is empty".to_owned());
    }
    if argv.iter().any(|argument| argument.contains('\0')) {
        return Err("an argument contains a NUL character, which no program can get".to_owned());
    }
    Ok(())
}

/// Whether a tree holds what the fence lays out itself, or lies in what the kernel makes up.
pub(crate) fn is_of_the_system(canonical: &Path) -> bool {
    let holds_system = OWN_PATHS.iter().any(|own| Path::new(own).starts_with(canonical));
    let in_kernel = ["/proc", "/dev", "/sys"].iter().any(|own| canonical.starts_with(own));
    holds_system || in_kernel
}

fn workspace(path: &Path) -> Result<PathBuf, String> {
    let canonical = path
        .canonicalize()
        .map_err(|error| format!("the workspace {} cannot be reached: {error}", path.display()))?;
    if canonical.to_str().is_none() {
        return Err(format!("the name of the workspace {} is not UTF-8 text", canonical.display()));
    }
    if !canonical.is_dir() {
        return Err(format!("the workspace {} is not a folder", canonical.display()));
    }
    if is_of_the_system(&canonical) {
        return Err(format!(
            "{} belongs to the system and cannot be a workspace; choose a folder of your own",
            canonical.display()
        ));
    }
    Ok(canonical)
}

fn current_dir(workspace: &Path, path: &Path) -> Result<PathBuf, String> {
    let canonical = path
        .canonicalize()
        .map_err(|error| format!("the working folder {} cannot be reached: {error}", path.display()))?;
    if !canonical.starts_with(workspace) {
        return Err(format!(
            "the working folder {} is outside the workspace {}",
            canonical.display(),
            workspace.display()
        ));
    }
    if canonical.to_str().is_none() {
        return Err(format!("the name of the working folder {} is not UTF-8 text", canonical.display()));
    }
    Ok(canonical)
}

pub(crate) fn read_only(config: &Config) -> Result<Vec<Shown>, String> {
    let mut all = Vec::new();
    for path in &config.read_only_paths {
        let refuse =
            |why: &str| Err(format!("`read_only_paths` in [fence] names {}, which {why}", path.display()));
        if !path.is_absolute() {
            return refuse("is not an absolute path");
        }
        let source = match path.canonicalize() {
            Ok(source) => source,
            Err(error) => return refuse(&format!("cannot be reached: {error}")),
        };
        if source.to_str().is_none() || path.to_str().is_none() {
            return refuse("is not UTF-8 text");
        }
        if source == Path::new("/") {
            return refuse("is everything");
        }
        all.extend(Shown::both(path.clone(), source));
    }
    Ok(all)
}
