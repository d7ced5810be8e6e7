//! Folders that the server makes itself: a fresh sample project for each tour of the scripted guide.

use std::collections::HashSet;
use std::os::unix::fs::DirBuilderExt;
use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use store::{StoreError, TenantStore};
use web::ports::{SettingsError, Workspaces};

use crate::paths::{Paths, private_dir};

/// Sample folders kept; the oldest go when a new one is made, but none that an unfinished task works in.
const SAMPLES_MAX: usize = 20;
/// A younger folder stays: its task may not be on record yet.
const SAMPLE_AGE_MIN: Duration = Duration::from_secs(600);

pub struct SampleWorkspaces {
    paths: Paths,
    tenant: TenantStore,
}

impl SampleWorkspaces {
    pub fn new(paths: Paths, tenant: TenantStore) -> Self {
        Self { paths, tenant }
    }

    /// Folders that unfinished tasks work in.
    async fn in_use(&self) -> Result<HashSet<PathBuf>, StoreError> {
        let unfinished: HashSet<_> =
            self.tenant.unfinished_tasks().await?.into_iter().map(|task| task.workspace_id).collect();
        let workspaces = self.tenant.workspaces().await?;
        Ok(workspaces.into_iter().filter(|w| unfinished.contains(&w.id)).map(|w| w.root).collect())
    }
}

/// A new folder with the sample project; old ones that nobody needs go.
fn make(paths: &Paths, in_use: &HashSet<PathBuf>) -> std::io::Result<PathBuf> {
    private_dir(&paths.samples_dir())?;
    let samples = paths.samples_dir().canonicalize()?;
    let mut old = Vec::new();
    for entry in std::fs::read_dir(&samples)? {
        let entry = entry?;
        old.push((entry.metadata()?.modified()?, entry.path()));
    }
    old.sort();
    for (modified, dir) in old.iter().take(old.len().saturating_sub(SAMPLES_MAX - 1)) {
        if !in_use.contains(dir) && modified.elapsed().is_ok_and(|age| age > SAMPLE_AGE_MIN) {
            std::fs::remove_dir_all(dir)?;
        }
    }
    let dir = new_dir(&samples)?;
    models::demo::create_sample_workspace(&dir)?;
    Ok(dir)
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
        let in_use = self.in_use().await.map_err(|error| SettingsError::Unavailable(error.to_string()))?;
        let paths = self.paths.clone();
        let made = tokio::task::spawn_blocking(move || make(&paths, &in_use)).await;
        let made = made.unwrap_or_else(|error| Err(std::io::Error::other(error)));
        made.map_err(|error| {
            SettingsError::Unavailable(format!(
                "the sample folder in {} cannot be made: {error}",
                self.paths.samples_dir().display()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_many_samples_the_oldest_go_that_nobody_works_in() {
        let dir = tempfile::tempdir().unwrap();
        let home = dir.path().canonicalize().unwrap();
        let paths = Paths {
            config_file: home.join("config.toml"),
            credentials_file: home.join("credentials.toml"),
            data_dir: home,
            config_named: false,
        };
        let made: Vec<_> = (0..SAMPLES_MAX + 3).map(|_| make(&paths, &HashSet::new()).unwrap()).collect();
        assert!(made.iter().all(|dir| dir.exists()), "young ones stay");
        let day = Duration::from_secs(86_400);
        for (age, dir) in made.iter().rev().enumerate() {
            // A freed name may be given again within the second, so the folder itself is marked.
            std::fs::write(dir.join("old"), "").unwrap();
            let then = std::time::SystemTime::now() - day * u32::try_from(age + 1).unwrap();
            std::fs::File::open(dir).unwrap().set_modified(then).unwrap();
        }
        let in_use = HashSet::from([made[1].clone()]);
        make(&paths, &in_use).unwrap();
        let left: Vec<_> = made.iter().map(|dir| dir.join("old").exists()).collect();
        assert_eq!(left[..5], [false, true, false, false, true]);
    }
}
