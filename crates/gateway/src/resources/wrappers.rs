//! Programs that run other programs: `env`, `timeout`, `sh -c`, `find -exec` ….
//!
//! A wrapper is listed by itself with its own words, and what it runs is listed as a command of its own. A wrapper
//! with an option that is not known here is opaque: its value could pass for the program.

use super::arguments::changes_meaning;
use super::commands::Word;

/// A command taken apart.
#[derive(Debug, Default)]
pub(super) struct Unwrapped {
    /// The command's own words.
    pub(super) own: Vec<Word>,
    pub(super) runs: Vec<Runs>,
    /// It may run something else as well.
    pub(super) opaque: bool,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) enum Runs {
    Words(Vec<Word>),
    Shell(Word),
}

/// How a simple wrapper is called: `name [options] [positional…] program [arguments…]`.
struct Wrapper {
    name: &'static str,
    /// Options that stand alone.
    flags: &'static [&'static str],
    /// Options with a value behind them; `-x` also with the value in the same word.
    valued: &'static [&'static str],
    /// Words before the program.
    positional: usize,
    /// Arguments of the program come from elsewhere.
    opaque: bool,
}

const WRAPPERS: &[Wrapper] = &[
    wrapper("builtin", &[], &[], 0),
    wrapper("busybox", &[], &[], 0),
    wrapper("command", &["-p"], &[], 0),
    wrapper("doas", &["-n"], &["-u"], 0),
    wrapper("exec", &["-c", "-l"], &["-a"], 0),
    wrapper("ionice", &["-t", "--ignore"], &["-c", "-n", "--class", "--classdata"], 0),
    wrapper("nice", &[], &["-n", "--adjustment"], 0),
    wrapper("nohup", &[], &[], 0),
    wrapper("setsid", &["-c", "-f", "-w", "--ctty", "--fork", "--wait"], &[], 0),
    wrapper("stdbuf", &[], &["-i", "-o", "-e", "--input", "--output", "--error"], 0),
    wrapper("sudo", &["-b", "-E", "-H", "-k", "-n", "-S"], &["-g", "-u", "-p"], 0),
    wrapper("time", &["-p", "-v", "--verbose"], &["-f"], 0),
    wrapper(
        "timeout",
        &["-v", "--foreground", "--preserve-status"],
        &["-k", "-s", "--kill-after", "--signal"],
        1,
    ),
    Wrapper {
        opaque: true,
        ..wrapper(
            "xargs",
            &["-0", "-o", "-r", "-t", "-x", "--exit", "--no-run-if-empty", "--null", "--verbose"],
            &[
                "-d",
                "-E",
                "-I",
                "-L",
                "-n",
                "-P",
                "-s",
                "--delimiter",
                "--max-args",
                "--max-lines",
                "--max-procs",
            ],
            0,
        )
    },
];

const fn wrapper(
    name: &'static str,
    flags: &'static [&'static str],
    valued: &'static [&'static str],
    positional: usize,
) -> Wrapper {
    Wrapper { name, flags, valued, positional, opaque: false }
}

/// Takes a command apart; `words` is not empty.
pub(super) fn unwrap(words: Vec<Word>) -> Unwrapped {
    let name = program_name(&words[0].text).to_owned();
    if let Some(wrapper) = WRAPPERS.iter().find(|wrapper| wrapper.name == name) {
        return simple(wrapper, words);
    }
    match name.as_str() {
        "env" => env(words),
        "sh" | "ash" | "bash" | "dash" | "ksh" | "zsh" => shell(words),
        "find" => find(words),
        "fd" | "fdfind" => fd(words),
        // Their commands are run by a shell, after changes of their own.
        "parallel" | "watch" | "script" => Unwrapped { own: words, opaque: true, ..Unwrapped::default() },
        "rg" => {
            let runs = |word: &Word| ["--pre", "--hostname-bin"].iter().any(|o| word.text.starts_with(o));
            let opaque = words.iter().any(runs);
            Unwrapped { own: words, opaque, ..Unwrapped::default() }
        }
        _ => Unwrapped { own: words, ..Unwrapped::default() },
    }
}

/// The name of a program of the system; a program elsewhere keeps its path and is no wrapper.
fn program_name(program: &str) -> &str {
    ["/usr/local/bin/", "/usr/bin/", "/bin/", "/usr/sbin/", "/sbin/"]
        .iter()
        .find_map(|folder| program.strip_prefix(folder))
        .unwrap_or(program)
}

fn simple(wrapper: &Wrapper, mut words: Vec<Word>) -> Unwrapped {
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        if text == "--" {
            at += 1;
            break;
        }
        if !text.starts_with('-') || text == "-" {
            break;
        }
        // `command -v git` asks where git is, and runs nothing.
        if wrapper.name == "command" && matches!(text, "-v" | "-V") {
            return Unwrapped { own: words, ..Unwrapped::default() };
        }
        let long_with_value =
            text.split_once('=').is_some_and(|(option, _)| wrapper.valued.contains(&option));
        let short_with_value =
            wrapper.valued.iter().any(|option| option.len() == 2 && text.starts_with(option));
        let number = wrapper.name == "nice" && text[1..].parse::<u8>().is_ok();
        if wrapper.valued.contains(&text) {
            at += 2;
        } else if wrapper.flags.contains(&text) || long_with_value || short_with_value || number {
            at += 1;
        } else {
            return Unwrapped { own: words, opaque: true, ..Unwrapped::default() };
        }
    }
    let at = (at + wrapper.positional).min(words.len());
    let inner = words.split_off(at);
    let runs = if inner.is_empty() { Vec::new() } else { vec![Runs::Words(inner)] };
    Unwrapped { own: words, runs, opaque: wrapper.opaque }
}

/// `env [-i] [-u NAME] [NAME=VALUE…] program …`.
fn env(mut words: Vec<Word>) -> Unwrapped {
    let mut at = 1;
    let mut opaque = false;
    while let Some(word) = words.get(at) {
        match word.text.as_str() {
            "-i" | "-" | "--ignore-environment" | "-0" | "--null" => at += 1,
            "-u" | "--unset" => at += 2,
            text if text.starts_with('-') => {
                return Unwrapped { own: words, opaque: true, ..Unwrapped::default() };
            }
            text => match text.split_once('=') {
                Some((name, _)) => {
                    opaque |= changes_meaning(name);
                    at += 1;
                }
                None => break,
            },
        }
    }
    let inner = words.split_off(at.min(words.len()));
    let runs = if inner.is_empty() { Vec::new() } else { vec![Runs::Words(inner)] };
    Unwrapped { own: words, runs, opaque }
}

/// `sh -c TEXT`, `bash -lc TEXT`, `bash -eu -o pipefail -c TEXT`. Without `-c` it runs a file or its input, and
/// stands for itself.
fn shell(mut words: Vec<Word>) -> Unwrapped {
    let mut runs_text = false;
    let mut at = 1;
    while let Some(word) = words.get(at) {
        let text = word.text.as_str();
        if text == "--" {
            at += 1;
            break;
        }
        let Some(letters) = text.strip_prefix('-').filter(|letters| !letters.is_empty()) else { break };
        if matches!(text, "--norc" | "--noprofile" | "--posix" | "--login") {
            at += 1;
        } else if letters.chars().all(|letter| "ceufxvlno".contains(letter)) {
            runs_text |= letters.contains('c');
            at += 1 + usize::from(letters.contains('o'));
        } else {
            return Unwrapped { own: words, opaque: true, ..Unwrapped::default() };
        }
    }
    if !runs_text || at >= words.len() {
        return Unwrapped { own: words, ..Unwrapped::default() };
    }
    // What follows the text are its $0, $1 …; the text cannot use them without being opaque.
    let text = words.swap_remove(at);
    words.truncate(1);
    words.push(Word::known("-c"));
    Unwrapped { own: words, runs: vec![Runs::Shell(text)], opaque: false }
}

/// `find … -exec program {} ; …`: the searching words are find's own.
fn find(words: Vec<Word>) -> Unwrapped {
    let mut found = Unwrapped::default();
    let mut words = words.into_iter();
    while let Some(word) = words.next() {
        if !matches!(word.text.as_str(), "-exec" | "-execdir" | "-ok" | "-okdir") {
            found.own.push(word);
            continue;
        }
        let mut inner: Vec<Word> = Vec::new();
        for word in words.by_ref() {
            // `+` ends the command only behind `{}`; elsewhere it is a word of it.
            let after_files = inner.last().is_some_and(|last| last.text == "{}");
            if word.text == ";" || (word.text == "+" && after_files) {
                break;
            }
            inner.push(word);
        }
        // The found file itself as the program.
        found.opaque |= inner.first().is_none_or(|program| program.text.contains("{}"));
        found.runs.push(Runs::Words(inner));
    }
    found
}

/// `fd … -x program …`.
fn fd(mut words: Vec<Word>) -> Unwrapped {
    let runs = |word: &Word| matches!(word.text.as_str(), "-x" | "-X" | "--exec" | "--exec-batch");
    if let Some(at) = words.iter().position(runs) {
        let inner = words.split_off(at + 1);
        words.pop();
        // Behind `;` go on the options of fd, which may name another program.
        let opaque = inner.first().is_none_or(|program| program.text.contains('{'))
            || inner.iter().any(|word| word.text == ";" || runs(word));
        return Unwrapped { own: words, runs: vec![Runs::Words(inner)], opaque };
    }
    let hidden = |word: &Word| {
        let text = word.text.as_str();
        text.starts_with("--exec")
            || (text.starts_with('-') && !text.starts_with("--") && text.contains(['x', 'X']))
    };
    let opaque = words.iter().any(hidden);
    Unwrapped { own: words, opaque, ..Unwrapped::default() }
}
