//! What is undefined holds nowhere, in the compiled form as in the real OPA.

use std::collections::BTreeSet;
use std::process::Command;

use policy::{Policy, PolicyFile};
use serde_json::json;

use crate::bundles::opa;
use crate::questions::call;

const HELPERS: &str = r#"package bailiwick

n := 5 if input.point == "never"

f(x) := 1 if x == 7

g(_) := 1

e(x) := "bad" if {
	x == "evil"
} else := "good"

c(_) := true

named(x) := true

refuses(x) if not x == "evil"

second(x, y) if x == 7

wild(_, y) if y == 7

h(x) := y if {
	y := x + n
}

k := v if {
	v := n
} else := 3
"#;

/// Conditions; those whose name begins with `holds` are true in OPA, the others are not.
const CONDITIONS: &[(&str, &str)] = &[
    ("assigned", "z := n"),
    ("missing member", "z := input.nope.x\n\tnot z == \"evil\""),
    ("function", "z := f(3)\n\tnot z == 1"),
    ("collection", "some z in input.nope\n\tnot z == 1"),
    ("built-in", "z := lower(input.task)"),
    ("sum", "z := input.nope + 1"),
    ("object", "z := {\"a\": n}"),
    ("array", "z := [n, 1]"),
    ("unified", "z = n\n\tnot z == 1"),
    ("holds: empty comprehension", "[y | y := n] == []"),
    ("equal", "f(3) == f(3)"),
    ("argument", "z := f(n)"),
    ("alone", "n"),
    ("every", "every x in [1] {\n\t\ty := n\n\t\tnot y == x\n\t}"),
    ("pattern", "{\"a\": z} := {\"a\": n}"),
    ("patterns", "[_, b] := [1, n]\n\tnot b == 7"),
    ("unused argument", "g(n) == 1"),
    ("argument before else", "e(input.nope) == \"good\""),
    ("argument of a function without a body", "c(input.nope)"),
    ("named argument", "named(input.nope)"),
    ("negated argument", "refuses(input.nope)"),
    ("second argument", "second(7, n)"),
    ("argument that is not looked at", "wild(n, 7)"),
    ("holds: arguments", "second(7, 1); wild(1, 7); named(1); refuses(\"x\"); c(1)"),
    ("holds: argument before else", "e(input.tool.name) == \"good\""),
    ("holds: ends with a text", "z := input.tool.name == \"a\"\n\tz"),
    ("holds: ends with a raw text", "z := input.tool.name == `a`; z"),
    ("holds: every of a member", "every x in input[\"principal\"][\"roles\"] {\n\t\tx == \"owner\"\n\t}"),
    ("holds: else", "k == 3"),
    ("holds: chain", "z := 1; y := z + 1; y == 2"),
    ("holds: false is something", "z := false"),
    ("holds: null is something", "z := input.task\n\tz.step == 3 # said behind\n\ty := null\n\ty == null"),
    ("holds: in a set", "{y | some x in [1, 2]; y := x * 2} == {2, 4}"),
];

fn module(conditions: &[(&str, &str)]) -> PolicyFile {
    let rules: Vec<String> = conditions
        .iter()
        .map(|(name, text)| format!("\nallow contains \"{name}\" if {{\n\t{text}\n}}\n"))
        .collect();
    PolicyFile { path: "policy.rego".into(), text: [HELPERS, &rules.concat()].concat() }
}

fn embedded(conditions: &[(&str, &str)]) -> BTreeSet<String> {
    let policy =
        Policy::compile(vec![module(conditions)]).unwrap_or_else(|error| panic!("{conditions:?}: {error}"));
    let said = policy.decide(&call("a", json!({}))).reasons;
    said.into_iter().filter(|reason| reason.rule != "policy.no_rule").map(|reason| reason.message).collect()
}

#[test]
fn what_is_undefined_holds_nowhere() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("policy.rego"), module(CONDITIONS).text).unwrap();
    std::fs::write(folder.path().join("input.json"), serde_json::to_string(&call("a", json!({}))).unwrap())
        .unwrap();
    let said = Command::new(opa())
        .args([
            "eval",
            "--data",
            "policy.rego",
            "--input",
            "input.json",
            "--format",
            "raw",
            "data.bailiwick.allow",
        ])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&[said.stdout, said.stderr].concat()));
    let theirs: BTreeSet<String> = serde_json::from_slice(&said.stdout).unwrap();
    let wanted: BTreeSet<String> = CONDITIONS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| name.starts_with("holds"))
        .map(String::from)
        .collect();
    assert_eq!(theirs, wanted, "the table says what OPA says");

    let ours: BTreeSet<String> = CONDITIONS.iter().flat_map(|one| embedded(&[*one])).collect();
    assert_eq!(ours, wanted, "one by one");
    assert_eq!(embedded(CONDITIONS), wanted, "together");
}
