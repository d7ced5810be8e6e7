//! Arguments against the schema, and what the tools say about themselves.

use insta::assert_snapshot;
use serde_json::{Value, json};
use toolbox::Toolbox;

use crate::bench::Bench;

crate::trials![
    every_problem_is_told_with_the_nearest_name,
    a_wrong_shape_is_told_in_one_sentence,
    an_unknown_tool_names_the_nearest,
    annotations_are_what_the_tools_do,
    schemas_are_plain_objects_without_null_types,
];

fn every_problem_is_told_with_the_nearest_name() {
    let bench = Bench::new();
    assert_snapshot!(
        bench.error("read_file", json!({"file_path": "a", "offset": 0, "limit": "ten"})),
        @"The arguments of read_file do not fit its schema: `path` is missing; there is no parameter `file_path` (did you mean `path`?); `offset` has to be at least 1; `limit` has to be of type integer, not string."
    );
    assert_snapshot!(
        bench.error("run_command", json!({"argv": [], "zzz": 1})),
        @"The arguments of run_command do not fit its schema: there is no parameter `zzz` (there are `argv`, `shell`, `cwd`, `time_out_seconds`, `environment`); `argv` may not be empty."
    );
    assert_snapshot!(
        bench.error("search_files", json!({"pattern": "a", "search_in": "contents"})),
        @r#"The arguments of search_files do not fit its schema: `search_in` has to be one of ["content","names"]."#
    );
}

fn a_wrong_shape_is_told_in_one_sentence() {
    let bench = Bench::new();
    assert_snapshot!(
        bench.error("read_file", json!("{\"path\": ")),
        @"The arguments of read_file do not fit its schema: the whole of them has to be of type object, not string."
    );
    assert_snapshot!(
        bench.error("write_file", Value::Null),
        @"The arguments of write_file do not fit its schema: `path` is missing; `content` is missing."
    );
    // A secret in the wrong place is not repeated.
    let text = bench.error("write_file", json!({"path": "a", "content": {"key": "hunter2"}}));
    assert!(!text.contains("hunter2"), "{text}");
}

fn an_unknown_tool_names_the_nearest() {
    let bench = Bench::new();
    assert_snapshot!(bench.error("readfile", json!({})), @"There is no tool `readfile`. Did you mean `read_file`?");
    assert_snapshot!(
        bench.error("zzz", json!({})),
        @"There is no tool `zzz`. There are `list_directory`, `read_file`, `write_file`, `edit_file`, `search_files`, `delete_path`, `run_command`."
    );
}

fn annotations_are_what_the_tools_do() {
    let rows: Vec<String> = Toolbox::tools()
        .iter()
        .map(|tool| {
            let hints = &tool.annotations;
            let flags = [
                ("read-only", hints.read_only_hint),
                ("destructive", hints.destructive_hint),
                ("idempotent", hints.idempotent_hint),
                ("open world", hints.open_world_hint),
            ];
            let set: Vec<&str> =
                flags.iter().filter(|(_, flag)| flag.unwrap()).map(|(name, _)| *name).collect();
            format!("{}: {}", tool.name, set.join(", "))
        })
        .collect();
    assert_snapshot!(rows.join("\n"), @r"
    list_directory: read-only, idempotent
    read_file: read-only, idempotent
    write_file: destructive, idempotent
    edit_file: destructive
    search_files: read-only, idempotent
    delete_path: destructive, idempotent
    run_command: destructive, open world
    ");
}

fn schemas_are_plain_objects_without_null_types() {
    for tool in Toolbox::tools() {
        for schema in [&tool.input_schema, tool.output_schema.as_ref().unwrap()] {
            assert_eq!(schema["type"], "object", "{}", tool.name);
            let text = schema.to_string();
            for unwanted in ["$ref", "$defs", "\"null\"", "uint"] {
                assert!(!text.contains(unwanted), "{}: {text}", tool.name);
            }
        }
        assert_eq!(tool.input_schema["additionalProperties"], false, "{}", tool.name);
        for (name, property) in tool.input_schema["properties"].as_object().unwrap() {
            assert!(
                property["description"].is_string() || name == "ignore_case",
                "{}.{name} has no description",
                tool.name
            );
        }
    }
}
