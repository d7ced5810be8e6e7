//! The `data` tree of a bundle.

use serde_json::{Map, Value};

use super::{BundleError, Manifest};

/// Puts a document at a path of the tree. Two files may add to the same object, never to the same member.
pub(super) fn insert(tree: &mut Map<String, Value>, file: &str, value: Value) -> Result<(), BundleError> {
    let folders: Vec<&str> = file.split('/').collect();
    let folders = &folders[..folders.len() - 1];
    let mut value = value;
    for folder in folders.iter().rev() {
        value = Value::Object(Map::from_iter([((*folder).to_owned(), value)]));
    }
    match value {
        Value::Object(members) => merge(tree, members, file),
        _ => Err(BundleError::Data(format!("{file}: the root of data must be an object"))),
    }
}

fn merge(into: &mut Map<String, Value>, from: Map<String, Value>, file: &str) -> Result<(), BundleError> {
    for (name, value) in from {
        match (into.get_mut(&name), value) {
            (None, value) => {
                into.insert(name, value);
            }
            (Some(Value::Object(there)), Value::Object(more)) => merge(there, more, file)?,
            (Some(_), _) => {
                return Err(BundleError::Data(format!("{file}: `{name}` is given by another file too")));
            }
        }
    }
    Ok(())
}

/// Every leaf lies in a root.
pub(super) fn check_roots(tree: &Map<String, Value>, manifest: &Manifest) -> Result<(), BundleError> {
    let mut path = Vec::new();
    walk(tree, &mut path, manifest)
}

fn walk<'a>(
    members: &'a Map<String, Value>,
    path: &mut Vec<&'a str>,
    manifest: &Manifest,
) -> Result<(), BundleError> {
    for (name, value) in members {
        path.push(name);
        if !manifest.owns(path.iter().copied()) {
            match value {
                Value::Object(more) if !more.is_empty() => walk(more, path, manifest)?,
                _ => {
                    return Err(BundleError::Data(format!(
                        "`{}` lies outside of the manifest's roots",
                        path.join("/")
                    )));
                }
            }
        }
        path.pop();
    }
    Ok(())
}
