//! What runs for long: a program that is talked to over its standard streams.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crate::Limits;

/// A long-running program and all it may touch.
#[derive(Clone)]
pub struct ServerCommand {
    /// Program and arguments; the program is looked up in the fence's `PATH`, which begins with the folders of
    /// programs among those granted.
    pub argv: Vec<String>,
    /// The environment, besides `PATH`, `LANG`, `HOME` and `TMPDIR`, which it may replace. Nothing is inherited.
    pub environment: BTreeMap<String, String>,
    /// May be read, and programs in it started. Absolute.
    pub read: Vec<PathBuf>,
    /// May also be changed. Absolute.
    pub write: Vec<PathBuf>,
    /// The whole network of this machine; else none.
    pub network: bool,
    /// `None`: the configured ones. Wall time and computing time are not limited: the program lives as long as
    /// its handle.
    pub limits: Option<Limits>,
}

/// Without the values of the environment, which may be secrets.
impl fmt::Debug for ServerCommand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerCommand")
            .field("argv", &self.argv)
            .field("environment", &self.environment.keys())
            .field("read", &self.read)
            .field("write", &self.write)
            .field("network", &self.network)
            .field("limits", &self.limits)
            .finish()
    }
}

/// What a server would get, in sentences for the person who is about to add it.
pub fn describe(command: &ServerCommand) -> Vec<String> {
    let mut sentences = vec![
        "It sees the programs and libraries of the system and the paths below, no other file, and no process but \
         its own."
            .to_owned(),
    ];
    for path in &command.read {
        sentences.push(format!("It may read {} and change nothing there.", path.display()));
    }
    for path in &command.write {
        let git = "but for hooks and settings of a Git repository";
        sentences.push(format!("It may read, change and delete everything in {}, {git}.", path.display()));
    }
    if command.read.is_empty() && command.write.is_empty() {
        sentences.push("It may read and change no folder of yours.".to_owned());
    }
    sentences.push(match command.network {
        true => {
            "It may use the network like any program of this machine: the internet, the private networks \
                 around, and what listens on this machine itself. Whatever it can read it can send."
                .to_owned()
        }
        false => "It has no network.".to_owned(),
    });
    let names: Vec<_> = command.environment.keys().map(String::as_str).collect();
    sentences.push(match names.as_slice() {
        [] => "It is told nothing through its environment.".to_owned(),
        names => format!("Its environment holds {}, and nothing of yours besides.", names.join(", ")),
    });
    sentences.push(
        "Its home and its temporary folders are empty at the start, its own, and gone when it ends."
            .to_owned(),
    );
    sentences
}
