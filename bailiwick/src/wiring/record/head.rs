//! A head with the signature of whoever kept the record.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::{TenantId, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::{Hash, Head};

use super::SigningKey;

/// Signed is the text `bailiwick.head.1`, tenant, number, hash and microseconds since 1970, a line each.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedHead {
    pub tenant: TenantId,
    pub seq: u64,
    pub hash: Hash,
    pub at: Timestamp,
    /// Ed25519, base64.
    pub public_key: String,
    /// Base64.
    pub signature: String,
}

impl SignedHead {
    pub fn sign(tenant: TenantId, head: &Head, key: &SigningKey) -> Self {
        Self {
            tenant,
            seq: head.seq,
            hash: head.hash,
            at: head.at,
            public_key: key.public(),
            signature: key.sign(message(tenant, head).as_bytes()),
        }
    }

    /// Whether it was signed with this key (base64).
    pub fn is_signed_by(&self, public_key: &str) -> bool {
        let (Ok(key), Ok(signature)) = (STANDARD.decode(public_key), STANDARD.decode(&self.signature)) else {
            return false;
        };
        let message = message(self.tenant, &self.head());
        UnparsedPublicKey::new(&ED25519, key).verify(message.as_bytes(), &signature).is_ok()
    }

    pub fn head(&self) -> Head {
        Head { seq: self.seq, hash: self.hash, at: self.at }
    }
}

fn message(tenant: TenantId, head: &Head) -> String {
    format!("bailiwick.head.1\n{tenant}\n{}\n{}\n{}\n", head.seq, head.hash, head.at.timestamp_micros())
}

/// Enough of a public key for a person to compare.
pub fn fingerprint(public_key: &str) -> String {
    let digest = Sha256::digest(public_key.as_bytes());
    hex::encode(&digest[..8])
}
