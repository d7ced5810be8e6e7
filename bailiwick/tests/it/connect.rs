//! Other clients' files: taking over their servers, and writing ourselves into them.

use std::path::PathBuf;

use serde_json::Value;

use crate::support::Home;

const CLIENTS: [(&str, &str, &str); 4] = [
    ("claude-desktop", "config/Claude/claude_desktop_config.json", "mcpServers"),
    ("claude-code", ".claude.json", "mcpServers"),
    ("cursor", ".cursor/mcp.json", "mcpServers"),
    ("vscode", "config/Code/User/mcp.json", "servers"),
];

/// A file as a person keeps it, where its client looks for it.
fn file_of(home: &Home, file: &str, member: &str) -> (PathBuf, String) {
    let path = home.path().join(file);
    let text = format!(
        "{{\n  // what I use every day\n  \"theme\": \"dark\", /* kept */\n  \"{member}\": {{\n    \"My Notes\": \
         {{\"command\": \"true\", \"args\": [\"--fast\"], \"env\": {{\"API_TOKEN\": \"canary-77\"}}}},\n    \
         \"docs\": {{\"url\": \"https://docs.example.org/mcp\", \"disabled\": true}},\n  }},\n}}\n"
    );
    std::fs::create_dir_all(path.parent().expect("a parent")).expect("the folder");
    std::fs::write(&path, &text).expect("the file");
    (path, text)
}

#[test]
fn clients_are_connected_with_a_backup_and_their_comments_kept() {
    let home = Home::new();
    for (client, file, member) in CLIENTS {
        let (path, old) = file_of(&home, file, member);
        let dry = home.run(&["gateway", "connect", client, "--dry-run"]);
        assert!(dry.code == 0 && dry.out.contains("nothing was written"), "{dry:?}");
        assert!(
            dry.out.contains("bailiwick") && dry.out.contains("My Notes"),
            "the change is shown: {dry:?}"
        );
        assert_eq!(std::fs::read_to_string(&path).expect("there"), old);
        let backup = PathBuf::from(format!("{}.before-bailiwick", path.display()));
        assert!(!backup.exists(), "{client}");

        let done = home.run(&["gateway", "connect", client]);
        assert_eq!(done.code, 0, "{done:?}");
        assert!(done.out.contains(&format!("gateway import {client}")), "{done:?}");
        assert_eq!(std::fs::read_to_string(&backup).expect("the backup"), old);
        let new = std::fs::read_to_string(&path).expect("there");
        assert!(new.contains("// what I use every day") && new.contains("/* kept */"), "{new}");
        assert!(!new.contains("My Notes") && new.contains("\"theme\": \"dark\""), "{new}");
        let ours = ours(&new, member);
        assert_eq!(ours["command"], env!("CARGO_BIN_EXE_bailiwick"));
        let args: Vec<&str> =
            ours["args"].as_array().expect("a list").iter().filter_map(Value::as_str).collect();
        let data_dir = home.data_dir().display().to_string();
        assert_eq!(args, ["mcp", "--client", client, "--data-dir", &data_dir]);

        let again = home.run(&["gateway", "connect", client]);
        assert!(again.code == 0 && again.out.contains("already"), "{again:?}");
        assert!(!PathBuf::from(format!("{}.1", backup.display())).exists(), "nothing to keep");
        std::fs::write(&path, &old).expect("written back");
        let beside = home.run(&["gateway", "connect", client, "--keep-others"]);
        assert_eq!(beside.code, 0, "{beside:?}");
        let new = std::fs::read_to_string(&path).expect("there");
        assert!(new.contains("My Notes") && new.contains("\"bailiwick\""), "{new}");
        assert!(PathBuf::from(format!("{}.1", backup.display())).exists(), "the first backup stays");
    }
}

#[test]
fn a_file_that_is_not_there_is_made_and_one_that_is_none_is_left_alone() {
    let home = Home::new();
    let made = home.run(&["gateway", "connect", "cursor"]);
    assert_eq!(made.code, 0, "{made:?}");
    let path = home.path().join(".cursor/mcp.json");
    assert_eq!(ours(&std::fs::read_to_string(&path).expect("made"), "mcpServers")["args"][0], "mcp");
    for text in ["[]", "{\"mcpServers\": 5}", "{"] {
        std::fs::write(&path, text).expect("written");
        for command in ["connect", "import"] {
            let ended = home.run(&["gateway", command, "cursor"]);
            let is_empty_list = command == "import" && text != "{";
            assert!(
                is_empty_list || (ended.code == 2 && ended.err.contains("mcp.json")),
                "{text}: {ended:?}"
            );
        }
        assert_eq!(std::fs::read_to_string(&path).expect("there"), text);
    }
}

#[test]
fn servers_of_clients_are_taken_over() {
    let home = Home::new();
    let (path, old) = file_of(&home, CLIENTS[0].1, CLIENTS[0].2);
    let dry = home.run(&["gateway", "import", "--dry-run"]);
    assert!(dry.code == 0 && dry.out.contains("my-notes: would be added: true --fast"), "{dry:?}");
    assert!(dry.out.contains("API_TOKEN looks like a secret"), "{dry:?}");
    assert!(!home.run(&["gateway", "list"]).out.contains("my-notes"));

    let done = home.run(&["gateway", "import", "claude-desktop"]);
    assert!(done.code == 0 && done.out.contains("my-notes: added"), "{done:?}");
    let listed = home.run(&["gateway", "list"]);
    assert!(listed.out.contains("my-notes") && listed.out.contains("docs"), "{listed:?}");
    assert_eq!(std::fs::read_to_string(&path).expect("there"), old, "the client's file stays as it was");
    let again = home.run(&["gateway", "import", "claude-desktop"]);
    assert!(again.code == 0 && again.out.contains("already"), "{again:?}");
    for ended in [&dry, &done, &listed, &again] {
        assert!(!ended.out.contains("canary-77") && !ended.err.contains("canary-77"), "{ended:?}");
    }
    let missing = home.run(&["gateway", "import", "vscode"]);
    assert!(missing.code == 2 && missing.err.contains("--file"), "{missing:?}");
}

/// Our own member of a client's file.
fn ours(text: &str, member: &str) -> Value {
    let options = jsonc_parser::ParseOptions::default();
    let whole: Option<Value> =
        jsonc_parser::parse_to_serde_value(text, &options).expect("JSON with comments");
    whole.expect("a value")[member]["bailiwick"].clone()
}
