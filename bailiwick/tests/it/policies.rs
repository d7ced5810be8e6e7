//! Rules: looked at, tried and put in force over the API, from a folder and from a bundle.

use std::path::Path;

use ::policy::PolicyFile;
use ::policy::bundle::{Bundle, SigningKey, write};
use serde_json::{Value, json};

use crate::gateway::exposed;
use crate::support::api::Api;
use crate::support::script_server::{RULES, ScriptServer, home_with_rules};
use crate::support::{Home, eventually};

const TESTS: &str = r#"package bailiwick_test

import data.bailiwick

test_denies if {
	count(bailiwick.deny) == 1 with input as {"point": "tool.call", "arguments": {"deny": true}}
}
"#;

fn files(rules: &str, tests: &str) -> Value {
    json!([{"path": "rules.rego", "text": rules}, {"path": "rules_test.rego", "text": tests}])
}

fn with_server(home: &Home) -> String {
    let notes = ScriptServer::new(home, "notes", &["echo"]);
    assert_eq!(notes.add(home, "notes", &["--yes"]).code, 0);
    exposed(home, "notes", "echo")
}

#[test]
fn a_draft_is_checked_tested_compared_and_put_to_recorded_calls() {
    let home = home_with_rules("");
    let up = home.up();
    let (api, echo) = (Api::of(&home), with_server(&home));
    assert!(!api.call(&echo, json!({"a": 1})).1);
    assert!(api.call(&echo, json!({"deny": true})).1);

    let broken = api.post("/policy/check", &json!({"files": files("package bailiwick\nallow if {", TESTS)}));
    let problem = &broken["problems"][0];
    assert!(problem["level"] == "error" && problem["line"].is_u64(), "{broken}");
    let good = api.post("/policy/check", &json!({"files": files(RULES, TESTS)}));
    let errors = good["problems"].as_array().expect("a list").iter().filter(|one| one["level"] == "error");
    assert_eq!(errors.count(), 0, "{good}");
    let tested = api.post("/policy/test", &json!({"files": files(RULES, TESTS)}));
    assert_eq!(tested["tests"]["passed"].as_array().map(Vec::len), Some(1), "{tested}");
    let failing = TESTS.replace("== 1", "== 2");
    let tested = api.post("/policy/test", &json!({"files": files(RULES, &failing)}));
    assert!(
        tested["tests"]["failed"][0].as_str().is_some_and(|test| test.contains("test_denies")),
        "{tested}"
    );

    // The recorded call that was refused, explained.
    let entries = api.get("/record?limit=50");
    let entries = entries["entries"].as_array().expect("a list");
    let denied =
        entries.iter().find(|entry| entry["body"]["decision"]["verdict"] == "deny").expect("on record");
    let id = &denied["body"]["decision"]["id"];
    let explained = api.post("/policy/explain", &json!({"decision_id": id}));
    assert_eq!(explained["verdict"], "deny", "{explained}");
    let spoke = explained["spoke"].as_array().expect("a list");
    let rule = spoke.iter().find(|rule| rule["set"] == "deny").expect("the rule");
    assert!(rule["rule"] == "test.denies" && rule["file"] == "rules.rego" && rule["line"].is_u64(), "{rule}");

    let stricter =
        format!("{RULES}\ndeny contains {{\"rule\": \"test.none\", \"message\": \"none\"}} if call\n");
    let replayed = api.post("/policy/replay", &json!({"files": files(&stricter, TESTS), "last": 100}));
    let groups = replayed["groups"].as_array().expect("a list");
    let group =
        groups.iter().find(|group| group["from"] == "allow" && group["to"] == "deny").expect("a change");
    assert!(
        group["changes"].as_array().expect("a list").iter().any(|one| one["tool"] == "echo"),
        "{replayed}"
    );
    let same = api.post("/policy/replay", &json!({"files": files(RULES, TESTS)}));
    assert!(same["groups"] == json!([]) && same["unchanged"].as_u64() > Some(1), "{same}");
    let difference = api.post("/policy/diff", &json!({"files": files(&stricter, TESTS)}));
    assert!(
        difference["rules"]["added"][0]["name"].as_str().is_some_and(|name| name.contains("test.none")),
        "{difference}"
    );

    // A folder that a person keeps is not replaced from here.
    let refused = api.send("POST", "/policy/activate", Some(&json!({"files": files(RULES, TESTS)})));
    assert!(refused.status == 422 && refused.text.contains("[policy] dir"), "{refused:?}");
    drop(up);
}

#[test]
fn only_a_draft_that_passes_its_tests_comes_into_force() {
    let home = Home::new();
    home.write_config("[gateway]\napproval_wait_seconds_max = 0\n");
    let up = home.up();
    let (api, echo) = (Api::of(&home), with_server(&home));
    let (text, asked) = api.call(&echo, json!({"a": 1}));
    assert!(asked && text.contains("not built in"), "the shipped rules ask: {text}");

    for (draft, words) in [
        (json!([{"path": "rules.rego", "text": RULES}]), "no tests"),
        (files(RULES, &TESTS.replace("== 1", "== 2")), "test_denies"),
        (files("package bailiwick\nallow if {", TESTS), "cannot be used"),
        (json!([]), "at least one file"),
    ] {
        let refused = api.send("POST", "/policy/activate", Some(&json!({"files": draft})));
        assert!(refused.status >= 400 && refused.text.contains(words), "{refused:?}");
    }
    assert!(api.call(&echo, json!({"a": 1})).1, "nothing changed");

    let version = api.post("/policy/activate", &json!({"files": files(RULES, TESTS), "note": "mine"}));
    let id = version["id"].as_str().expect("an id").to_owned();
    assert_eq!(api.call(&echo, json!({"a": 1})), (r#"{"a": 1}"#.to_owned(), false));
    let versions = api.get("/policy/versions");
    let row =
        versions["versions"].as_array().expect("a list").iter().find(|row| row["id"] == *id).expect("kept");
    assert!(row["active"] == true && row["note"] == "mine", "{row}");
    assert_eq!(api.get("/policy/status")["source"], "version");
    assert_eq!(up.terminate().1, 0);

    let up = home.up();
    let api = Api::of(&home);
    assert!(!api.call(&echo, json!({"a": 2})).1, "it is in force after a restart");
    assert_eq!(api.send("POST", "/policy/versions/shipped/activate", Some(&json!({}))).status, 204);
    assert!(api.call(&echo, json!({"a": 3})).1, "the shipped rules ask again");
    assert_eq!(api.send("POST", &format!("/policy/versions/{id}/activate"), Some(&json!({}))).status, 204);
    assert!(!api.call(&echo, json!({"a": 3})).1);
    assert_eq!(api.send("POST", "/policy/versions/none/activate", Some(&json!({}))).status, 404);
    let record = api.get("/record?limit=100");
    let kinds: Vec<&str> =
        record["entries"].as_array().expect("a list").iter().filter_map(|one| one["kind"].as_str()).collect();
    assert!(
        kinds.iter().any(|kind| kind.starts_with("policy.")),
        "who put what in force is on record: {kinds:?}"
    );
    drop(up);
}

#[test]
fn a_folder_is_read_anew_and_the_last_good_rules_stay() {
    let home = home_with_rules("");
    let up = home.up();
    let (api, echo) = (Api::of(&home), with_server(&home));
    assert!(!api.call(&echo, json!({"a": 1})).1);
    let file = home.path().join("rules/rules.rego");
    let stricter =
        format!("{RULES}\ndeny contains {{\"rule\": \"test.none\", \"message\": \"none at all\"}} if call\n");
    let before = api.get("/policy/status")["revision"].clone();
    std::fs::write(&file, stricter).expect("written");
    eventually("the new rules", || (api.get("/policy/status")["revision"] != before).then_some(()));
    assert!(api.call(&echo, json!({"a": 1})).0.contains("none at all"));
    std::fs::write(&file, "package bailiwick\nallow if {").expect("written");
    eventually("the complaint", || {
        let status = api.get("/policy/status");
        status["bundle"]["last_error"].as_str().map(str::to_owned)
    });
    assert!(api.call(&echo, json!({"a": 1})).0.contains("none at all"), "the last good ones count");
    std::fs::write(&file, RULES).expect("written");
    eventually("the old rules", || (!api.call(&echo, json!({"a": 1})).1).then_some(()));
    drop(up);
}

fn pack(archive: &Path, rules: &str, key: Option<&str>) {
    let key = key.map(|key| SigningKey {
        algorithm: "HS256".into(),
        key: key.into(),
        id: "desk".into(),
        scope: String::new(),
    });
    let files = vec![PolicyFile { path: "rules.rego".into(), text: rules.into() }];
    let bytes = write(&Bundle::of(files, "7"), key.as_ref()).expect("a bundle");
    // As a whole or not at all: it is being watched.
    let aside = archive.with_extension("new");
    std::fs::write(&aside, bytes).expect("written");
    std::fs::rename(&aside, archive).expect("renamed");
}

#[test]
fn a_signed_archive_is_used_and_one_of_somebody_else_is_not() {
    let home = Home::new();
    let (archive, key, log) =
        (home.path().join("bundle.tar.gz"), home.path().join("key"), home.path().join("decisions.jsonl"));
    std::fs::write(&key, "a-shared-secret-of-some-length").expect("the key");
    home.write_config(&format!(
        "[policy.bundle]\narchive = {:?}\nalgorithm = \"HS256\"\npoll_seconds = 0.2\nkeys = {{ desk = {:?} }}\n\n\
         [policy.decision_log]\nfile = {:?}\nerase = [\"/input/arguments/password\", \"/input/result\"]\nlabels = {{ desk = \"one\" }}\n",
        archive.display().to_string(),
        key.display().to_string(),
        log.display().to_string()
    ));
    pack(&archive, RULES, Some("somebody-elses-secret-of-some-length"));
    let refused = home.run(&["up", "--no-open", "--port", "0"]);
    assert!(refused.code == 2 && refused.err.contains("signature"), "{refused:?}");
    pack(&archive, RULES, None);
    assert_eq!(home.run(&["up", "--no-open", "--port", "0"]).code, 2, "nor one that nobody signed");

    pack(&archive, RULES, Some("a-shared-secret-of-some-length"));
    let up = home.up();
    let (api, echo) = (Api::of(&home), with_server(&home));
    assert!(!api.call(&echo, json!({"password": "canary-9", "deny": false})).1);
    let status = api.get("/policy/status");
    assert!(status["source"] == "bundle" && status["bundle"].to_string().contains("\"7\""), "{status}");
    pack(&archive, RULES, Some("somebody-elses-secret-of-some-length"));
    eventually("the complaint", || {
        api.get("/policy/status")["bundle"]["last_error"].as_str().map(str::to_owned)
    });
    assert!(!api.call(&echo, json!({"a": 1})).1, "the last good ones count");
    assert_eq!(up.terminate().1, 0);

    let text = std::fs::read_to_string(&log).expect("the decision log");
    assert!(!text.contains("canary-9"), "neither sent nor given back: {text}");
    let events: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let call = events.iter().find(|event| event["input"]["point"] == "tool.call").expect("the call");
    assert_eq!(call["result"]["verdict"], "allow", "{call}");
    assert_eq!(
        (&call["labels"]["desk"], &call["erased"]),
        (&json!("one"), &json!(["/input/arguments/password"])),
        "{call}"
    );
    assert!(
        call["decision_id"].is_string() && call["metrics"]["timer_rego_query_eval_ns"].is_u64(),
        "{call}"
    );
}
