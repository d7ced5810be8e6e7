//! Digests of a bundle's files, as OPA computes them.
//!
//! A file of rules is hashed as it is. A structured file (`data.json`, `data.yaml`, `.manifest`) is hashed by what it
//! says: members in the order of their names, no spaces, numbers as they were written. So a signature survives an
//! archive tool that writes JSON anew.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::value::RawValue;
use sha2::{Digest as _, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use super::BundleError;

/// `SHA-256` and its like, by the names that OPA gives them. MD5 and SHA-1, which OPA still knows, prove nothing.
pub(super) fn hash(algorithm: &str, bytes: &[u8]) -> Result<Vec<u8>, BundleError> {
    Ok(match algorithm {
        "SHA-224" => Sha224::digest(bytes).to_vec(),
        "SHA-256" => Sha256::digest(bytes).to_vec(),
        "SHA-384" => Sha384::digest(bytes).to_vec(),
        "SHA-512" => Sha512::digest(bytes).to_vec(),
        "SHA-512-224" => Sha512_224::digest(bytes).to_vec(),
        "SHA-512-256" => Sha512_256::digest(bytes).to_vec(),
        other => {
            return Err(BundleError::Signature(format!(
                "the digest {other:?} is not one that is trusted; use SHA-256"
            )));
        }
    })
}

/// What of a file is hashed.
pub(super) fn hashed_form<'a>(path: &str, bytes: &'a [u8]) -> Result<Cow<'a, [u8]>, BundleError> {
    let broken = |why: String| BundleError::Signature(format!("{path} cannot be hashed: {why}"));
    let json = match path.rsplit('/').next().unwrap_or(path) {
        "data.json" | ".manifest" => {
            Cow::Borrowed(std::str::from_utf8(bytes).map_err(|e| broken(e.to_string()))?)
        }
        "data.yaml" | "data.yml" => {
            let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
            let value = regorus::Value::from_yaml_str(text).map_err(|error| broken(error.to_string()))?;
            Cow::Owned(value.to_json_str().map_err(|error| broken(error.to_string()))?)
        }
        _ => return Ok(Cow::Borrowed(bytes)),
    };
    // Once as a whole: this bounds the depth of what is walked below.
    serde_json::from_str::<serde_json::Value>(&json).map_err(|error| broken(error.to_string()))?;
    let mut canonical = Vec::with_capacity(json.len());
    walk(json.trim(), &mut canonical).map_err(|error| broken(error.to_string()))?;
    Ok(Cow::Owned(canonical))
}

fn walk(json: &str, into: &mut Vec<u8>) -> serde_json::Result<()> {
    match json.as_bytes().first() {
        Some(b'{') => {
            let members: BTreeMap<String, &RawValue> = serde_json::from_str(json)?;
            into.push(b'{');
            for (index, (name, value)) in members.iter().enumerate() {
                if index > 0 {
                    into.push(b',');
                }
                string(name, into);
                into.push(b':');
                walk(value.get(), into)?;
            }
            into.push(b'}');
        }
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(json)?;
            into.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    into.push(b',');
                }
                walk(item.get(), into)?;
            }
            into.push(b']');
        }
        Some(b'"') => string(&serde_json::from_str::<String>(json)?, into),
        // Numbers keep the digits they were written with; the other words have one spelling.
        _ => into.extend_from_slice(json.as_bytes()),
    }
    Ok(())
}

/// As Go writes a string: the two line separators of Unicode escaped, everything else as in JSON at large.
fn string(text: &str, into: &mut Vec<u8>) {
    let quoted = serde_json::Value::from(text).to_string();
    into.extend_from_slice(quoted.replace('\u{2028}', "\\u2028").replace('\u{2029}', "\\u2029").as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(path: &str, text: &str) -> String {
        String::from_utf8(hashed_form(path, text.as_bytes()).unwrap().into_owned()).unwrap()
    }

    #[test]
    fn structured_files_are_hashed_by_what_they_say() {
        let spaced = "{ \"b\": [1.50, 2e3, \"\\u00fc<\\u2028\"],\n \"a\": {\"d\": null, \"c\": true} }\n";
        let wanted = "{\"a\":{\"c\":true,\"d\":null},\"b\":[1.50,2e3,\"ü<\\u2028\"]}";
        assert_eq!(form("x/data.json", spaced), wanted);
        assert_eq!(form(".manifest", spaced), wanted);
        assert_eq!(form("x.rego", spaced), spaced);
        assert_eq!(form("data.yaml", "b: [1, x]\na:\n  c: true\n"), "{\"a\":{\"c\":true},\"b\":[1,\"x\"]}");
    }

    #[test]
    fn depth_is_bounded() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert!(hashed_form("data.json", deep.as_bytes()).is_err());
    }
}
