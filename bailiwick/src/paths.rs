//! Where configuration and data lie.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use etcetera::BaseStrategy;

use crate::cli::Global;
use crate::exit::Failure;

/// The files and folders of one installation.
#[derive(Clone, Debug)]
pub struct Paths {
    pub config_file: PathBuf,
    /// Keys entered by a person, mode 0600; beside the configuration file.
    pub credentials_file: PathBuf,
    pub data_dir: PathBuf,
    /// Whether the configuration file was named by a flag or variable (then it must exist).
    pub config_named: bool,
}

impl Paths {
    /// By flag, else `BAILIWICK_CONFIG` / `BAILIWICK_DATA_DIR`, else by XDG.
    pub fn find(global: &Global) -> Result<Self, Failure> {
        let base = etcetera::choose_base_strategy().map_err(|error| {
            Failure::usage(format!("no home folder ({error}): set HOME, or give --data-dir and --config"))
        });
        let config_file = match &global.config {
            Some(file) => file.clone(),
            None => base.as_ref().map_err(clone)?.config_dir().join("bailiwick/config.toml"),
        };
        let data_dir = match &global.data_dir {
            Some(dir) => std::path::absolute(dir)?,
            None => base.as_ref().map_err(clone)?.data_dir().join("bailiwick"),
        };
        let credentials_file = config_file.with_file_name("credentials.toml");
        Ok(Self { config_file, credentials_file, data_dir, config_named: global.config.is_some() })
    }

    /// All that only Bailiwick itself may read and write.
    pub fn own(&self) -> Vec<PathBuf> {
        let own = [&self.data_dir, &self.config_file, &self.credentials_file];
        own.into_iter().filter_map(|path| std::path::absolute(path).ok()).collect()
    }

    /// The file that the serving process keeps locked.
    pub fn lock_file(&self) -> PathBuf {
        self.data_dir.join("instance.lock")
    }

    /// Address and local token of the serving process.
    pub fn instance_file(&self) -> PathBuf {
        self.data_dir.join("instance.json")
    }

    /// Folders that the scripted guide made.
    pub fn samples_dir(&self) -> PathBuf {
        self.data_dir.join("samples")
    }

    /// Makes the data folder, for this user only.
    pub fn make_data_dir(&self) -> Result<(), Failure> {
        private_dir(&self.data_dir).map_err(|error| {
            Failure::usage(format!(
                "the data folder {} cannot be used ({error}): make it writable or give another --data-dir",
                self.data_dir.display()
            ))
        })
    }
}

fn clone(failure: &Failure) -> Failure {
    Failure { message: failure.message.clone(), ..*failure }
}

/// The folder to work in: the one given, else the current one. Absolute, and without symbolic links.
pub fn workspace_folder(given: Option<&Path>) -> Result<PathBuf, Failure> {
    let dir = match given {
        Some(dir) => dir.to_owned(),
        None => std::env::current_dir().map_err(|error| {
            Failure::usage(format!(
                "the current folder is gone ({error}): go to another, or give --workspace"
            ))
        })?,
    };
    let shown = dir.display();
    let root = dir
        .canonicalize()
        .map_err(|error| Failure::usage(format!("the workspace {shown} cannot be opened: {error}")))?;
    if !root.is_dir() {
        return Err(Failure::usage(format!(
            "the workspace {shown} is not a folder: name the folder to work in"
        )));
    }
    // It goes through JSON: to the API, the database and the model.
    if root.to_str().is_none() {
        return Err(Failure::usage(format!("the workspace {shown} has a name that is not UTF-8: rename it")));
    }
    Ok(root)
}

/// Makes a folder with mode 0700; an existing one stays as it is.
pub fn private_dir(dir: &Path) -> io::Result<()> {
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

/// Writes a file that only this user can read: a new file beside it, synced, then renamed over it. A symbolic link
/// stays one (people keep their configuration elsewhere); what it leads to is written.
pub fn write_private(file: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let target = fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let file = target.as_path();
    if let Some(parent) = file.parent() {
        private_dir(parent)?;
    }
    let temporary = file.with_extension(format!("new-{}", std::process::id()));
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut handle = options.open(&temporary)?;
    handle.set_permissions(fs::Permissions::from_mode(0o600))?;
    handle.write_all(text.as_bytes())?;
    handle.sync_all()?;
    fs::rename(&temporary, file)
}
