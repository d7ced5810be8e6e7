//! A client's file with Bailiwick in it.

use std::path::Path;

use jsonc_parser::ParseOptions;
use jsonc_parser::cst::{CstInputValue, CstRootNode};
use jsonc_parser::json;

use super::member;
use crate::cli::gateway::McpClient;
use crate::exit::Failure;

/// The text of the file with one server `bailiwick` that starts `bailiwick mcp`; comments and all other members stay.
/// Unless `keep_others`, it is the only server.
pub fn with_bailiwick(
    client: McpClient,
    text: &str,
    program: &Path,
    data_dir: &Path,
    keep_others: bool,
    file: &Path,
) -> Result<String, Failure> {
    let text = if text.trim().is_empty() { "{}\n" } else { text };
    let root = CstRootNode::parse(text, &ParseOptions::default())
        .map_err(|error| Failure::usage(format!("{} is not JSON: {error}", file.display())))?;
    let wrong =
        |what: &str| Failure::usage(format!("{}: {what} is not an object: mend it first", file.display()));
    let whole = root.object_value_or_create().ok_or_else(|| wrong("the file"))?;
    let name = member(client);
    let servers = whole.object_value_or_create(name).ok_or_else(|| wrong(&format!("`{name}`")))?;
    for server in servers.properties() {
        let is_ours =
            server.name().and_then(|name| name.decoded_value().ok()).is_some_and(|name| name == "bailiwick");
        if is_ours || !keep_others {
            server.remove();
        }
    }
    servers.append("bailiwick", ours(client, program, data_dir));
    Ok(root.to_string())
}

fn ours(client: McpClient, program: &Path, data_dir: &Path) -> CstInputValue {
    let program = program.display().to_string();
    let data_dir = data_dir.display().to_string();
    let name = super::word(client);
    match client {
        McpClient::VsCode => json!({
            "type": "stdio",
            "command": program,
            "args": ["mcp", "--client", name, "--data-dir", data_dir]
        }),
        McpClient::ClaudeDesktop | McpClient::ClaudeCode | McpClient::Cursor => json!({
            "command": program,
            "args": ["mcp", "--client", name, "--data-dir", data_dir]
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(client: McpClient, text: &str, keep_others: bool) -> Result<String, Failure> {
        let (program, data) = (Path::new("/bin/bailiwick"), Path::new("/data"));
        with_bailiwick(client, text, program, data, keep_others, Path::new("file.json"))
    }

    #[test]
    fn an_empty_file_gets_one_server() {
        let text = edited(McpClient::ClaudeDesktop, "", false).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(value["mcpServers"]["bailiwick"]["args"][0], "mcp");
        assert_eq!(
            edited(McpClient::ClaudeDesktop, &text, false).unwrap(),
            text,
            "written twice is written once"
        );
    }

    #[test]
    fn comments_and_other_members_stay_and_other_servers_go() {
        let text =
            "{\n  // mine\n  \"inputs\": [1],\n  \"servers\": {\n    \"a\": {\"command\": \"x\"}\n  }\n}\n";
        let new = edited(McpClient::VsCode, text, false).unwrap();
        assert!(new.contains("// mine") && new.contains("\"inputs\": [1]"), "{new}");
        assert!(!new.contains("\"a\"") && new.contains("\"bailiwick\""), "{new}");
        let kept = edited(McpClient::VsCode, text, true).unwrap();
        assert!(kept.contains("\"a\"") && kept.contains("\"bailiwick\""), "{kept}");
    }

    #[test]
    fn a_file_that_is_something_else_is_left_alone() {
        for text in ["[]", "{\"mcpServers\": 5}", "{"] {
            assert!(edited(McpClient::Cursor, text, false).is_err(), "{text}");
        }
    }
}
