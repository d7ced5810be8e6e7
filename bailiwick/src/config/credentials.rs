//! Keys that a person entered: `credentials.toml`, mode 0600, `PROVIDER = "key"`. Environment variables stand in
//! for what is not there.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use secrecy::{ExposeSecret, SecretString};

use crate::exit::Failure;
use crate::paths::write_private;

/// The file's keys by provider. `Debug` never shows a value.
#[derive(Clone, Debug, Default)]
pub struct Credentials {
    file: PathBuf,
    keys: BTreeMap<String, SecretString>,
}

impl Credentials {
    /// Reads the file; a missing one holds no keys. A file that others can read is refused.
    pub fn load(file: &Path) -> Result<Self, Failure> {
        use std::os::unix::fs::PermissionsExt;
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Ok(Self { file: file.to_owned(), keys: BTreeMap::new() });
            }
            Err(error) => return Err(Failure::usage(format!("{} cannot be read: {error}", file.display()))),
        };
        let mode = std::fs::metadata(file)?.permissions().mode();
        if mode & 0o077 != 0 {
            return Err(Failure::usage(format!(
                "{0} can be read by others (mode {mode:o}): run `chmod 600 {0}`, and replace the keys in it if \
                 someone else uses this machine",
                file.display(),
                mode = mode & 0o777,
            )));
        }
        // The parser's message may quote the line, and the line may be a key: say only where.
        let keys: BTreeMap<String, String> = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(1, |span| text[..span.start].matches('\n').count() + 1);
            Failure::usage(format!("{}:{line}: expected lines like `openai = \"…\"`", file.display()))
        })?;
        let keys = keys.into_iter().map(|(name, key)| (name, SecretString::from(key))).collect();
        Ok(Self { file: file.to_owned(), keys })
    }

    pub fn has(&self, provider: &str) -> bool {
        self.keys.contains_key(provider)
    }

    /// Keys from the variables that the providers name.
    pub fn environment_keys(config: &models::Config) -> BTreeMap<String, SecretString> {
        models::keys_from(config, |name| std::env::var(name).ok())
    }

    /// Every key there is: those entered win over those of the environment.
    pub fn all_keys(&self, config: &models::Config) -> BTreeMap<String, SecretString> {
        let mut keys = Self::environment_keys(config);
        keys.extend(self.keys.clone());
        keys
    }

    /// Stores or replaces a key, durably.
    pub fn set(&mut self, provider: &str, key: SecretString) -> Result<(), Failure> {
        self.keys.insert(provider.to_owned(), key);
        self.save()
    }

    pub fn remove(&mut self, provider: &str) -> Result<(), Failure> {
        self.keys.remove(provider);
        self.save()
    }

    fn save(&self) -> Result<(), Failure> {
        let plain: BTreeMap<&str, &str> =
            self.keys.iter().map(|(name, key)| (name.as_str(), key.expose_secret())).collect();
        let text = toml::to_string(&plain)?;
        write_private(&self.file, &text)
            .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", self.file.display())))
    }
}
