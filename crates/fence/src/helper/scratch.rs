//! Temporary folder and empty home of a command.

use std::fs::{self, Permissions};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::step::{Failure, Step};

/// Name of the home folder in the temporary one.
pub(super) const HOME: &str = "bailiwick-home";

/// A private temporary folder, for levels at which `/tmp` is everybody's. Removed when dropped.
#[derive(Debug)]
pub(super) struct Scratch {
    pub path: PathBuf,
}

impl Scratch {
    pub(super) fn make(parent: &Path) -> Result<Self, Failure> {
        let template = parent.join("bailiwick-XXXXXX");
        let path = nix::unistd::mkdtemp(&template).step_at("making a temporary folder", &template)?;
        let scratch = Self { path };
        make_home(&scratch.path)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if fs::remove_dir_all(&self.path).is_err() {
            // A command may have taken its own rights to a folder away.
            give_rights_back(&self.path);
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

pub(super) fn make_home(scratch: &Path) -> Result<(), Failure> {
    fs::DirBuilder::new().mode(0o700).create(scratch.join(HOME)).step("making an empty home")
}

fn give_rights_back(folder: &Path) {
    let _ = fs::set_permissions(folder, Permissions::from_mode(0o700));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            give_rights_back(&entry.path());
        }
    }
}
