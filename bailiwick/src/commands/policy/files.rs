//! Rules as they lie on disk, or as they are in force.

use std::path::Path;

use policy::PolicyFile;
use policy::bundle::{self, Limits};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::cli::Global;
use crate::commands::session::Session;
use crate::exit::Failure;

/// Rules with what they look into.
pub struct Rules {
    pub files: Vec<PolicyFile>,
    pub data: Value,
}

/// From a folder, a bundle, or the process that serves.
pub async fn read(global: &Global, path: Option<&Path>) -> Result<Rules, Failure> {
    match path {
        Some(path) => from_disk(path),
        None => {
            let session = Session::open(global, true).await?;
            let found = in_force(&session).await;
            session.close().await;
            found
        }
    }
}

/// A folder with `.rego` files, tests among them, in folders below it as well; or a `.tar.gz`.
pub fn from_disk(path: &Path) -> Result<Rules, Failure> {
    let wrong = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let limits = Limits::default();
    let entries = if path.is_dir() {
        let mut entries = Vec::new();
        gather(path, path, &mut entries)?;
        let bundle = bundle::assemble(entries, None, &limits).map_err(|error| wrong(error.to_string()))?;
        return checked(bundle, path);
    } else {
        std::fs::read(path).map_err(|error| wrong(error.to_string()))?
    };
    checked(bundle::read(&entries, None, &limits).map_err(|error| wrong(error.to_string()))?, path)
}

fn checked(bundle: bundle::Bundle, path: &Path) -> Result<Rules, Failure> {
    if bundle.files.is_empty() {
        return Err(Failure::usage(format!("{} holds no .rego files", path.display())));
    }
    Ok(Rules { files: bundle.files, data: bundle.data })
}

fn gather(root: &Path, folder: &Path, entries: &mut Vec<bundle::Entry>) -> Result<(), Failure> {
    let mut paths: Vec<_> = std::fs::read_dir(folder)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", folder.display())))?
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()?;
    paths.sort();
    for path in paths {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        let ours = path.extension().is_some_and(|extension| extension == "rego")
            || matches!(name, "data.json" | "data.yaml" | "data.yml" | ".manifest" | ".signatures.json");
        if path.is_dir() && !name.starts_with('.') {
            gather(root, &path, entries)?;
        } else if ours && path.is_file() {
            let inside = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            entries.push(bundle::Entry { path: inside, bytes: std::fs::read(&path)? });
        }
    }
    Ok(())
}

/// The rules of the serving process and, as far as it keeps them, their tests.
pub async fn in_force(session: &Session) -> Result<Rules, Failure> {
    #[derive(Deserialize)]
    struct File {
        path: String,
        text: String,
    }
    let mut answer = session.client.raw("/policy").await?;
    let files: Vec<File> = serde_json::from_value(answer["files"].take())?;
    let files = files.into_iter().map(|file| PolicyFile { path: file.path, text: file.text }).collect();
    Ok(Rules { files, data: json!({}) })
}

/// Files as the API takes them.
pub fn body(files: &[PolicyFile]) -> Value {
    files.iter().map(|file| json!({"path": file.path, "text": file.text})).collect()
}
