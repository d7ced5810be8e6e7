//! OPA bundles: policies and data in one archive, with a manifest and, if wanted, a signature.
//!
//! A bundle is a gzip-compressed tar archive, in the layout that `opa build` writes and every OPA reads:
//!
//! | file | what it is |
//! |---|---|
//! | `*.rego` | rules; `*_test.rego` are tests of the others and are never asked |
//! | `data.json`, `data.yaml`, `data.yml` | data; one in `a/b/` is seen by rules as `data.a.b` |
//! | `.manifest` | `{"revision", "roots", "rego_version", "metadata"}`, see [`Manifest`] |
//! | `.signatures.json` | `{"signatures": ["a JWT over the digests of all other files"]}`, see [`Keys`] |
//!
//! Other files are part of what is signed and are otherwise left alone. What would change the meaning of a bundle and
//! is not understood here (WebAssembly, Rego v0, patches of another bundle) is refused, never skipped.
//!
//! Reading trusts nothing: sizes are counted while unpacking, names that leave the bundle, links and doubles are
//! errors, and files outside of the manifest's roots as well.

mod assemble;
mod data;
mod error;
mod hash;
mod keys;
mod manifest;
mod sign;
mod unpack;
mod verify;
mod write;

pub use assemble::{assemble, read};
pub use error::BundleError;
pub use keys::{Key, Keys, SigningKey};
pub use manifest::Manifest;
pub use unpack::{Entry, Limits};
pub use write::write;

use serde_json::Value;

use crate::{Config, Policy, PolicyError, PolicyFile, TestReport};

/// What a bundle holds, checked.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Bundle {
    pub manifest: Manifest,
    /// Rules and their tests, by path without a leading `/`.
    pub files: Vec<PolicyFile>,
    /// Always an object; `{}` when the bundle brings no data. Numbers beyond 64 bits are rounded to floats.
    pub data: Value,
    /// The id of the key whose signature held; `None` for a bundle that was not signed.
    pub signed_by: Option<String>,
}

impl Bundle {
    /// A bundle of files alone, as it is before it is written.
    pub fn of(files: Vec<PolicyFile>, revision: &str) -> Self {
        let manifest = Manifest { revision: revision.to_owned(), ..Manifest::default() };
        Self { manifest, files, data: Value::Object(Default::default()), signed_by: None }
    }

    /// The rules, without their tests.
    pub fn rules(&self) -> Vec<PolicyFile> {
        self.files.iter().filter(|file| !file.is_test()).cloned().collect()
    }

    /// Compiles the rules with the data. The [revision](Policy::revision) of the policy is made of their contents and
    /// not of the manifest's `revision`, which says what its author liked.
    pub fn compile(&self, config: Config) -> Result<Policy, PolicyError> {
        Policy::compile_with_data(self.rules(), self.data.clone(), config)
    }

    /// Runs the bundle's own tests against its rules and data.
    pub fn test(&self) -> Result<TestReport, PolicyError> {
        crate::tests_of_rules::test_with_data(&self.files, &self.data)
    }
}
