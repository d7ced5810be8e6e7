//! Signing a bundle.

use jsonwebtoken::Header;
use serde_json::{Value, json};

use super::hash::{hash, hashed_form};
use super::{BundleError, Entry, SigningKey};

const DIGEST: &str = "SHA-256";

/// `.signatures.json` for the files.
pub(super) fn sign(entries: &[Entry], key: &SigningKey) -> Result<Vec<u8>, BundleError> {
    let mut files = Vec::with_capacity(entries.len());
    for entry in entries {
        let digest = hash(DIGEST, &hashed_form(&entry.path, &entry.bytes)?)?;
        files.push(json!({"name": entry.path, "hash": hex::encode(digest), "algorithm": DIGEST}));
    }
    let (algorithm, encoding) = key.parts()?;
    let mut header = Header::new(algorithm);
    header.kid = Some(key.id.clone());
    // OPA before 0.60 looks for the id among the claims.
    let mut claims = json!({"files": files, "keyid": key.id});
    if !key.scope.is_empty() {
        claims["scope"] = Value::from(key.scope.as_str());
    }
    let token = jsonwebtoken::encode(&header, &claims, &encoding)
        .map_err(|error| BundleError::Signature(format!("it cannot be made: {error}")))?;
    Ok(json!({"signatures": [token]}).to_string().into_bytes())
}
