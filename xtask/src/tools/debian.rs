//! Programs of the system's own packages.

use std::process::Command;

use anyhow::{Result, bail};

use crate::sh;

/// Debian packages, each with a program that shows that it is there.
const PACKAGES: [(&str, &str); 6] = [
    ("chromium", "chromium"),
    ("git", "git"),
    ("python3-venv", "python3"),
    ("bubblewrap", "bwrap"),
    ("util-linux", "setpriv"),
    ("npm", "npm"),
];

/// Installs the packages whose programs are missing.
pub fn install() -> Result<()> {
    let mut missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, program)| !sh::has(program)).map(|(package, _)| *package).collect();
    if !postgres_is_there() {
        missing.push("postgresql");
    }
    if missing.is_empty() {
        return Ok(());
    }
    println!("installing {}", missing.join(", "));
    if !sh::has("apt-get") {
        bail!("please install {} (this system has no apt-get)", missing.join(", "));
    }
    let root = sh::output(Command::new("id").arg("-u"))?.trim() == "0";
    let apt = || {
        let mut command = if root { Command::new("apt-get") } else { Command::new("sudo") };
        if !root {
            command.arg("apt-get");
        }
        command.env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    sh::run(apt().args(["update", "-q"]))?;
    sh::run(apt().args(["install", "-y", "-q", "--no-install-recommends"]).args(&missing))
}

fn postgres_is_there() -> bool {
    sh::has("initdb") && sh::has("postgres")
        || std::fs::read_dir("/usr/lib/postgresql").is_ok_and(|mut dirs| {
            dirs.any(|dir| dir.is_ok_and(|dir| dir.path().join("bin/initdb").is_file()))
        })
}
