//! From files to a bundle.

use serde_json::{Map, Value};

use super::unpack::{normalise, unpack};
use super::verify::verify;
use super::{Bundle, BundleError, Entry, Keys, Limits, Manifest, data};
use crate::PolicyFile;
use crate::syntax::package_of;

/// Reads an archive. With keys, the bundle must be signed by one of them.
pub fn read(archive: &[u8], keys: Option<&Keys>, limits: &Limits) -> Result<Bundle, BundleError> {
    assemble(unpack(archive, limits)?, keys, limits)
}

/// Makes a bundle of files that are already unpacked, as those of a folder; the same checks apply.
pub fn assemble(entries: Vec<Entry>, keys: Option<&Keys>, limits: &Limits) -> Result<Bundle, BundleError> {
    let entries = normalise(entries, limits)?;
    let signed_by = verify(&entries, keys)?;

    let mut manifest = Manifest::default();
    if let Some(entry) = entries.iter().find(|entry| entry.path == ".manifest") {
        manifest = Manifest::parse(&entry.bytes)?;
    }
    let mut files = Vec::new();
    let mut tree = Map::new();
    for Entry { path, bytes } in entries {
        match path.rsplit('/').next().unwrap_or(&path) {
            ".manifest" if path != ".manifest" => {
                return Err(BundleError::entry(&path, "only the root of a bundle has a manifest"));
            }
            "policy.wasm" | "plan.json" | "plan.pb" | ".manifest.pb" | "patch.json" => {
                return Err(BundleError::entry(
                    &path,
                    "this form of bundle is not supported; build it with `opa build --bundle` and no target",
                ));
            }
            "data.json" => {
                let value = serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &error))?;
                data::insert(&mut tree, &path, value)?;
            }
            "data.yaml" | "data.yml" => data::insert(&mut tree, &path, yaml(&path, &bytes)?)?,
            name if name.ends_with(".rego") => {
                let text = String::from_utf8(bytes)
                    .map_err(|_| BundleError::entry(&path, "it is not UTF-8, as Rego must be"))?;
                files.push(PolicyFile { path, text });
            }
            // Signed, if the bundle is, and of no meaning to rules.
            _ => {}
        }
    }
    data::check_roots(&tree, &manifest)?;
    check_packages(&files, &manifest)?;
    Ok(Bundle { manifest, files, data: Value::Object(tree), signed_by })
}

/// Every file of rules lies in a root, by its package. A file that does not parse is the compiler's to report.
fn check_packages(files: &[PolicyFile], manifest: &Manifest) -> Result<(), BundleError> {
    for file in files {
        let Some(package) = package_of(file) else { continue };
        if !manifest.owns(package.iter().map(String::as_str)) {
            let why = format!("its package `{}` lies outside of the manifest's roots", package.join("."));
            return Err(BundleError::entry(&file.path, why));
        }
    }
    Ok(())
}

fn yaml(path: &str, bytes: &[u8]) -> Result<Value, BundleError> {
    let text = std::str::from_utf8(bytes).map_err(|error| unreadable(path, &error))?;
    let value = regorus::Value::from_yaml_str(text).map_err(|error| unreadable(path, &error))?;
    let json = value.to_json_str().map_err(|error| unreadable(path, &error))?;
    serde_json::from_str(&json).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &str, error: &impl std::fmt::Display) -> BundleError {
    BundleError::Data(format!("{path}: {error}"))
}
