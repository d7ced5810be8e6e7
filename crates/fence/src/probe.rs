//! Which layers hold: tried out, by a helper that closes all doors and runs nothing.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use crate::config::Config;
use crate::environment::looks_secret;
use crate::launch::std_command;
use crate::wire::{self, SECCOMP_STEP, Shown, Spec, Word};
use crate::{Layer, Level, Report};

/// A helper that says nothing for so long is stuck.
const ANSWER_WAIT_MAX: Duration = Duration::from_secs(10);
const ABOVE_CEILING: &str = "not used, because of `ceiling` in [fence]";

const FROM_THE_STRONGEST: [Level; 3] = [Level::Namespaces, Level::Landlock, Level::Limits];

/// Where the advice about namespaces comes from.
const APPARMOR_SWITCH: &str = "/proc/sys/kernel/apparmor_restrict_unprivileged_userns";

pub(crate) fn probe(config: &Config) -> Report {
    let mut found = None;
    let mut failures = Vec::new();
    for level in FROM_THE_STRONGEST {
        match attempt(config, level) {
            Ok(landlock_abi) => {
                found = Some((level, landlock_abi));
                break;
            }
            Err(failure) => failures.push((level, failure)),
        }
    }
    let why = |level| failures.iter().find(|(failed, _)| *failed == level).map(|(_, why)| why.as_str());
    let level = found.map(|(level, _)| level);
    let abi = found.map_or(0, |(_, abi)| abi);
    let mut layers = vec![limits(why(Level::Limits)), landlock(abi, why(Level::Landlock))];
    layers.extend([seccomp(why(Level::Landlock)), namespaces(why(Level::Namespaces))]);
    layers.extend(environment(config));
    Report { level, floor: config.floor, layers }
}

fn layer(name: &str, detail: &str, failure: Option<&str>, advice: impl FnOnce() -> String) -> Layer {
    Layer {
        name: name.to_owned(),
        holds: failure.is_none(),
        detail: failure.unwrap_or(detail).to_owned(),
        advice: failure.map(|_| advice()),
    }
}

fn limits(failure: Option<&str>) -> Layer {
    layer("limits", "resource limits, clean environment, death with the whole process tree", failure, || {
        "No command can be started at all; the text beside says at which step it stopped.".to_owned()
    })
}

fn landlock(abi: i32, failure: Option<&str>) -> Layer {
    let detail = match abi {
        ..6 => format!("ABI {abi}; signals are fenced from ABI 6 on (Linux 6.12)"),
        _ => format!("ABI {abi}"),
    };
    let failure = failure.filter(|why| !why.starts_with(SECCOMP_STEP));
    layer("landlock", &detail, failure, || {
        "Use Linux 6.2 or newer with Landlock switched on: `landlock` must be in /sys/kernel/security/lsm, which \
         the `lsm=` kernel parameter sets. In a container, its seccomp profile must let the landlock_* calls \
         through."
            .to_owned()
    })
}

fn seccomp(failure: Option<&str>) -> Layer {
    layer("seccomp", "dangerous system calls and all network sockets are refused", failure, || {
        "Use a kernel with CONFIG_SECCOMP_FILTER on x86-64 or aarch64.".to_owned()
    })
}

fn namespaces(failure: Option<&str>) -> Layer {
    layer("namespaces", "user, mount, PID, network, IPC and UTS", failure, || {
        if failure == Some(ABOVE_CEILING) {
            return "Remove `ceiling` from [fence].".to_owned();
        }
        if std::fs::read_to_string(APPARMOR_SWITCH).is_ok_and(|switch| switch.trim() == "1") {
            return apparmor_advice();
        }
        "Allow user namespaces to ordinary users: `sysctl user.max_user_namespaces` must not be 0, \
         `kernel.unprivileged_userns_clone` (Debian) must be 1. In a container, its seccomp profile must allow \
         unshare and mount, and /proc must not be masked."
            .to_owned()
    })
}

/// For Ubuntu 24.04 and its kin.
fn apparmor_advice() -> String {
    let program = std::env::current_exe().unwrap_or_else(|_| PathBuf::from("/usr/local/bin/bailiwick"));
    format!(
        "AppArmor refuses namespaces to programs it does not know. Write to /etc/apparmor.d/bailiwick\n\
         abi <abi/4.0>,\n\
         include <tunables/global>\n\
         profile bailiwick {} flags=(unconfined) {{ userns, }}\n\
         and run `sudo apparmor_parser -r /etc/apparmor.d/bailiwick`; or, for every program, \
         `sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0`.",
        program.display()
    )
}

fn environment(config: &Config) -> Option<Layer> {
    let name = config.pass_environment.iter().find(|name| looks_secret(name))?;
    let found =
        format!("`pass_environment` names {name:?}, which looks like a secret, so no command will run");
    Some(layer("environment", "", Some(&found), || {
        format!("Remove {name:?} from `pass_environment` in [fence].")
    }))
}

/// The Landlock ABI in force when all doors of a level close; else what did not.
fn attempt(config: &Config, level: Level) -> Result<i32, String> {
    if config.ceiling.is_some_and(|ceiling| level > ceiling) {
        return Err(ABOVE_CEILING.to_owned());
    }
    let place = Place::make().map_err(|error| format!("no temporary folder: {error}"))?;
    let spec = Spec {
        level,
        argv: Vec::new(),
        environment: Default::default(),
        writable: vec![Shown::in_place(place.0.clone())],
        current_dir: Some(place.0.clone()),
        read_only: Vec::new(),
        limits: config.limits.clone(),
        scratch_parent: std::env::temp_dir(),
        network: false,
        stdin_follows: false,
    };
    let answer = ask(config, &spec).map_err(|error| format!("the helper did not answer: {error}"))?;
    match serde_json::from_str(answer.lines().next().unwrap_or_default()) {
        Ok(Word::Closed { landlock_abi }) => Ok(landlock_abi),
        Ok(Word::Failed { step, error }) => Err(format!("{step}: {error}")),
        _ => {
            Err("the helper gave no answer; `main` must start with `fence::become_helper_if_asked()`"
                .to_owned())
        }
    }
}

fn ask(config: &Config, spec: &Spec) -> io::Result<String> {
    let (mut control, theirs) = UnixStream::pair()?;
    control.set_read_timeout(Some(ANSWER_WAIT_MAX))?;
    let mut command = std_command(config, theirs);
    let mut helper = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
    // It holds our copy of the helper's end, without which we would never see that end close.
    drop(command);
    let mut answer = String::new();
    let outcome = control
        .write_all(&wire::encode(spec, &[])?)
        .and_then(|()| control.read_to_string(&mut answer).map(drop));
    match outcome {
        Ok(()) => {}
        // A program that is no helper goes away without reading.
        Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => {}
        Err(error) => {
            helper.kill()?;
            helper.wait()?;
            return Err(error);
        }
    }
    helper.wait()?;
    Ok(answer)
}

/// A temporary folder to play workspace.
struct Place(PathBuf);

impl Place {
    fn make() -> io::Result<Self> {
        let template = std::env::temp_dir().join("bailiwick-probe-XXXXXX");
        Ok(Self(nix::unistd::mkdtemp(&template)?.canonicalize()?))
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.0);
    }
}
