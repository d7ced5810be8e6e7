//! `.manifest`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::BundleError;

/// `.manifest` of a bundle.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// What its author calls this state of the bundle; shown, logged, and not relied on.
    #[serde(default)]
    pub revision: String,
    /// Parts of the `data` tree that the bundle owns, like `bailiwick` or `hosts/known`; `None` is all of it. What
    /// lies elsewhere is an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub roots: Option<Vec<String>>,
    /// 1, or not said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rego_version: Option<u32>,
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub metadata: Map<String, Value>,
}

/// Members that would change what the bundle means.
#[derive(Deserialize)]
struct Foreign {
    #[serde(default)]
    wasm: Vec<Value>,
    #[serde(default)]
    file_rego_versions: Map<String, Value>,
}

impl Manifest {
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, BundleError> {
        let broken = |error: serde_json::Error| BundleError::Manifest(error.to_string());
        // By way of a map, because a struct would also be read from an array.
        let members: Map<String, Value> = serde_json::from_slice(bytes).map_err(broken)?;
        let members = Value::Object(members);
        let mut manifest = Manifest::deserialize(&members).map_err(broken)?;
        let foreign = Foreign::deserialize(&members).map_err(broken)?;
        if !foreign.wasm.is_empty() {
            return Err(BundleError::Manifest(
                "`wasm` is not supported; build the bundle without a target".into(),
            ));
        }
        let versions = foreign.file_rego_versions.values().cloned();
        for version in versions.chain(manifest.rego_version.map(Value::from)) {
            if version != 1 {
                return Err(BundleError::Manifest(format!(
                    "Rego version {version} is not supported, only 1"
                )));
            }
        }
        if let Some(roots) = &mut manifest.roots {
            for root in roots.iter_mut() {
                *root = root.trim_matches('/').to_owned();
            }
            check_overlap(roots)?;
        }
        Ok(manifest)
    }

    /// Whether a path of the `data` tree lies in a root. A path above a root does not.
    pub(super) fn owns<'a>(&self, path: impl IntoIterator<Item = &'a str>) -> bool {
        let Some(roots) = &self.roots else { return true };
        let path: Vec<&str> = path.into_iter().collect();
        roots.iter().any(|root| path.starts_with(&segments(root)))
    }
}

fn check_overlap(roots: &[String]) -> Result<(), BundleError> {
    for (index, one) in roots.iter().enumerate() {
        for other in &roots[index + 1..] {
            if segments(one).starts_with(&segments(other)) || segments(other).starts_with(&segments(one)) {
                return Err(BundleError::Manifest(format!("the roots `{one}` and `{other}` overlap")));
            }
        }
    }
    Ok(())
}

fn segments(root: &str) -> Vec<&str> {
    root.split('/').filter(|part| !part.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_whole_segments() {
        let manifest =
            Manifest::parse(br#"{"revision": "7", "roots": ["/bailiwick/", "hosts/known"]}"#).unwrap();
        assert!(manifest.owns(["bailiwick", "deny"]));
        assert!(manifest.owns(["hosts", "known"]));
        for outside in [vec!["bailiwick_test"], vec!["hosts"], vec!["hosts", "knownish"], vec![]] {
            assert!(!manifest.owns(outside.clone()), "{outside:?}");
        }
        assert!(Manifest::parse(b"{}").unwrap().owns(["anything"]));
        assert!(!Manifest::parse(br#"{"roots": []}"#).unwrap().owns(["anything"]));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for text in [
            r#"{"roots": ["a", "a/b"]}"#,
            r#"{"roots": ["", "a"]}"#,
            r#"{"rego_version": 0}"#,
            r#"{"file_rego_versions": {"*.rego": 0}}"#,
            r#"{"wasm": [{"module": "/policy.wasm"}]}"#,
            r#"{"roots": "a"}"#,
            "[]",
            "",
        ] {
            assert!(Manifest::parse(text.as_bytes()).is_err(), "{text}");
        }
    }
}
