//! Keys that values are sealed with: where they come from and how one takes over from another.

use std::fmt;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use zeroize::Zeroizing;

use crate::SecretError;

/// Environment variable that takes the place of the key file: keys as in the file, separated by spaces.
pub const KEY_VARIABLE: &str = "BAILIWICK_SECRETS_KEY";

pub(crate) const KEY_BYTES: usize = 32;
pub(crate) type KeyId = [u8; 8];

/// Far more than the few keys of a rotation take.
const FILE_BYTES_MAX: u64 = 64 << 10;

/// The key that seals, and those that still open.
#[derive(Clone)]
pub struct Keys {
    /// Newest first; never empty.
    keys: Vec<Key>,
}

#[derive(Clone)]
pub(crate) struct Key {
    pub bytes: Zeroizing<[u8; KEY_BYTES]>,
    pub id: KeyId,
}

impl Keys {
    /// Reads keys of 32 bytes in base64, separated by white space. The first seals; the others open what was
    /// sealed before them. `place` says in errors where the text is from.
    pub fn parse(text: &SecretString, place: &str) -> Result<Self, SecretError> {
        let wrong = |why: &str| SecretError::Key { place: place.to_owned(), why: why.to_owned() };
        let mut keys = Vec::new();
        for word in text.expose_secret().split_ascii_whitespace() {
            let bytes = STANDARD.decode(word).map(Zeroizing::new);
            let bytes = bytes.map_err(|_| wrong("it is not base64; `openssl rand -base64 32` makes one"))?;
            let bytes = <[u8; KEY_BYTES]>::try_from(bytes.as_slice()).map(Zeroizing::new);
            let bytes = bytes
                .map_err(|_| wrong("it is not 32 bytes in base64; `openssl rand -base64 32` makes one"))?;
            keys.push(Key::new(bytes));
        }
        if keys.is_empty() { Err(wrong("there is no key in it")) } else { Ok(Self { keys }) }
    }

    /// One new key.
    pub fn generate() -> Result<Self, SecretError> {
        Ok(Self { keys: vec![Key::generate()?] })
    }

    /// A new key first, before those there are.
    pub fn with_new(&self) -> Result<Self, SecretError> {
        let mut keys = vec![Key::generate()?];
        keys.extend(self.keys.iter().cloned());
        Ok(Self { keys })
    }

    /// Only the key that seals.
    pub fn newest_only(&self) -> Self {
        Self { keys: self.keys[..1].to_vec() }
    }

    pub(crate) fn newest(&self) -> &Key {
        &self.keys[0]
    }

    pub(crate) fn by_id(&self, id: KeyId) -> Option<&Key> {
        self.keys.iter().find(|key| key.id == id)
    }

    fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(self.keys.len() * 48));
        for key in &self.keys {
            STANDARD.encode_string(key.bytes.as_slice(), &mut text);
            text.push('\n');
        }
        text
    }
}

impl Key {
    fn new(bytes: Zeroizing<[u8; KEY_BYTES]>) -> Self {
        let mut named = Zeroizing::new(b"bailiwick secrets key id\0".to_vec());
        named.extend_from_slice(bytes.as_slice());
        let mut id = KeyId::default();
        id.copy_from_slice(&digest(&SHA256, &named).as_ref()[..8]);
        Self { bytes, id }
    }

    fn generate() -> Result<Self, SecretError> {
        let mut bytes = Zeroizing::new([0; KEY_BYTES]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| SecretError::Key {
            place: "memory".to_owned(),
            why: "the system gave no random numbers".to_owned(),
        })?;
        Ok(Self::new(bytes))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Keys({} hidden)", self.keys.len())
    }
}

/// A file of keys, mode 0600.
#[derive(Clone, Debug)]
pub struct KeyFile {
    path: PathBuf,
}

impl KeyFile {
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }

    /// Reads the file; makes it, with a new key, where there is none. A file that anybody else may read or
    /// change is refused.
    pub fn load_or_make(&self) -> Result<Keys, SecretError> {
        match self.load() {
            Err(SecretError::KeyFile { error, .. }) if error.kind() == ErrorKind::NotFound => {}
            other => return other,
        }
        let made = Keys::generate()?;
        let named = |error| self.named(error);
        let temporary = self.write_beside(&made).map_err(named)?;
        // A link does not replace: when another process was first, its key is the one that counts.
        let linked = fs::hard_link(&temporary, &self.path);
        fs::remove_file(&temporary).map_err(named)?;
        match linked {
            Ok(()) => self.sync_folder().map_err(named).map(|()| made),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => self.load(),
            Err(error) => Err(named(error)),
        }
    }

    /// Puts other keys into the file, at once or not at all.
    pub fn replace(&self, keys: &Keys) -> Result<(), SecretError> {
        let replaced = || {
            fs::rename(self.write_beside(keys)?, &self.path)?;
            self.sync_folder()
        };
        replaced().map_err(|error| self.named(error))
    }

    fn load(&self) -> Result<Keys, SecretError> {
        let mut file = File::open(&self.path).map_err(|error| self.named(error))?;
        let place = self.path.display().to_string();
        let wrong = |why: String| SecretError::Key { place: place.clone(), why };
        let metadata = file.metadata().map_err(|error| self.named(error))?;
        if !metadata.is_file() || metadata.len() > FILE_BYTES_MAX {
            return Err(wrong("it is no key file".to_owned()));
        }
        if metadata.mode() & 0o077 != 0 {
            return Err(wrong(format!(
                "others may read or change it (mode {:03o}). If nobody did, `chmod 600 {place}`; if in doubt, \
                 make a new key and store the secrets anew",
                metadata.mode() & 0o777
            )));
        }
        let mut text = Zeroizing::new(String::with_capacity(metadata.len() as usize + 1));
        file.read_to_string(&mut text).map_err(|error| self.named(error))?;
        Keys::parse(&SecretString::from(text.as_str()), &place)
    }

    /// A complete and durable file next to ours, ready to take its place.
    fn write_beside(&self, keys: &Keys) -> io::Result<PathBuf> {
        let mut random = [0; 8];
        aws_lc_rs::rand::fill(&mut random).map_err(|_| io::Error::other("no random numbers"))?;
        let mut name = self.path.clone().into_os_string();
        name.push(format!(".new-{:016x}", u64::from_le_bytes(random)));
        let path = PathBuf::from(name);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let written = file.write_all(keys.to_text().as_bytes()).and_then(|()| file.sync_all());
        if written.is_err() {
            let _ = fs::remove_file(&path);
        }
        written.map(|()| path)
    }

    fn sync_folder(&self) -> io::Result<()> {
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    }

    fn named(&self, error: io::Error) -> SecretError {
        SecretError::KeyFile { path: self.path.clone(), error }
    }
}
