//! Is it signed, and by whom?

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde::Deserialize;

use super::hash::{hash, hashed_form};
use super::{BundleError, Entry, Keys};

pub(super) const SIGNATURES: &str = ".signatures.json";

#[derive(Deserialize)]
struct Signatures {
    #[serde(default)]
    signatures: Vec<String>,
    #[serde(default)]
    plugin: String,
}

#[derive(Deserialize)]
struct Header {
    #[serde(default)]
    kid: String,
}

#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    files: Vec<Signed>,
    #[serde(default)]
    keyid: String,
    #[serde(default)]
    scope: String,
}

#[derive(Deserialize)]
struct Signed {
    name: String,
    hash: String,
    algorithm: String,
}

/// Checks the signature over all files; the answer is the id of the key, `None` for an unsigned bundle that nobody
/// asked to be signed. A signature that cannot be checked for want of keys is an error, as in OPA.
pub(super) fn verify(entries: &[Entry], keys: Option<&Keys>) -> Result<Option<String>, BundleError> {
    let signatures = entries.iter().find(|entry| entry.path == SIGNATURES);
    let (file, keys) = match (signatures, keys) {
        (None, None) => return Ok(None),
        (None, Some(_)) => return Err(bad("there is none, and keys are configured: sign the bundle")),
        (Some(_), None) => {
            return Err(bad("the bundle is signed, and there is no key to check it by: configure one"));
        }
        (Some(file), Some(keys)) => (file, keys),
    };
    let listed: Signatures =
        serde_json::from_slice(&file.bytes).map_err(|error| bad(format!("{SIGNATURES}: {error}")))?;
    if !matches!(listed.plugin.as_str(), "" | "_default") {
        return Err(bad(format!("it is made by the plugin {:?}, which is not known here", listed.plugin)));
    }
    let [token] = listed.signatures.as_slice() else {
        return Err(bad(format!(
            "{SIGNATURES} must hold one signature and holds {}",
            listed.signatures.len()
        )));
    };
    let (claims, key_id) = checked(token, keys)?;
    if claims.scope != keys.scope {
        return Err(bad(format!("it is for the scope {:?}, not {:?}", claims.scope, keys.scope)));
    }
    check_files(entries, claims.files)?;
    Ok(Some(key_id))
}

/// The claims of a token whose signature holds, and the key by which it does.
fn checked(token: &str, keys: &Keys) -> Result<(Claims, String), BundleError> {
    let parts: Vec<&str> = token.split('.').collect();
    let [header, claims, signature] = parts.as_slice() else {
        return Err(bad("it is no JWT"));
    };
    let decoded = |part: &str| {
        BASE64_URL_SAFE_NO_PAD.decode(part).map_err(|error| bad(format!("it is no JWT: {error}")))
    };
    let no_jwt = |error: serde_json::Error| bad(format!("it is no JWT: {error}"));
    let head: Header = serde_json::from_slice(&decoded(header)?).map_err(no_jwt)?;
    let claimed: Claims = serde_json::from_slice(&decoded(claims)?).map_err(no_jwt)?;

    let id = [keys.key_id.as_deref().unwrap_or_default(), &head.kid, &claimed.keyid]
        .into_iter()
        .find(|id| !id.is_empty())
        .ok_or_else(|| bad("it does not say which key to check it by; configure key_id"))?
        .to_owned();
    let key = keys.keys.get(&id).ok_or_else(|| bad(format!("no key is configured under the id {id:?}")))?;
    // The algorithm is the key's and never the token's: otherwise a public key could be taken for a shared secret.
    let (algorithm, decoding) = key.parts()?;
    let message = &token[..header.len() + 1 + claims.len()];
    match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &decoding, algorithm) {
        Ok(true) => Ok((claimed, id)),
        Ok(false) => Err(bad(format!("it does not hold for the key {id:?} ({})", key.algorithm))),
        Err(error) => Err(bad(format!("it cannot be checked by the key {id:?}: {error}"))),
    }
}

/// Every file is signed, and nothing that is signed is missing.
fn check_files(entries: &[Entry], signed: Vec<Signed>) -> Result<(), BundleError> {
    let mut signed: BTreeMap<String, Signed> =
        signed.into_iter().map(|file| (file.name.trim_start_matches('/').to_owned(), file)).collect();
    for entry in entries.iter().filter(|entry| entry.path != SIGNATURES) {
        let said = signed.remove(&entry.path).ok_or_else(|| bad(format!("{} is not signed", entry.path)))?;
        let digest = hash(&said.algorithm, &hashed_form(&entry.path, &entry.bytes)?)?;
        if !hex::decode(&said.hash).is_ok_and(|wanted| wanted == digest) {
            return Err(bad(format!("{} is not what was signed", entry.path)));
        }
    }
    match signed.keys().next() {
        Some(missing) => Err(bad(format!("{missing} was signed and is missing"))),
        None => Ok(()),
    }
}

fn bad(why: impl Into<String>) -> BundleError {
    BundleError::Signature(why.into())
}
