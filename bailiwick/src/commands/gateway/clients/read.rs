//! Servers that a client's file names.

use std::collections::BTreeMap;
use std::path::Path;

use domain::server::{Grants, HttpTarget, OAuth, ServerLimits, ServerSpec, Sharing, Transport};
use jsonc_parser::{ParseOptions, parse_to_serde_value};
use serde_json::Value;

use super::member;
use crate::cli::gateway::McpClient;
use crate::exit::Failure;

/// Names of variables and headers whose values are secrets more often than not.
const SECRET_WORDS: [&str; 6] = ["key", "token", "secret", "password", "authorization", "credential"];

/// A server as a file names it, in our words.
pub struct Found {
    pub name: String,
    pub spec: ServerSpec,
    /// Program and arguments, or the address.
    pub summary: String,
    /// Variables and headers that hold what looks like a secret.
    pub plain_secrets: Vec<String>,
}

/// All servers of the file but Bailiwick itself, in the order of the file.
pub fn servers(client: McpClient, file: &Path) -> Result<Vec<Found>, Failure> {
    let text = std::fs::read_to_string(file)
        .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    let whole: Option<Value> = parse_to_serde_value(&text, &ParseOptions::default())
        .map_err(|error| Failure::usage(format!("{} is not JSON: {error}", file.display())))?;
    let whole = whole.unwrap_or(Value::Null);
    let Some(servers) = whole[member(client)].as_object() else { return Ok(Vec::new()) };
    let others = servers.iter().filter(|(name, _)| *name != "bailiwick");
    others
        .map(|(name, server)| {
            read(name, server)
                .map_err(|why| Failure::usage(format!("{}: the server `{name}` {why}", file.display())))
        })
        .collect()
}

fn read(name: &str, server: &Value) -> Result<Found, String> {
    let environment = texts(&server["env"])?;
    let headers = texts(&server["headers"])?;
    let plain_secrets = environment.iter().chain(&headers).filter(|(name, value)| looks_secret(name, value));
    let plain_secrets = plain_secrets.map(|(name, _)| name.clone()).collect();
    let url = server["url"].as_str().or_else(|| server["serverUrl"].as_str());
    let (transport, summary) = match (server["command"].as_str(), url) {
        (Some(program), _) => {
            let arguments = server["args"].as_array().into_iter().flatten();
            let arguments = arguments.map(|argument| {
                argument.as_str().map(str::to_owned).ok_or("has an argument that is no text")
            });
            let command: Vec<String> =
                std::iter::once(Ok(program.to_owned())).chain(arguments).collect::<Result<_, _>>()?;
            let summary = command.join(" ");
            // What it may touch is for the person to grant: the file does not say.
            (Transport::Stdio { command, environment, grants: Grants::default() }, summary)
        }
        (None, Some(url)) => {
            let target =
                HttpTarget { url: url.to_owned(), headers, allow_private: false, oauth: OAuth::default() };
            let sse = server["type"].as_str() == Some("sse");
            (if sse { Transport::Sse(target) } else { Transport::Http(target) }, url.to_owned())
        }
        (None, None) => return Err("has neither `command` nor `url`".to_owned()),
    };
    let enabled = server["disabled"].as_bool() != Some(true);
    let spec =
        ServerSpec { transport, enabled, sharing: Sharing::default(), limits: ServerLimits::default() };
    Ok(Found { name: our_name(name), spec, summary, plain_secrets })
}

fn texts(of: &Value) -> Result<BTreeMap<String, String>, String> {
    let members = of.as_object().into_iter().flatten();
    members
        .map(|(name, value)| match value {
            Value::String(text) => Ok((name.clone(), text.clone())),
            Value::Number(number) => Ok((name.clone(), number.to_string())),
            Value::Bool(truth) => Ok((name.clone(), truth.to_string())),
            _ => Err(format!("has a value for {name} that is no text")),
        })
        .collect()
}

fn looks_secret(name: &str, value: &str) -> bool {
    let name = name.to_lowercase();
    SECRET_WORDS.iter().any(|word| name.contains(word)) && !value.is_empty() && !value.contains("secret://")
}

/// Names there are free; ours are parts of tools' names.
fn our_name(name: &str) -> String {
    let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    let name: String = name.chars().map(letter).take(40).collect();
    let name = name.trim_matches('-');
    if name.is_empty() { "server".to_owned() } else { name.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(client: McpClient, text: &str) -> Result<Vec<Found>, Failure> {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("file.json");
        std::fs::write(&file, text).unwrap();
        servers(client, &file)
    }

    #[test]
    fn servers_of_both_kinds_are_read() {
        let text = r#"{"mcpServers": {
            "My Files": {"command": "npx", "args": ["-y", "files", "/data"], "env": {"API_KEY": "abc", "LEVEL": 3}},
            "docs": {"url": "https://docs.example/mcp", "headers": {"X-Team": "a"}},
            "old": {"type": "sse", "url": "https://old.example/sse", "disabled": true},
            "bailiwick": {"command": "bailiwick", "args": ["mcp"]}
        }}"#;
        let found = found(McpClient::Cursor, text).unwrap();
        let names: Vec<_> = found.iter().map(|server| server.name.as_str()).collect();
        assert_eq!(names, ["my-files", "docs", "old"]);
        assert_eq!(found[0].plain_secrets, ["API_KEY"]);
        let Transport::Stdio { command, environment, grants } = &found[0].spec.transport else { panic!() };
        assert_eq!(command, &["npx", "-y", "files", "/data"]);
        assert_eq!(environment["LEVEL"], "3");
        assert_eq!(grants, &Grants::default());
        assert!(
            matches!(&found[1].spec.transport, Transport::Http(target) if target.headers["X-Team"] == "a")
        );
        assert!(matches!(&found[2].spec.transport, Transport::Sse(_)) && !found[2].spec.enabled);
    }

    #[test]
    fn comments_and_trailing_commas_are_read() {
        let text = "{\n// mine\n\"servers\": {\"a\": {\"command\": \"x\",},},\n}";
        assert_eq!(found(McpClient::VsCode, text).unwrap().len(), 1);
    }

    #[test]
    fn what_is_no_server_is_named() {
        let failure = found(McpClient::Cursor, r#"{"mcpServers": {"odd": {}}}"#).err().unwrap();
        assert!(failure.message.contains("`odd`"), "{}", failure.message);
        let failure = found(McpClient::Cursor, "{").err().unwrap();
        assert!(failure.message.contains("is not JSON"), "{}", failure.message);
    }
}
