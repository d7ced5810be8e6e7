//! Folders that the server makes itself: a fresh sample project for each tour of the scripted guide.

use std::path::PathBuf;

use async_trait::async_trait;
use web::ports::{SettingsError, Workspaces};

use crate::paths::{Paths, private_dir};

/// Sample folders kept; the oldest go when a new one is made.
const SAMPLES_MAX: usize = 20;

pub struct SampleWorkspaces {
    paths: Paths,
}

impl SampleWorkspaces {
    pub fn new(paths: Paths) -> Self {
        Self { paths }
    }

    fn make(&self) -> std::io::Result<PathBuf> {
        let samples = self.paths.samples_dir();
        private_dir(&samples)?;
        // Names sort by time, so the first ones are the oldest.
        let mut old: Vec<PathBuf> =
            std::fs::read_dir(&samples)?.filter_map(|e| Some(e.ok()?.path())).collect();
        old.sort();
        for dir in old.iter().take(old.len().saturating_sub(SAMPLES_MAX - 1)) {
            std::fs::remove_dir_all(dir)?;
        }
        let dir = samples.join(chrono::Utc::now().format("tour-%Y%m%d-%H%M%S%.6f").to_string());
        private_dir(&dir)?;
        models::demo::create_sample_workspace(&dir)?;
        dir.canonicalize()
    }
}

#[async_trait]
impl Workspaces for SampleWorkspaces {
    async fn sample_workspace(&self) -> Result<PathBuf, SettingsError> {
        let this = Self { paths: self.paths.clone() };
        let made = tokio::task::spawn_blocking(move || this.make()).await;
        let made = made.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        made.map_err(|error| {
            SettingsError::Unavailable(format!(
                "the sample folder in {} cannot be made: {error}",
                self.paths.samples_dir().display()
            ))
        })
    }
}
