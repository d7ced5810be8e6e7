//! One serving process per data folder, and how others find it.

use std::fs::{File, OpenOptions, TryLockError};
use std::net::SocketAddr;

use serde::{Deserialize, Serialize};

use crate::exit::Failure;
use crate::paths::{Paths, write_private};

/// Bytes of a key or token: 256 bits.
const SECRET_BYTES: usize = 32;

/// What `instance.json` says: enough for the terminal to call the API. Mode 0600: the token is the person's.
#[derive(Clone, Serialize, Deserialize)]
pub struct Instance {
    pub address: SocketAddr,
    pub token: String,
    pub pid: u32,
    pub version: String,
    /// Whether it serves until told to stop (`up`), or ends with a command of its own (`run`).
    #[serde(default)]
    pub lasting: bool,
}

/// Held while this process serves the data folder. The kernel lets go when the process dies, however it dies.
#[derive(Debug)]
pub struct Lock {
    paths: Paths,
    _file: File,
}

impl Lock {
    /// `None` when another process has it.
    pub fn take(paths: &Paths) -> Result<Option<Self>, Failure> {
        paths.make_data_dir()?;
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(paths.lock_file())
            .map_err(|error| {
                Failure::usage(format!(
                    "the data folder {} cannot be written ({error}): mend its permissions or give another --data-dir",
                    paths.data_dir.display()
                ))
            })?;
        match file.try_lock() {
            Ok(()) => {
                let lock = Self { paths: paths.clone(), _file: file };
                // What a killed process left would send others to its old address.
                lock.withdraw();
                Ok(Some(lock))
            }
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(Failure::internal(format!(
                "{} cannot be locked ({error}); does its file system support locks?",
                paths.lock_file().display()
            ))),
        }
    }

    /// Tells others where this process serves.
    pub fn announce(&self, instance: &Instance) -> Result<(), Failure> {
        let text = serde_json::to_string_pretty(instance)?;
        write_private(&self.paths.instance_file(), &text).map_err(Failure::from)
    }
}

impl Lock {
    /// No one is sent here any more. The folder stays locked.
    pub fn withdraw(&self) {
        let _ = std::fs::remove_file(self.paths.instance_file());
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        self.withdraw();
    }
}

/// The process that serves this data folder, if one does. A file left by a killed process does not count: its
/// lock is free.
pub fn find(paths: &Paths) -> Option<Instance> {
    let text = std::fs::read_to_string(paths.instance_file()).ok()?;
    let instance: Instance = serde_json::from_str(&text).ok()?;
    let lock = OpenOptions::new().write(true).open(paths.lock_file()).ok()?;
    match lock.try_lock() {
        Err(TryLockError::WouldBlock) => Some(instance),
        _ => None,
    }
}

/// A fresh token, hex.
pub fn new_token() -> String {
    hex::encode(rand::random::<[u8; SECRET_BYTES]>())
}

/// The key under which session tokens are hashed: made once, kept in the data folder, mode 0600. Deleting the
/// file ends all sessions.
pub fn session_key(paths: &Paths) -> Result<[u8; SECRET_BYTES], Failure> {
    let file = paths.data_dir.join("session.key");
    if let Ok(text) = std::fs::read_to_string(&file)
        && let Some(key) = hex::decode(text.trim()).ok().and_then(|bytes| bytes.try_into().ok())
    {
        return Ok(key);
    }
    let key = rand::random::<[u8; SECRET_BYTES]>();
    write_private(&file, &hex::encode(key))
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", file.display())))?;
    Ok(key)
}
