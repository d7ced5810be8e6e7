//! `bailiwick policy fmt`

use std::path::{Path, PathBuf};

use policy::PolicyFile;

use super::unusable;
use crate::exit::{Code, Failure};
use crate::terminal::say;

/// Lays out files, and all below folders. Nothing is written before every file was read.
pub fn fmt(paths: &[PathBuf], check: bool) -> Result<Code, Failure> {
    let mut files = Vec::new();
    for path in paths {
        gather(path, &mut files)?;
    }
    let mut changed = Vec::new();
    for path in files {
        let text = std::fs::read_to_string(&path)
            .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", path.display())))?;
        let file = PolicyFile { path: path.display().to_string(), text };
        let formatted = policy::format::format(&file).map_err(unusable)?;
        if formatted.changed {
            changed.push((path, formatted.text));
        }
    }
    for (path, text) in &changed {
        if !check {
            std::fs::write(path, text)
                .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", path.display())))?;
        }
        say!("{}", path.display())?;
    }
    Ok(if check && !changed.is_empty() { Code::Error } else { Code::Ok })
}

fn gather(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Failure> {
    if !path.is_dir() {
        files.push(path.to_owned());
        return Ok(());
    }
    let mut entries: Vec<_> =
        std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    entries.sort();
    for entry in entries {
        if entry.is_dir() || entry.extension().is_some_and(|extension| extension == "rego") {
            gather(&entry, files)?;
        }
    }
    Ok(())
}
