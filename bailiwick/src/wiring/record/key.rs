//! The key that signs heads: Ed25519 (RFC 8032), made once, in the data folder with mode 0600.

use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::exit::Failure;
use crate::paths::write_private;

const FILE: &str = "record.key";

#[derive(Clone)]
pub struct SigningKey(Arc<Ed25519KeyPair>);

impl SigningKey {
    /// Reads the key, or makes one where there is none. One that cannot be read is not replaced: heads that it
    /// signed could never be checked again.
    pub fn load(data_dir: &Path) -> Result<Self, Failure> {
        let file = data_dir.join(FILE);
        let wrong = |why: String| Failure::usage(format!("the record's key {}: {why}", file.display()));
        match std::fs::read_to_string(&file) {
            Ok(text) => {
                let bytes = STANDARD.decode(text.trim()).map_err(|_| wrong("it is not base64".to_owned()))?;
                let pair = Ed25519KeyPair::from_pkcs8(&bytes).map_err(|error| wrong(error.to_string()))?;
                Ok(Self(Arc::new(pair)))
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let pair = Ed25519KeyPair::generate()
                    .map_err(|_| wrong("the system has no random numbers".to_owned()))?;
                let document = pair.to_pkcs8v1().map_err(|error| wrong(error.to_string()))?;
                write_private(&file, &format!("{}\n", STANDARD.encode(document.as_ref())))
                    .map_err(|error| wrong(error.to_string()))?;
                Ok(Self(Arc::new(pair)))
            }
            Err(error) => Err(wrong(error.to_string())),
        }
    }

    /// Signature in base64.
    pub fn sign(&self, message: &[u8]) -> String {
        STANDARD.encode(self.0.sign(message))
    }

    /// In base64, 32 bytes.
    pub fn public(&self) -> String {
        STANDARD.encode(self.0.public_key().as_ref())
    }
}
