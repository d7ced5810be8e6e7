//! Folders that the server makes itself: a fresh sample project for each tour of the scripted guide.

use std::os::unix::fs::DirBuilderExt;
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
        let dir = new_dir(&samples)?;
        models::demo::create_sample_workspace(&dir)?;
        dir.canonicalize()
    }
}

/// A folder that was not there, named by the time; two tours of one second get a number.
fn new_dir(samples: &std::path::Path) -> std::io::Result<PathBuf> {
    let stamp = chrono::Utc::now().format("tour-%Y%m%d-%H%M%S").to_string();
    for number in 0.. {
        let name = if number == 0 { stamp.clone() } else { format!("{stamp}-{number}") };
        match std::fs::DirBuilder::new().mode(0o700).create(samples.join(&name)) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => return made.map(|()| samples.join(&name)),
        }
    }
    Err(std::io::Error::other("no name is free"))
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
