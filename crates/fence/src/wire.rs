//! What the program and its helper say to each other.
//!
//! They talk over a socket pair that is the helper's standard input, so that nothing of a command is to be
//! seen in an argument list or an environment. The program sends two length-prefixed blocks, the [`Spec`] as
//! JSON and the command's standard input; the helper answers with one [`Word`] a line. The program closing
//! its side, for whatever reason, means: end everything.

use std::collections::BTreeMap;
use std::io::{self, Read};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::{Level, LimitReached, Limits};

/// First argument of the helper. An option on purpose: a program that forgot
/// [`become_helper_if_asked`](crate::become_helper_if_asked) stops at an unknown option instead of running.
pub(crate) const HELPER_ARGUMENT: &str = "--bailiwick-fence-helper";

/// Step that tells a missing seccomp from a missing Landlock.
pub(crate) const SECCOMP_STEP: &str = "closing system calls with seccomp";

/// All that the helper knows.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Spec {
    pub level: Level,
    /// Empty: close all doors and say so, run nothing.
    pub argv: Vec<String>,
    pub environment: BTreeMap<String, String>,
    /// Trees that may be changed; of a command, its workspace.
    pub writable: Vec<Shown>,
    /// `None`: the empty home.
    pub current_dir: Option<PathBuf>,
    pub read_only: Vec<Shown>,
    pub limits: Limits,
    /// Where levels without a private `/tmp` make their temporary folder.
    pub scratch_parent: PathBuf,
    /// The network of the machine instead of none.
    pub network: bool,
    /// After the two blocks comes a byte with a descriptor: the command's standard input.
    pub stdin_follows: bool,
}

/// A path that appears in the fence.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Shown {
    /// Canonical.
    pub source: PathBuf,
    /// Where it appears; differs from `source` when the path that was asked for goes through a symlink.
    pub target: PathBuf,
}

impl Shown {
    /// Where it is, and nowhere else. For canonical paths.
    pub(crate) fn in_place(path: PathBuf) -> Self {
        Self { target: path.clone(), source: path }
    }

    /// A path as it was asked for, and where it leads.
    pub(crate) fn both(asked: PathBuf, canonical: PathBuf) -> impl Iterator<Item = Self> {
        let link = (asked != canonical).then(|| Self { source: canonical.clone(), target: asked });
        link.into_iter().chain([Self::in_place(canonical)])
    }
}

/// What the helper reports.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Word {
    /// Nothing ran.
    Failed { step: String, error: String },
    /// Nothing ran, because there is no such program.
    ProgramNotFound,
    /// The doors closed, as a probe asked.
    Closed { landlock_abi: i32 },
    /// The command ended.
    Exited { code: Option<i32>, signal: Option<i32>, limit: Option<LimitReached> },
}

/// The bytes that start a helper.
pub(crate) fn encode(spec: &Spec, stdin: &[u8]) -> io::Result<Vec<u8>> {
    let json = serde_json::to_vec(spec)?;
    let mut bytes = Vec::with_capacity(json.len() + stdin.len() + 16);
    for block in [json.as_slice(), stdin] {
        bytes.extend((block.len() as u64).to_le_bytes());
        bytes.extend(block);
    }
    Ok(bytes)
}

/// Reads one block to its end. Unlike a reader with a buffer, takes no byte of what follows.
pub(crate) fn read_block(from: &mut impl Read) -> io::Result<Vec<u8>> {
    let mut length = [0; 8];
    from.read_exact(&mut length)?;
    let length = u64::from_le_bytes(length);
    let mut block = Vec::new();
    from.by_ref().take(length).read_to_end(&mut block)?;
    if block.len() as u64 == length { Ok(block) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}
