//! What a prisoner tries, from inside. Each attempt says `Ok` when it got through, or the error that stopped
//! it.

pub mod files;
pub mod kernel;
pub mod network;
pub mod processes;

use std::io;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// First argument of the prisoner; the second names the attempt.
pub const ARGUMENT: &str = "--attempt";
/// Variable in which the prisoner finds its [`Situation`].
pub const SITUATION: &str = "SITUATION";

/// What there is outside to get at.
#[derive(Debug, Serialize, Deserialize)]
pub struct Situation {
    pub workspace: PathBuf,
    /// Has a file `secret`, a program `tool` and a Unix socket `socket`.
    pub outside: PathBuf,
    /// A name for files that nobody else uses.
    pub unique: String,
    /// The program that uses the fence: this test.
    pub program: i32,
    /// A process of the same user, which does not mind.
    pub victim: i32,
    /// A System V shared memory segment of the test's.
    pub shared_memory: i32,
    pub tcp_port: u16,
    pub udp_port: u16,
    pub abstract_socket: String,
    pub canary_variable: String,
}

pub type Attempt = fn(&Situation) -> io::Result<()>;

/// Never returns when this process was started to try something.
pub fn become_prisoner_if_asked() {
    let mut arguments = std::env::args().skip(1);
    if arguments.next().as_deref() != Some(ARGUMENT) {
        return;
    }
    let name = arguments.next().unwrap();
    let situation = serde_json::from_str(&std::env::var(SITUATION).unwrap()).unwrap();
    let case = crate::escape::CASES.iter().find(|case| case.name == name).unwrap();
    match (case.attempt)(&situation) {
        Ok(()) => println!("open"),
        Err(error) => println!("stopped: {error}"),
    }
    std::process::exit(0);
}

/// The result of a raw system call.
pub fn check(result: impl Into<i64>) -> io::Result<()> {
    if result.into() < 0 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// The call came as far as the kernel's own checks, which is too far; only a refusal by the fence stops it.
pub fn check_reached(result: impl Into<i64>) -> io::Result<()> {
    match check(result) {
        Err(error) if !matches!(error.raw_os_error(), Some(libc::EPERM | libc::ENOSYS)) => Ok(()),
        other => other,
    }
}

/// For attempts that can fail to find what they look for.
pub fn nothing_found() -> io::Result<()> {
    Err(io::Error::other("nothing found"))
}
