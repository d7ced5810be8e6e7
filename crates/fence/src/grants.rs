//! What a server may be granted, and what never.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::spec::is_of_the_system;
use crate::wire::Shown;
use crate::{Config, ServerCommand};

#[derive(Debug)]
pub(crate) struct Granted {
    pub read: Vec<Shown>,
    pub write: Vec<Shown>,
}

/// In the home folder: with what each is.
const IN_HOME: [(&str, &str); 40] = [
    (".ssh", "SSH keys"),
    (".aws", "keys of AWS"),
    (".azure", "keys of Azure"),
    (".config/gcloud", "keys of Google Cloud"),
    (".config/doctl", "keys of DigitalOcean"),
    (".oci", "keys of Oracle Cloud"),
    (".kube", "keys of Kubernetes clusters"),
    (".docker", "passwords of container registries"),
    (".config/containers", "passwords of container registries"),
    (".gnupg", "GPG keys"),
    (".password-store", "passwords"),
    (".local/share/keyrings", "passwords"),
    (".local/share/kwalletd", "passwords"),
    (".config/op", "a session of 1Password"),
    (".config/Bitwarden", "passwords"),
    (".config/rclone", "keys of cloud storage"),
    (".config/gh", "a token of GitHub"),
    (".config/glab-cli", "a token of GitLab"),
    (".config/hub", "a token of GitHub"),
    (".git-credentials", "passwords of Git servers"),
    (".config/git/credentials", "passwords of Git servers"),
    (".netrc", "passwords"),
    (".npmrc", "a token of npm"),
    (".pypirc", "a token of PyPI"),
    (".config/pip", "a password of a package index"),
    (".cargo/credentials.toml", "a token of crates.io"),
    (".cargo/credentials", "a token of crates.io"),
    (".m2/settings.xml", "passwords of Maven servers"),
    (".gradle/gradle.properties", "passwords of Gradle"),
    (".terraform.d", "a token of Terraform"),
    (".vault-token", "a token of Vault"),
    (".pgpass", "passwords of databases"),
    (".my.cnf", "passwords of databases"),
    (".mozilla", "passwords and sessions of Firefox"),
    (".thunderbird", "mail and its passwords"),
    (".config/google-chrome", "passwords and sessions of Chrome"),
    (".config/chromium", "passwords and sessions of Chromium"),
    (".config/BraveSoftware", "passwords and sessions of Brave"),
    (".bash_history", "commands with whatever was typed into them"),
    (".zsh_history", "commands with whatever was typed into them"),
];

const OF_THE_SYSTEM: [(&str, &str); 7] = [
    ("/etc", "settings of the system, password hashes and keys among them"),
    ("/run", "sockets of the system's services"),
    ("/var/run", "sockets of the system's services"),
    ("/var/lib", "data of the system's services"),
    ("/boot", "the system's kernel"),
    ("/proc", "other processes"),
    ("/sys", "the machine's devices"),
];

/// Names of files that hold keys or passwords, wherever they lie.
const KEY_NAMES: [&str; 10] = [
    "id_rsa",
    "id_dsa",
    "id_ecdsa",
    "id_ed25519",
    ".netrc",
    ".pgpass",
    ".git-credentials",
    ".vault-token",
    "credentials.toml",
    "secrets.key",
];
const KEY_ENDINGS: [&str; 5] = ["kdbx", "p12", "pfx", "jks", "keystore"];
/// In files that hold a private key in PEM form, near the beginning.
const PRIVATE_KEY: &[u8] = b"PRIVATE KEY-----";
const LOOKED_AT_BYTES: u64 = 64 << 10;
/// Entries of a granted folder whose names are looked at.
const LOOKED_AT_ENTRIES: usize = 10_000;

/// Follows all links first: a name that leads elsewhere is judged by where it leads.
pub(crate) fn check(config: &Config, command: &ServerCommand) -> Result<Granted, String> {
    let granted = |paths: &[PathBuf], write: bool| -> Result<Vec<Shown>, String> {
        let mut all = Vec::new();
        for path in paths {
            let canonical = check_one(config, path, write)
                .map_err(|why| format!("{} cannot be granted to a server: {why}", path.display()))?;
            all.extend(Shown::both(path.clone(), canonical));
        }
        Ok(all)
    };
    let granted = Granted { read: granted(&command.read, false)?, write: granted(&command.write, true)? };
    let system = granted.write.iter().find(|shown| is_of_programs(&shown.source));
    match system {
        Some(shown) => Err(format!(
            "{} cannot be granted for writing: the system's programs lie there",
            shown.source.display()
        )),
        None => Ok(granted),
    }
}

fn check_one(config: &Config, path: &Path, write: bool) -> Result<PathBuf, String> {
    if !path.is_absolute() {
        return Err("write it as an absolute path".to_owned());
    }
    // As it is written it becomes a mount point.
    if path.components().any(|part| matches!(part, std::path::Component::ParentDir)) {
        return Err("write it without `..`".to_owned());
    }
    let canonical = path.canonicalize().map_err(|error| format!("it cannot be reached ({error})"))?;
    if canonical.to_str().is_none() || path.to_str().is_none() {
        return Err("its name is not UTF-8 text".to_owned());
    }
    let metadata = canonical.metadata().map_err(|error| format!("it cannot be reached ({error})"))?;
    if !metadata.is_dir() && !metadata.is_file() {
        return Err("it is neither a file nor a folder".to_owned());
    }
    for (own, what) in protected(config) {
        // Where it leads, and where it would be.
        for own in [own.canonicalize().ok(), Some(own)].into_iter().flatten() {
            let owned = own.display();
            if canonical.starts_with(&own) {
                return Err(format!("{owned} holds {what}"));
            }
            // Whoever may write could also make what is not there yet, such as a key that lets others in.
            if own.starts_with(&canonical) && (write || own.exists()) {
                return Err(format!("{owned}, which is inside, holds {what}. Grant a narrower folder"));
            }
        }
    }
    if is_of_the_system(&canonical) {
        return Err("it belongs to the system".to_owned());
    }
    let keys = if metadata.is_dir() { key_in(&canonical) } else { key(&canonical) };
    match keys {
        Some(why) => Err(why),
        None => Ok(canonical),
    }
}

fn protected(config: &Config) -> Vec<(PathBuf, &'static str)> {
    let mut all: Vec<_> =
        config.own_paths.iter().map(|path| (path.clone(), "what belongs to Bailiwick itself")).collect();
    if let Some(home) = std::env::home_dir() {
        all.extend(IN_HOME.map(|(path, what)| (home.join(path), what)));
    }
    all.extend(OF_THE_SYSTEM.map(|(path, what)| (PathBuf::from(path), what)));
    all
}

fn is_of_programs(path: &Path) -> bool {
    ["/usr", "/bin", "/sbin", "/lib", "/lib64"].iter().any(|own| path.starts_with(own))
}

/// The name of a key file, or the content of one.
fn key(file: &Path) -> Option<String> {
    let why = format!("{} holds a key or passwords", file.display());
    if has_key_name(file) {
        return Some(why);
    }
    let mut start = Vec::new();
    std::fs::File::open(file).ok()?.take(LOOKED_AT_BYTES).read_to_end(&mut start).ok()?;
    start.windows(PRIVATE_KEY.len()).any(|window| window == PRIVATE_KEY).then_some(why)
}

/// By name, at the top: whoever keeps keys in a folder keeps them together.
fn key_in(folder: &Path) -> Option<String> {
    let entries = std::fs::read_dir(folder).ok()?.flatten().take(LOOKED_AT_ENTRIES);
    let found = entries.map(|entry| entry.path()).find(|path| has_key_name(path))?;
    Some(format!("{}, which is inside, holds a key or passwords. Grant a narrower folder", found.display()))
}

fn has_key_name(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
    KEY_NAMES.contains(&name) || KEY_ENDINGS.contains(&ending)
}
