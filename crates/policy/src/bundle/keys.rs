//! Keys for signatures of bundles.

use std::collections::BTreeMap;
use std::fmt;

use jsonwebtoken::{Algorithm, AlgorithmFamily, DecodingKey, EncodingKey};
use serde::Deserialize;

use super::BundleError;

/// `[policy.bundle.verification]`: whose signature a bundle must carry. With keys, an unsigned bundle is refused.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// By id, which the signature names (`kid` of its header, or the older claim `keyid`).
    pub keys: BTreeMap<String, Key>,
    /// The one id to take, whatever the signature names.
    #[serde(default)]
    pub key_id: Option<String>,
    /// What the claim `scope` must say; empty: there must be none.
    #[serde(default)]
    pub scope: String,
}

/// A key that verifies.
#[derive(Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// `RS256`, `ES256`, `HS256` and their like. A signature of another algorithm does not hold.
    #[serde(default = "default_algorithm")]
    pub algorithm: String,
    /// PEM of a public key or certificate; for `HS…`, the shared secret itself.
    pub key: String,
}

/// A key that signs.
#[derive(Clone)]
pub struct SigningKey {
    /// As in [`Key`].
    pub algorithm: String,
    /// PEM of a private key; for `HS…`, the shared secret itself.
    pub key: String,
    /// Which of the verifier's keys to take.
    pub id: String,
    /// The claim `scope`; none when empty.
    pub scope: String,
}

fn default_algorithm() -> String {
    "RS256".into()
}

impl Key {
    pub(super) fn parts(&self) -> Result<(Algorithm, DecodingKey), BundleError> {
        let algorithm = algorithm(&self.algorithm)?;
        let pem = self.key.as_bytes();
        let key = match algorithm.family() {
            AlgorithmFamily::Hmac => Ok(DecodingKey::from_secret(pem)),
            AlgorithmFamily::Rsa => DecodingKey::from_rsa_pem(pem),
            AlgorithmFamily::Ec => DecodingKey::from_ec_pem(pem),
            AlgorithmFamily::Ed => DecodingKey::from_ed_pem(pem),
        };
        Ok((algorithm, key.map_err(|error| unreadable(&self.algorithm, &error))?))
    }
}

impl SigningKey {
    pub(super) fn parts(&self) -> Result<(Algorithm, EncodingKey), BundleError> {
        let algorithm = algorithm(&self.algorithm)?;
        let pem = self.key.as_bytes();
        let key = match algorithm.family() {
            AlgorithmFamily::Hmac => Ok(EncodingKey::from_secret(pem)),
            AlgorithmFamily::Rsa => EncodingKey::from_rsa_pem(pem),
            AlgorithmFamily::Ec => EncodingKey::from_ec_pem(pem),
            AlgorithmFamily::Ed => EncodingKey::from_ed_pem(pem),
        };
        Ok((algorithm, key.map_err(|error| unreadable(&self.algorithm, &error))?))
    }
}

fn algorithm(name: &str) -> Result<Algorithm, BundleError> {
    name.parse().map_err(|_| {
        BundleError::Signature(format!("the algorithm {name:?} is not known; use RS256, ES256 or HS256"))
    })
}

fn unreadable(algorithm: &str, error: &jsonwebtoken::errors::Error) -> BundleError {
    BundleError::Signature(format!("the key is not one for {algorithm}: {error}"))
}

// A shared secret is a secret, and so is a private key.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Key").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
