//! Root and an ordinary user meet different doors in the kernel. Started by root, the tests run themselves a
//! second time as nobody.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::Command;

use libtest_mimic::{Failed, Trial};

const NOBODY: u32 = 65534;

pub fn trials() -> Vec<Trial> {
    if rustix::process::geteuid().is_root() {
        vec![Trial::test("all_of_this_holds_for_an_ordinary_user", as_nobody)]
    } else {
        Vec::new()
    }
}

fn as_nobody() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755))?;
    let tests = folder.path().join("tests");
    fs::copy(std::env::current_exe()?, &tests)?;
    let output = Command::new(&tests)
        .env_clear()
        .env("PATH", "/usr/bin:/bin")
        // Installed where the one who started the tests can read them.
        .args(["--skip", "servers::"])
        .current_dir("/")
        .uid(NOBODY)
        .gid(NOBODY)
        .output()?;
    if output.status.success() {
        Ok(())
    } else {
        Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
            .into())
    }
}
