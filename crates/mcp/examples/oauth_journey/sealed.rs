//! A store that seals what it writes to disk, as the vault does.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use aws_lc_rs::aead::{AES_256_GCM_SIV, Aad, Nonce, RandomizedNonceKey};
use mcp::oauth::{StoreFailed, TokenStore};
use secrecy::{ExposeSecret as _, SecretString};
use sha2::{Digest as _, Sha256};

use super::Failed;

pub struct SealedStore {
    folder: tempfile::TempDir,
    key: RandomizedNonceKey,
    learned: Mutex<Vec<String>>,
}

impl SealedStore {
    pub fn new() -> Result<Self, Failed> {
        let key = RandomizedNonceKey::new(&AES_256_GCM_SIV, &rand::random::<[u8; 32]>())?;
        Ok(Self { folder: tempfile::tempdir()?, key, learned: Mutex::default() })
    }

    /// All that lies in the folder, names included.
    pub fn on_disk(&self) -> Result<String, Failed> {
        let mut all = String::new();
        for entry in std::fs::read_dir(self.folder.path())? {
            let path = entry?.path();
            all.push_str(&path.to_string_lossy());
            all.push_str(&String::from_utf8_lossy(&std::fs::read(path)?));
        }
        Ok(all)
    }

    pub fn learned_secrets(&self) -> Vec<String> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn path(&self, key: &str) -> PathBuf {
        let name: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
        self.folder.path().join(name)
    }
}

#[async_trait]
impl TokenStore for SealedStore {
    async fn get(&self, key: &str) -> Result<Option<SecretString>, StoreFailed> {
        let Ok(bytes) = std::fs::read(self.path(key)) else { return Ok(None) };
        let (nonce, sealed) = bytes.split_first_chunk::<12>().ok_or(StoreFailed("it is too short".into()))?;
        let mut text = sealed.to_vec();
        let opened = self
            .key
            .open_in_place(Nonce::from(nonce), Aad::from(key.as_bytes()), &mut text)
            .map_err(|_| StoreFailed("it was changed".into()))?;
        String::from_utf8(opened.to_vec())
            .map(|text| Some(text.into()))
            .map_err(|error| StoreFailed(error.to_string()))
    }

    async fn put(&self, key: &str, record: SecretString) -> Result<(), StoreFailed> {
        let mut text = record.expose_secret().as_bytes().to_vec();
        let nonce = self
            .key
            .seal_in_place_append_tag(Aad::from(key.as_bytes()), &mut text)
            .map_err(|_| StoreFailed("it cannot be sealed".into()))?;
        let bytes = [&nonce.as_ref()[..], &text].concat();
        std::fs::write(self.path(key), bytes).map_err(|error| StoreFailed(error.to_string()))
    }

    async fn remove(&self, key: &str) -> Result<(), StoreFailed> {
        let _ = std::fs::remove_file(self.path(key));
        Ok(())
    }

    fn learned(&self, _: &str, secret: &SecretString) {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner).push(secret.expose_secret().to_owned());
    }
}
