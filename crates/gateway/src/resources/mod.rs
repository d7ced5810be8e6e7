//! What a call names: paths, hosts and commands, in one form that rules can be written about.
//!
//! Found by what the tool's schema says and by the names of properties, so that it works for tools of any
//! server. What is missed is not allowed by that: the shipped pack allows only tools of the built-in server by
//! themselves, and those name everything in the ways listed here.

mod arguments;
mod commands;
mod globs;
mod hosts;
mod paths;
mod shell;
mod wrappers;

#[cfg(test)]
mod tests;

use std::path::Path;

use domain::tool::{ServerKind, Tool};
use policy::{PathFact, Resources};
use serde_json::Value;

use self::arguments::{Named, Role};
use self::commands::Commands;
use self::paths::Paths;

/// Lists what the arguments of this call name. `root` is the canonical root of the workspace.
pub(crate) fn resources_of(kind: ServerKind, tool: &Tool, arguments: &Value, root: &Path) -> Resources {
    let named = arguments::named(kind, &tool.input_schema, arguments);
    let mut paths = Paths::new(root);
    let mut hosts = Vec::new();
    for Named { role, text } in &named {
        match role {
            Role::WorkingFolder => paths.enter(text),
            Role::Path => paths.add(text, access_of(kind, tool)),
            Role::Host => hosts.extend(hosts::host_of(text)),
        }
    }

    let mut commands = Commands::new(paths);
    for command in arguments::commands(arguments) {
        commands.add(command);
    }
    let found = commands.finish();
    hosts.extend(found.hosts);
    hosts.sort();
    hosts.dedup();
    Resources { paths: found.paths, hosts, commands: found.commands, opaque: found.opaque }
}

/// What the URI of an MCP resource names: a path for `file:`, a host for those that have one.
pub(crate) fn resources_of_uri(uri: &str, root: &Path) -> Resources {
    let Ok(url) = url::Url::parse(uri) else { return Resources { opaque: true, ..Resources::default() } };
    let mut paths = Paths::new(root);
    let mut hosts = Vec::new();
    match (url.scheme(), url.to_file_path()) {
        ("file", Ok(path)) => paths.add(&path.to_string_lossy(), "read"),
        ("file", Err(())) => return Resources { opaque: true, ..Resources::default() },
        _ => hosts.extend(url.host_str().map(str::to_lowercase)),
    }
    let paths = Commands::new(paths).finish().paths;
    Resources { paths, hosts, ..Resources::default() }
}

/// What the tool does with the paths it is given, by what it declares. Declarations are believed only of
/// the built-in server.
fn access_of(kind: ServerKind, tool: &Tool) -> &'static str {
    /// Tools of the built-in server that delete what they are given: MCP has no annotation for it.
    const DELETES: &[&str] = &["delete_path"];
    match kind {
        ServerKind::Builtin if tool.annotations.read_only() => "read",
        ServerKind::Builtin if DELETES.contains(&tool.name.as_str()) => "delete",
        ServerKind::Builtin => "write",
        ServerKind::Stdio | ServerKind::Http => "unknown",
    }
}

/// What the commands of a call come to.
#[derive(Debug, Default)]
struct Found {
    paths: Vec<PathFact>,
    hosts: Vec<String>,
    commands: Vec<Vec<String>>,
    opaque: bool,
}
