//! Commands: every simple command that a call runs, as words.

use super::arguments::{Command, changes_meaning};
use super::hosts;
use super::paths::Paths;
use super::wrappers::{self, Runs};
use super::{Found, shell};

/// Longest shell text that is parsed; a longer one is opaque.
pub(super) const SHELL_BYTES_MAX: usize = 16 << 10;
/// Commands listed of one call; a call with more is opaque.
const COMMANDS_MAX: usize = 200;
/// Shells inside shells inside wrappers; deeper is opaque.
const DEPTH_MAX: u32 = 8;

/// A word after quote removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) text: String,
    /// False when the shell replaces some of it while it runs; then `text` holds what was written.
    pub(super) known: bool,
}

impl Word {
    pub(super) fn known(text: impl Into<String>) -> Self {
        Self { text: text.into(), known: true }
    }
}

/// Gathers the commands of one call.
pub(super) struct Commands {
    pub(super) paths: Paths,
    hosts: Vec<String>,
    commands: Vec<Vec<String>>,
    opaque: bool,
    depth: u32,
}

impl Commands {
    pub(super) fn new(paths: Paths) -> Self {
        Self { paths, hosts: Vec::new(), commands: Vec::new(), opaque: false, depth: 0 }
    }

    pub(super) fn add(&mut self, command: Command) {
        match command {
            Command::Argv(words) => self.simple(words.into_iter().map(Word::known).collect()),
            Command::Shell(text) => self.shell(&text),
            Command::Opaque => self.opaque(),
        }
    }

    pub(super) fn finish(self) -> Found {
        let opaque = self.opaque || self.paths.overflow;
        Found { paths: self.paths.facts, hosts: self.hosts, commands: self.commands, opaque }
    }

    /// The call may run something that is not listed.
    pub(super) fn opaque(&mut self) {
        self.opaque = true;
    }

    /// Shell text: whatever cannot be understood makes the call opaque.
    pub(super) fn shell(&mut self, text: &str) {
        if text.len() > SHELL_BYTES_MAX || self.depth >= DEPTH_MAX {
            return self.opaque();
        }
        self.depth += 1;
        if shell::visit(text, self).is_err() {
            self.opaque();
        }
        self.depth -= 1;
    }

    /// One program with its arguments, and what it runs in its turn.
    pub(super) fn simple(&mut self, words: Vec<Word>) {
        if words.is_empty() {
            return;
        }
        if self.commands.len() >= COMMANDS_MAX || self.depth >= DEPTH_MAX {
            return self.opaque();
        }
        if words.iter().any(|word| !word.known) {
            self.opaque();
        }
        self.depth += 1;
        let unwrapped = wrappers::unwrap(words);
        self.opaque |= unwrapped.opaque;
        self.list(unwrapped.own);
        for inner in unwrapped.runs {
            match inner {
                Runs::Words(words) => self.simple(words),
                Runs::Shell(text) if text.known => self.shell(&text.text),
                Runs::Shell(_) => self.opaque(),
            }
        }
        self.depth -= 1;
    }

    /// A file that the shell opens for a command.
    pub(super) fn redirect(&mut self, target: &Word, access: &str) {
        if !target.known {
            self.opaque();
        }
        self.paths.add(&target.text, access);
    }

    /// A variable that is set for a command or for the shell.
    pub(super) fn assignment(&mut self, name: &str) {
        if changes_meaning(name) {
            self.opaque();
        }
    }

    fn list(&mut self, words: Vec<Word>) {
        for word in &words {
            self.paths.add_word(&word.text);
            self.hosts.extend(hosts::in_word(&word.text));
        }
        let texts: Vec<String> = words.into_iter().map(|word| word.text).collect();
        match texts.first().map(String::as_str) {
            Some("cd" | "chdir" | "pushd") => match &texts[1..] {
                [folder] if folder != "-" && !folder.starts_with(['+', '~']) => self.paths.may_enter(folder),
                _ => self.opaque(),
            },
            // These change what later commands mean, or run text that is put together while it runs.
            Some(
                "." | "alias" | "bind" | "complete" | "coproc" | "enable" | "eval" | "fc" | "hash" | "popd"
                | "set" | "shopt" | "source" | "trap" | "unalias",
            ) => self.opaque(),
            Some("export" | "declare" | "typeset" | "local" | "readonly") => {
                let names = texts[1..].iter().map(|text| text.split(['=', '+']).next().unwrap_or(text));
                for name in names.collect::<Vec<_>>() {
                    self.assignment(name);
                }
            }
            _ => {}
        }
        self.commands.push(texts);
    }
}
