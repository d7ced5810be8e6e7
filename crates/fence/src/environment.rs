//! The environment of a fenced command: built up from nothing, never inherited.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::config::Config;

const SYSTEM_PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// Parts of a name that say its value is a secret, or leads to one.
const SECRET_PARTS: [&str; 15] = [
    "TOKEN",
    "SECRET",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "APIKEY",
    "API_KEY",
    "ACCESS_KEY",
    "PRIVATE",
    "COOKIE",
    "AUTH",
    "_PAT",
    "DATABASE_URL",
    "_DSN",
];

/// The clean environment with what the configuration lets through and what the command adds. The helper adds
/// `HOME` and `TMPDIR`, which differ by level.
pub(crate) fn clean(
    config: &Config,
    added: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let mut environment = BTreeMap::from([
        ("PATH".to_owned(), path(config)),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("TERM".to_owned(), "dumb".to_owned()),
    ]);
    if let Some(name) = config.pass_environment.iter().find(|name| looks_secret(name)) {
        return Err(format!(
            "`pass_environment` in [fence] names {name:?}, which looks like a secret; secrets do not enter the \
             fence. Remove it"
        ));
    }
    for name in &config.pass_environment {
        // What is not set, or is not text, is not passed.
        if let Ok(value) = std::env::var(name) {
            environment.insert(name.clone(), value);
        }
    }
    environment.extend(added.iter().map(|(name, value)| (name.clone(), value.clone())));
    check(environment)
}

/// The environment of a server: what it is given and no more. `folders` are what it was granted.
pub(crate) fn of_server<'a>(
    config: &Config,
    folders: impl Iterator<Item = &'a PathBuf>,
    argv: &[String],
    given: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    // A program finds its interpreter beside itself: `npx` finds `node`.
    let beside = argv.first().map(Path::new).filter(|program| program.is_absolute()).and_then(Path::parent);
    let granted = beside.map(Path::to_owned).into_iter().chain(programs(folders)).filter_map(entry);
    let path: Vec<_> = granted.chain([path(config)]).collect();
    let mut environment =
        BTreeMap::from([("PATH".to_owned(), path.join(":")), ("LANG".to_owned(), "C.UTF-8".to_owned())]);
    environment.extend(given.iter().map(|(name, value)| (name.clone(), value.clone())));
    check(environment)
}

fn check(environment: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, String> {
    match environment.iter().find(|(name, value)| !is_valid(name, value)) {
        None => Ok(environment),
        Some((name, _)) => {
            Err(format!("the environment variable {name:?} has a name or value no program can get"))
        }
    }
}

fn is_valid(name: &str, value: &str) -> bool {
    !name.is_empty() && !name.contains(['=', '\0']) && !value.contains('\0')
}

pub(crate) fn looks_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    name.ends_with("_KEY") || SECRET_PARTS.iter().any(|part| name.contains(part))
}

/// Toolchains first, so that they win over what the system has.
fn path(config: &Config) -> String {
    let mut folders: Vec<String> = programs(config.read_only_paths.iter()).filter_map(entry).collect();
    folders.push(SYSTEM_PATH.to_owned());
    folders.join(":")
}

/// Where programs lie in folders.
fn programs<'a>(folders: impl Iterator<Item = &'a PathBuf>) -> impl Iterator<Item = PathBuf> {
    folders
        .map(|path| if path.ends_with("bin") { path.clone() } else { path.join("bin") })
        .filter(|path| path.is_dir())
}

/// A folder as `PATH` can hold it.
fn entry(folder: PathBuf) -> Option<String> {
    folder.to_str().filter(|path| !path.contains(':')).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_told_by_their_name() {
        for name in
            ["OPENAI_API_KEY", "github_token", "SSH_AUTH_SOCK", "PGPASSWORD", "DATABASE_URL", "STRIPE_KEY"]
        {
            assert!(looks_secret(name), "{name}");
        }
        for name in ["CARGO_HOME", "LC_ALL", "KEYBOARD", "NODE_ENV", "GOPATH"] {
            assert!(!looks_secret(name), "{name}");
        }
    }

    #[test]
    fn nothing_is_inherited_and_the_command_may_add() {
        let added = BTreeMap::from([("CI".to_owned(), "1".to_owned())]);
        let environment = clean(&Config::default(), &added).unwrap();
        let names: Vec<_> = environment.keys().map(String::as_str).collect();
        assert_eq!(names, ["CI", "LANG", "PATH", "TERM"]);
    }

    #[test]
    fn a_secret_let_through_by_mistake_is_refused_by_name() {
        let config = Config { pass_environment: vec!["HF_TOKEN".to_owned()], ..Config::default() };
        let error = clean(&config, &BTreeMap::new()).unwrap_err();
        assert!(error.contains("HF_TOKEN") && error.contains("pass_environment"), "{error}");
    }

    #[test]
    fn values_that_cannot_be_passed_are_refused() {
        for (name, value) in [("", "x"), ("A=B", "x"), ("A", "x\0y")] {
            let added = BTreeMap::from([(name.to_owned(), value.to_owned())]);
            assert!(clean(&Config::default(), &added).is_err(), "{name:?} {value:?}");
        }
    }
}
