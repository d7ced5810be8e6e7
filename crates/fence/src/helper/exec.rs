//! The last step.

use std::collections::BTreeMap;
use std::ffi::{CString, NulError};
use std::path::{Path, PathBuf};

use nix::errno::Errno;
use nix::unistd::execve;

use super::step::Failure;

const STEP: &str = "starting the program";
const SHELL: &str = "/bin/sh";

/// Looks the program up like a shell does and becomes it. Comes back only with a reason.
pub(super) fn become_command(argv: &[String], environment: &BTreeMap<String, String>) -> Failure {
    let fail = |error: String| Failure::Step { step: STEP, error };
    let Some(program) = argv.first() else { return fail("the command is empty".to_owned()) };
    let (arguments, variables) = match strings(argv, environment) {
        Ok(strings) => strings,
        Err(error) => return fail(error.to_string()),
    };
    let mut last = Errno::ENOENT;
    for path in candidates(program, environment) {
        match execute(&path, &arguments, &variables) {
            // The file is there, so what is missing is its interpreter or loader.
            Errno::ENOENT if path.is_file() => {
                return fail(format!("{} needs an interpreter that is not in the fence", path.display()));
            }
            Errno::ENOENT | Errno::ENOTDIR => {}
            // Goes on, as a later folder may have one that may be executed.
            Errno::EACCES => last = Errno::EACCES,
            error => return fail(format!("{}: {}", path.display(), error.desc())),
        }
    }
    if last == Errno::ENOENT { Failure::ProgramNotFound } else { fail(format!("{program}: {}", last.desc())) }
}

fn candidates(program: &str, environment: &BTreeMap<String, String>) -> Vec<PathBuf> {
    if program.contains('/') {
        return vec![program.into()];
    }
    let folders = environment.get("PATH").map(String::as_str).unwrap_or_default();
    folders
        .split(':')
        .filter(|folder| !folder.is_empty())
        .map(|folder| Path::new(folder).join(program))
        .collect()
}

fn execute(path: &Path, arguments: &[CString], variables: &[CString]) -> Errno {
    use std::os::unix::ffi::OsStrExt;
    let Ok(file) = CString::new(path.as_os_str().as_bytes()) else { return Errno::EINVAL };
    let Err(error) = execve(&file, arguments, variables);
    if error != Errno::ENOEXEC {
        return error;
    }
    // A script without a first line that names its interpreter.
    let Ok(shell) = CString::new(SHELL) else { return error };
    let mut script = vec![shell.clone(), file];
    script.extend_from_slice(arguments.get(1..).unwrap_or_default());
    let Err(error) = execve(&shell, &script, variables);
    error
}

type Strings = Vec<CString>;

fn strings(argv: &[String], environment: &BTreeMap<String, String>) -> Result<(Strings, Strings), NulError> {
    let arguments = argv.iter().map(|argument| CString::new(argument.as_str())).collect::<Result<_, _>>()?;
    let variables = environment
        .iter()
        .map(|(name, value)| CString::new(format!("{name}={value}")))
        .collect::<Result<_, _>>()?;
    Ok((arguments, variables))
}
