//! Where a policy comes from, and keeping it current.

mod active;
mod folder;
mod http;
mod status;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use policy::bundle::{BundleError, Keys, Limits};
use policy::{Config, PolicyError};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

pub use active::Active;
pub use status::Status;
pub use watch::Watch;

/// `[policy.bundle]`: a policy that is kept current.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Source {
    /// What status, log and decision log call it.
    #[serde(default = "name_default")]
    pub name: String,
    pub from: Place,
    /// When given, an unsigned bundle is refused.
    #[serde(default)]
    pub verification: Option<Keys>,
    #[serde(default)]
    pub limits: Limits,
    /// Time between two looks, seconds; a fifth of it shorter or longer at random, so that many do not ask at once
    /// (`BAILIWICK_POLICY_BUNDLE_POLL_SECONDS`). After a failure the next look comes sooner, and then ever later.
    #[serde(default = "poll_default")]
    pub poll_seconds: f64,
    /// Time one download may take, seconds (`BAILIWICK_POLICY_BUNDLE_DOWNLOAD_SECONDS_MAX`).
    #[serde(default = "download_default")]
    pub download_seconds_max: f64,
}

/// The place.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Place {
    /// A folder with the files of a bundle, read as they lie there. Links are followed inside the folder only.
    Folder(PathBuf),
    /// A `.tar.gz`.
    Archive(PathBuf),
    /// A bundle server: the `.tar.gz` by HTTP, asked with `If-None-Match`.
    Http {
        url: Url,
        /// Sent as `Authorization: Bearer …`.
        #[serde(default)]
        token: Option<SecretString>,
    },
}

/// Why a look brought no new policy. None of them takes the old one out of force.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{path} cannot be read: {error}")]
    Read { path: String, error: std::io::Error },
    #[error("the bundle server {0}")]
    Server(String),
    #[error(transparent)]
    Bundle(#[from] BundleError),
    #[error("the policy does not compile: {0}")]
    Policy(#[from] PolicyError),
    /// The tests in the bundle, by name and reason.
    #[error("the policy does not pass its own tests: {}", .0.join("; "))]
    Tests(Vec<String>),
    #[error("reading the policy was given up: {0}")]
    Stopped(String),
}

impl Source {
    /// A source with everything else as it is by default.
    pub fn new(from: Place) -> Self {
        Self {
            name: name_default(),
            from,
            verification: None,
            limits: Limits::default(),
            poll_seconds: poll_default(),
            download_seconds_max: download_default(),
        }
    }

    /// Loads it once, then keeps looking until the [`Watch`] and its clones are dropped. A first load that fails leaves
    /// no policy in force, which is for the caller to take for deny. `http` is used by [`Place::Http`] alone.
    pub async fn watch(self, config: Config, http: reqwest::Client) -> Watch {
        watch::start(self, config, http).await
    }

    fn download_time_max(&self) -> Duration {
        Duration::from_secs_f64(self.download_seconds_max.clamp(0.001, 86_400.0))
    }
}

fn name_default() -> String {
    "main".into()
}

fn poll_default() -> f64 {
    30.0
}

fn download_default() -> f64 {
    60.0
}
