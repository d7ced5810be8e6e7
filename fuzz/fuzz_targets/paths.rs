//! One text as a path, a working folder, a command, an address and a URI of a resource.
#![no_main]

use bailiwick_fuzz::{named, named_by_uri};
use domain::tool::ServerKind;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|text: &str| {
    let one = named(ServerKind::Builtin, &json!({"path": text}));
    assert!(text.len() > 4096 || one.opaque || !one.paths.is_empty(), "a path was lost");
    named(ServerKind::Builtin, &json!({"path": "a", "cwd": text}));
    named(ServerKind::Stdio, &json!({"anything": text, "url": text}));
    let command = named(ServerKind::Builtin, &json!({"command": text}));
    let says_something = text.chars().any(|c| c.is_alphanumeric()) && !text.contains('#');
    assert!(!says_something || command.opaque || !command.commands.is_empty(), "a command was lost");
    named_by_uri(text);
});
