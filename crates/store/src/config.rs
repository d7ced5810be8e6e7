//! `[store]` of the configuration.

use std::fmt;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::OpenError;

/// Name of the SQLite file in the data folder.
const FILE_NAME: &str = "bailiwick.db";

/// `[store]` of the configuration.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// `postgres://…`, `sqlite:///absolute/path.db`, or empty for SQLite in the data folder
    /// (`BAILIWICK_STORE_URL`). May hold a password: show [`Config::shown_url`] instead.
    pub url: String,
    /// Connections at most: of the pool on PostgreSQL, of readers on SQLite
    /// (`BAILIWICK_STORE_CONNECTIONS_MAX`).
    pub connections_max: u32,
    /// How long to wait for another program's lock on the SQLite file, in milliseconds
    /// (`BAILIWICK_STORE_BUSY_TIMEOUT_MS`).
    pub busy_timeout_ms: u64,
    /// What a recorded decision outlives on SQLite (`BAILIWICK_STORE_RECORD_DURABILITY`).
    pub record_durability: RecordDurability,
}

/// What a recorded decision or act outlives once it is acknowledged, on SQLite. Journals, approvals and
/// everything else that changes rows outlive a loss of power either way; and since all lie in one log,
/// whatever was recorded before one of them does too. On PostgreSQL its own `synchronous_commit` says it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RecordDurability {
    /// The end of this process in any way. A loss of power, or of the whole system, can take the last entries; the
    /// chain then ends earlier and is sound (a head kept elsewhere, from before the loss, says so).
    ///
    /// The default: a call through the gateway records twice, and an entry takes less than 0.1 ms (p50) this way.
    /// Each wait for the disk takes 0.2 ms on a good disk, and several on a busy one.
    #[default]
    Process,
    /// A loss of power too. Every batch of entries waits for the disk.
    PowerLoss,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            url: String::new(),
            connections_max: 8,
            busy_timeout_ms: 5_000,
            record_durability: RecordDurability::default(),
        }
    }
}

impl Config {
    /// The address without its password, for people and logs.
    pub fn shown_url(&self) -> String {
        shown_url(&self.url)
    }

    pub(crate) fn place(&self, data_dir: &Path) -> Result<Place, OpenError> {
        match self.url.split_once("://") {
            _ if self.url.is_empty() => Ok(Place::Sqlite(data_dir.join(FILE_NAME))),
            Some(("postgres" | "postgresql", _)) => Ok(Place::Postgres(self.url.clone())),
            Some(("sqlite", path)) if path.starts_with('/') => Ok(Place::Sqlite(PathBuf::from(path))),
            _ => Err(OpenError::Unavailable(format!(
                "store.url is {:?}: write postgres://user:password@host/database, sqlite:///absolute/path.db, \
                 or leave it empty for SQLite in the data folder",
                self.shown_url()
            ))),
        }
    }
}

impl fmt::Debug for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Config")
            .field("url", &self.shown_url())
            .field("connections_max", &self.connections_max)
            .field("busy_timeout_ms", &self.busy_timeout_ms)
            .field("record_durability", &self.record_durability)
            .finish()
    }
}

/// Where the database is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

/// An address without its password, in the user part or as a parameter. What cannot be taken apart is not
/// shown at all.
pub(crate) fn shown_url(text: &str) -> String {
    if text.is_empty() {
        return String::new();
    }
    // Without `//` there is no telling which part is the password.
    let Some(mut url) = url::Url::parse(text).ok().filter(|url| !url.cannot_be_a_base()) else {
        return "(an address that cannot be read)".to_owned();
    };
    if url.password().is_some() && url.set_password(Some("***")).is_err() {
        return format!("{}://…", url.scheme());
    }
    if url.query().is_some() {
        let pairs: Vec<(String, String)> = url
            .query_pairs()
            .map(|(key, value)| match key.as_ref() {
                "password" | "sslpassword" => (key.into_owned(), "***".to_owned()),
                _ => (key.into_owned(), value.into_owned()),
            })
            .collect();
        url.query_pairs_mut().clear().extend_pairs(pairs);
    }
    url.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_url(url: &str) -> Config {
        Config { url: url.to_owned(), ..Config::default() }
    }

    #[test]
    fn an_empty_url_is_sqlite_in_the_data_folder() {
        let place = Config::default().place(Path::new("/data")).unwrap();
        assert_eq!(place, Place::Sqlite("/data/bailiwick.db".into()));
    }

    #[test]
    fn a_strange_url_is_refused_with_the_forms_that_work() {
        for url in ["mysql://host/db", "sqlite:relative.db", "bailiwick.db"] {
            let error = with_url(url).place(Path::new("/data")).unwrap_err().to_string();
            assert!(error.contains("store.url") && error.contains("postgres://"), "{error}");
        }
    }

    #[test]
    fn passwords_are_never_shown() {
        for url in ["postgres://me:hunter2@db/x", "postgres://me@db/x?password=hunter2", "me:hunter2@db"] {
            let config = with_url(url);
            assert!(!config.shown_url().contains("hunter2"), "{}", config.shown_url());
            assert!(!format!("{config:?}").contains("hunter2"));
        }
    }
}
