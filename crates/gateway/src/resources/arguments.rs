//! Which arguments are paths, hosts and commands.
//!
//! By the `format` that the schema gives, else by the name of the property, at any depth. Names are compared in
//! lower case with `_` and `-` left out, so `filePath`, `file_path` and `file-path` are one name.

use domain::tool::ServerKind;
use serde_json::Value;

/// A text among the arguments that names something.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Named {
    pub(super) role: Role,
    pub(super) text: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Path,
    /// The folder that the call's commands run in.
    WorkingFolder,
    Host,
}

/// A command among the arguments.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Run as it is, without a shell.
    Argv(Vec<String>),
    /// Run by a shell.
    Shell(String),
    /// Something that is run, in a form that cannot be read, or in an environment that changes what it means.
    Opaque,
}

const PATHS: &[&str] = &[
    "path",
    "paths",
    "file",
    "files",
    "filename",
    "filenames",
    "filepath",
    "filepaths",
    "dir",
    "directory",
    "directories",
    "folder",
    "folders",
    "root",
    "source",
    "src",
    "destination",
    "dest",
    "dst",
    "target",
    "from",
    "to",
    "output",
    "input",
    "oldpath",
    "newpath",
];
const PATH_ENDINGS: &[&str] = &["path", "paths", "file", "files", "dir", "directory", "folder", "filename"];
const WORKING_FOLDERS: &[&str] = &["cwd", "workdir", "workingdir", "workingdirectory"];
const HOSTS: &[&str] = &[
    "url", "urls", "uri", "uris", "href", "link", "endpoint", "host", "hosts", "hostname", "domain",
    "origin", "remote", "server", "address",
];
const HOST_ENDINGS: &[&str] = &["url", "uri", "urls", "uris", "endpoint", "hostname"];
const COMMANDS: &[&str] = &["command", "commands", "cmd", "commandline", "shell", "script", "bash", "argv"];
const ENVIRONMENTS: &[&str] = &["env", "environment"];

/// Longest text that is looked at as a path or a host; longer ones are contents.
const NAME_BYTES_MAX: usize = 4096;

/// All paths and hosts among the arguments, the working folder first.
pub(super) fn named(kind: ServerKind, schema: &Value, arguments: &Value) -> Vec<Named> {
    let mut found = Vec::new();
    walk(kind, schema, arguments, None, &mut found);
    found.sort_by_key(|named| named.role != Role::WorkingFolder);
    found
}

fn walk(kind: ServerKind, schema: &Value, value: &Value, role: Option<Role>, found: &mut Vec<Named>) {
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let schema = &schema["properties"][name.as_str()];
                walk(kind, schema, member, role_of(name, schema), found);
            }
        }
        Value::Array(items) => {
            for item in items {
                walk(kind, &schema["items"], item, role.or_else(|| by_format(&schema["items"])), found);
            }
        }
        Value::String(text) if text.len() <= NAME_BYTES_MAX => {
            // Somebody else's tool may hide an address under any name.
            let by_value = (kind != ServerKind::Builtin).then(|| by_value(text)).flatten();
            if let Some(role) = by_value.or(role) {
                found.push(Named { role, text: text.clone() });
            }
        }
        _ => {}
    }
}

fn role_of(name: &str, schema: &Value) -> Option<Role> {
    let plain = plain(name);
    let plain = plain.as_str();
    let ends = |endings: &[&str]| endings.iter().any(|ending| plain.ends_with(ending));
    if WORKING_FOLDERS.contains(&plain) {
        Some(Role::WorkingFolder)
    } else if let Some(role) = by_format(schema) {
        Some(role)
    } else if PATHS.contains(&plain) || ends(PATH_ENDINGS) {
        Some(Role::Path)
    } else if HOSTS.contains(&plain) || ends(HOST_ENDINGS) {
        Some(Role::Host)
    } else {
        None
    }
}

fn by_format(schema: &Value) -> Option<Role> {
    match schema["format"].as_str()? {
        "path" | "file-path" | "directory-path" | "file" | "directory" => Some(Role::Path),
        "uri" | "url" | "iri" | "hostname" | "idn-hostname" | "ipv4" | "ipv6" => Some(Role::Host),
        _ => None,
    }
}

fn by_value(text: &str) -> Option<Role> {
    if text.starts_with("file://") {
        Some(Role::Path)
    } else if text.contains("://") && !text.contains(char::is_whitespace) {
        Some(Role::Host)
    } else {
        None
    }
}

/// Commands at the top of the arguments: a list is run as it is, a text by a shell, and a text with a list `args`
/// beside it is a program with its arguments.
pub(super) fn commands(arguments: &Value) -> Vec<Command> {
    let Value::Object(members) = arguments else { return Vec::new() };
    let args = members.get("args").or_else(|| members.get("arguments")).and_then(texts);
    let mut found = Vec::new();
    for (name, value) in members {
        if !COMMANDS.contains(&plain(name).as_str()) {
            continue;
        }
        match (value, texts(value)) {
            (Value::Null, _) => {}
            (_, Some(words)) if words.is_empty() => {}
            (_, Some(words)) => found.push(Command::Argv(words)),
            (Value::String(program), _) => found.push(match &args {
                Some(args) => Command::Argv([vec![program.clone()], args.clone()].concat()),
                None => Command::Shell(program.clone()),
            }),
            _ => found.push(Command::Opaque),
        }
    }
    let environment = members.iter().filter(|(name, _)| ENVIRONMENTS.contains(&plain(name).as_str()));
    let mut names = environment.filter_map(|(_, value)| value.as_object()).flat_map(|vars| vars.keys());
    if !found.is_empty() && names.any(|name| changes_meaning(name)) {
        found.push(Command::Opaque);
    }
    found
}

fn texts(value: &Value) -> Option<Vec<String>> {
    value.as_array()?.iter().map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Environment variables that decide which program a name means, or make a program run another one: by themselves, by
/// options they hold, or by a file of settings they point to.
pub(super) fn changes_meaning(variable: &str) -> bool {
    const NAMES: &[&str] = &[
        "BROWSER",
        "CDPATH",
        "COMPILER_PATH",
        "EDITOR",
        "ENV",
        "GOFLAGS",
        "HOME",
        "IFS",
        "MFLAGS",
        "PAGER",
        "PATH",
        "PERL5LIB",
        "PERL5OPT",
        "PS4",
        "RUBYOPT",
        "RUSTFLAGS",
        "SHELL",
        "TAR_OPTIONS",
        "VISUAL",
        "ZDOTDIR",
    ];
    const BEGINNINGS: &[&str] = &[
        "BASH_",
        "CARGO_",
        "DYLD_",
        "GCC_",
        "GIT_",
        "GNUMAKE",
        "GREP_",
        "JAVA_TOOL",
        "JDK_JAVA",
        "LD_",
        "LESS",
        "MAKE",
        "NODE_",
        "NPM_",
        "PYTEST_",
        "PYTHON",
        "RIPGREP_",
        "RUSTC",
        "RUSTDOC",
        "XDG_",
        "YARN_",
    ];
    // npm takes its settings in any case.
    let variable = variable.to_uppercase();
    NAMES.contains(&variable.as_str()) || BEGINNINGS.iter().any(|beginning| variable.starts_with(beginning))
}

fn plain(name: &str) -> String {
    name.chars().filter(|c| !matches!(c, '_' | '-')).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn roles(kind: ServerKind, schema: Value, arguments: Value) -> Vec<(Role, String)> {
        named(kind, &schema, &arguments).into_iter().map(|named| (named.role, named.text)).collect()
    }

    #[test]
    fn names_and_formats_tell_what_is_a_path() {
        let schema = json!({"properties": {"where": {"type": "string", "format": "path"}}});
        let arguments = json!({
            "path": "a", "filePath": "b", "old_file": "c", "where": "d", "content": "/etc/passwd",
            "edits": [{"file": "e"}], "paths": ["f", "g"], "cwd": "h", "pattern": "i",
        });
        let found = roles(ServerKind::Builtin, schema, arguments);
        assert_eq!(found[0], (Role::WorkingFolder, "h".into()));
        let paths: Vec<&str> = found[1..].iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(paths, ["a", "b", "c", "d", "e", "f", "g"]);
    }

    #[test]
    fn addresses_in_a_file_to_be_written_are_contents() {
        let arguments = json!({"path": "a", "content": "https://example.com"});
        assert_eq!(roles(ServerKind::Builtin, json!({}), arguments.clone()).len(), 1);
        assert_eq!(
            roles(ServerKind::Http, json!({}), arguments)[1],
            (Role::Host, "https://example.com".into())
        );
    }

    #[test]
    fn commands_come_in_three_forms() {
        let argv = |words: &[&str]| Command::Argv(words.iter().map(|w| (*w).into()).collect());
        assert_eq!(commands(&json!({"argv": ["git", "push"]})), [argv(&["git", "push"])]);
        assert_eq!(commands(&json!({"command": "git", "args": ["push"]})), [argv(&["git", "push"])]);
        assert_eq!(commands(&json!({"shell": "git push"})), [Command::Shell("git push".into())]);
        assert_eq!(commands(&json!({"command": {"run": "x"}})), [Command::Opaque]);
        assert_eq!(commands(&json!({"argv": null, "shell": null})), []);
        let with_path = json!({"argv": ["ls"], "environment": {"PATH": "."}});
        assert_eq!(commands(&with_path), [argv(&["ls"]), Command::Opaque]);
    }
}
