//! Checks, coverage, explanations and replays, as the terminal and the API use them.

use domain::decision::{Obligations, Reason, Verdict};
use policy::check::{Level, check};
use policy::coverage::coverage;
use policy::explain::explain;
use policy::replay::{Recorded, replay};
use policy::{Policy, PolicyFile, shipped_files, shipped_tests};
use serde_json::{Value, json};

use crate::questions::{call, reading, writing};

fn file(path: &str, text: &str) -> PolicyFile {
    PolicyFile { path: path.into(), text: text.into() }
}

fn problems(files: &[PolicyFile]) -> Vec<(Level, &'static str, String)> {
    check(files, &json!({})).problems.into_iter().map(|p| (p.level, p.code, p.to_string())).collect()
}

#[test]
fn the_shipped_pack_has_no_problems() {
    let files = [shipped_files(), shipped_tests()].concat();
    assert_eq!(problems(&files), []);
}

#[test]
fn every_error_is_told_at_once() {
    let found = problems(&[
        file(
            "a.rego",
            "package bailiwick\n\nallow contains \"x\" if input.point ==\n\nhelper := 1\n\ndeny contains if {\n\ttrue\n}\n\nask contains \"y\" if helper == 1\n",
        ),
        file("b.rego", "allow contains 1\n"),
    ]);
    let places: Vec<String> =
        found.iter().map(|(_, _, text)| text.splitn(3, ':').take(2).collect::<Vec<_>>().join(":")).collect();
    assert!(found.iter().all(|(level, code, _)| (*level, *code) == (Level::Error, "syntax")), "{found:?}");
    assert!(places.iter().any(|place| place.starts_with("b.rego:1")), "{found:?}");
    assert!(places.iter().filter(|place| place.starts_with("a.rego")).count() >= 2, "{found:?}");
}

#[test]
fn what_is_surely_not_meant_is_warned_of() {
    let text = r#"package bailiwick

dney contains "typo" if input.point == "tool.call"

allow contains "point" if input.point == "tool.cal"

allow contains "member" if input.tools.name == "x"

allow contains "deep" if input.tool.anotations.readOnlyHint

allow contains "both" if {
	input.point == "tool.call"
	input.point == "tool.result"
}

ask contains "off" if {
	false
}

deny contains "other" if data.bailiwick.hlper

helper if input.arguments.anything.at.all

unused := 1
"#;
    let found = problems(&[file("p.rego", text)]);
    let wanted = [
        ("misspelt-set", "p.rego:3:"),
        ("never-true", "p.rego:5:"),
        ("unknown-member", "p.rego:7:"),
        ("unknown-member", "p.rego:9:"),
        ("never-true", "p.rego:13:"),
        ("never-true", "p.rego:17:"),
        ("unknown-rule", "p.rego:20:"),
        ("unused", "p.rego:22:"),
        ("unused", "p.rego:24:"),
    ];
    assert_eq!(found.len(), wanted.len(), "{found:#?}");
    for ((level, code, text), (wanted, place)) in found.iter().zip(wanted) {
        assert_eq!((*level, *code), (Level::Warning, wanted), "{text}");
        assert!(text.starts_with(place), "{text}");
    }
    let report = check(&[file("p.rego", text)], &json!({}));
    assert_eq!(report.problems[0].help.as_deref(), Some("did you mean `deny`?"));
    assert!(!report.has_errors());
    let shown = format!("{:?}", miette::Report::new(report.problems[0].clone()));
    assert!(shown.contains("dney contains") && shown.contains("did you mean"), "{shown}");
}

#[test]
fn what_only_the_compiler_finds_is_told_too() {
    for (text, why) in [
        ("package bailiwick\n\nallow contains \"x\" if nobody(1)\n", "nobody"),
        ("package bailiwick\n\ndeny contains \"x\" if true\n", "allow"),
        ("package bailiwick\n\nallow contains \"x\" if http.send({})\n", "http.send"),
    ] {
        let found = problems(&[file("p.rego", text)]);
        assert!(
            found.iter().any(|(level, _, text)| *level == Level::Error && text.contains(why)),
            "{found:?}"
        );
    }
    assert!(
        problems(&[file("p.rego", "package other\n\nx := 1\n")])
            .iter()
            .any(|(_, code, _)| *code == "no-package")
    );
}

#[test]
fn coverage_tells_the_lines_no_test_reached() {
    let rules = "package bailiwick\n\nallow contains \"a\" if input.tool.name == \"a\"\n\nallow contains \"b\" if {\n\tinput.tool.name == \"b\"\n\tinput.tool.pinned\n}\n";
    let tests = "package bailiwick_test\n\nimport data.bailiwick\n\ntest_a if {\n\tcount(bailiwick.allow) == 1 with input as {\"tool\": {\"name\": \"a\"}}\n}\n";
    let files = [
        file("r.rego", rules),
        file("r_test.rego", tests),
        file("s.rego", "package bailiwick\n\nother(x) := x + 1\n"),
    ];
    let report = coverage(&files, &json!({})).unwrap();
    assert_eq!(report.tests.passed, ["bailiwick_test.test_a"]);
    let json = serde_json::to_value(&report).unwrap();
    assert_eq!(
        json["files"]["r.rego"]["not_covered"],
        json!([{"start": {"row": 5}, "end": {"row": 5}}, {"start": {"row": 7}, "end": {"row": 7}}])
    );
    assert_eq!(
        json["files"]["r.rego"]["covered"],
        json!([{"start": {"row": 3}, "end": {"row": 3}}, {"start": {"row": 6}, "end": {"row": 6}}])
    );
    assert_eq!(json["files"]["s.rego"]["covered_lines"], 0);
    assert_eq!(json["files"]["s.rego"]["not_covered"], json!([{"start": {"row": 3}, "end": {"row": 3}}]));
    assert!(json["files"].get("r_test.rego").is_none());
    assert_eq!(report.coverage, 40.0);
    assert!(report.meets(40.0) && !report.meets(41.0));
}

#[test]
fn the_shipped_pack_is_covered() {
    let files = [shipped_files(), shipped_tests()].concat();
    let report = coverage(&files, &json!({})).unwrap();
    assert!(report.meets(90.0), "{}% {:?}", report.coverage, report.tests.failed);
}

#[test]
fn an_explanation_names_rules_lines_and_values() {
    let policy = Policy::shipped();
    let explained = explain(&policy, &reading("deploy/.env")).unwrap();
    assert_eq!(explained.verdict, Verdict::Deny);
    let spoke = explained.spoke.iter().find(|spoke| spoke.place.rule == "secrets.path").unwrap();
    assert_eq!((spoke.place.file.as_str(), spoke.place.set.as_str()), ("secrets.rego", "deny"));
    let text = &shipped_files().into_iter().find(|file| file.path == "secrets.rego").unwrap().text;
    assert!(text.lines().nth(spoke.place.line as usize - 1).unwrap().contains("secrets.path"));
    assert_eq!(spoke.found[0]["path"]["given"], "deploy/.env");
    assert!(
        spoke.conditions[0]
            .values
            .iter()
            .any(|named| named.name == "input.point" && named.value == "tool.call")
    );
    let all = explained.sentences.join("\n");
    assert!(
        all.starts_with("It is denied") && all.contains("secrets.path denies it (secrets.rego:"),
        "{all}"
    );
    // What decided is what was explained.
    let said: Vec<&str> = explained.spoke.iter().map(|spoke| spoke.place.rule.as_str()).collect();
    assert!(explained.reasons.iter().all(|reason| said.contains(&reason.rule.as_str())), "{said:?}");
}

#[test]
fn an_explanation_says_what_kept_a_rule_silent() {
    let policy = Policy::compile(vec![file(
        "p.rego",
        "package bailiwick\n\nallow contains {\"rule\": \"small\", \"message\": \"it is small\"} if {\n\tinput.tool.name == \"write_file\"\n\tsome path in input.resources.paths\n\tpath.access == \"write\"\n\tcount(input.arguments.content) < 3 # bytes\n}\n\ndeny contains \"never here\" if \"x\" in input.principal.roles\n\nlabel contains \"seen\"\n\ntime_limit_ms := 10 if input.point == \"tool.call\"\n",
    )])
    .unwrap();
    let explained = explain(&policy, &writing("a.txt", "four")).unwrap();
    let silent = &explained.silent[0];
    assert_eq!((silent.place.rule.as_str(), silent.held, silent.of), ("small", 3, 4));
    assert_eq!((silent.failed.text.as_str(), silent.failed.line), ("count(input.arguments.content) < 3", 7));
    assert_eq!(silent.failed.values[0].value, "four");
    assert_eq!(silent.found[0]["path"]["given"], "a.txt");
    let other = explained.silent.iter().find(|silent| silent.place.set == "deny").unwrap();
    assert_eq!((other.held, other.failed.text.as_str()), (0, "\"x\" in input.principal.roles"));
    let all = explained.sentences.join("\n");
    assert!(all.contains("Nearly: small (p.rego:3) did not speak, because `count(input.arguments.content) < 3` (line 7) does not hold"), "{all}");
    assert!(all.contains("label is \"seen\""), "{all}");

    let explained = explain(&policy, &writing("a.txt", "1")).unwrap();
    assert_eq!(explained.spoke[0].said, [json!({"rule": "small", "message": "it is small"})]);
}

fn recorded(id: &str, question: Value, verdict: Verdict, rule: &str) -> Recorded {
    let reasons = vec![Reason { verdict, rule: rule.into(), message: "then".into() }];
    Recorded {
        id: id.into(),
        question,
        verdict,
        reasons,
        obligations: Obligations::default(),
        at: "2026-11-23T00:00:00Z".into(),
    }
}

#[test]
fn a_replay_lists_what_would_change() {
    let draft = Policy::compile(vec![file(
        "p.rego",
        "package bailiwick\n\nallow contains \"read\" if input.tool.name == \"read_file\"\n\ndeny contains {\"rule\": \"no.writes\", \"message\": \"not today\"} if input.tool.name == \"write_file\"\n\nlabel contains \"new\" if input.arguments.path == \"label\"\n",
    )])
    .unwrap();
    let question = |question: &policy::Question| serde_json::to_value(question).unwrap();
    let mut redacted = question(&writing("b", "x"));
    redacted["arguments"]["content"] = json!("[redacted]");
    let records = vec![
        recorded("1", question(&reading("a")), Verdict::Allow, "reads"),
        recorded("2", question(&writing("a", "x")), Verdict::Allow, "writes"),
        recorded("3", redacted, Verdict::Allow, "writes"),
        recorded("4", question(&call("other", json!({}))), Verdict::Ask, "x"),
        recorded("5", question(&reading("label")), Verdict::Allow, "reads"),
        recorded("6", question(&reading("a")), Verdict::Deny, "gateway.quarantined"),
        recorded("7", json!({"point": "tool.dream"}), Verdict::Deny, "x"),
    ];
    let replayed = replay(&draft, records);
    assert_eq!((replayed.replayed, replayed.unchanged, replayed.inexact, replayed.changed()), (5, 1, 1, 4));
    let groups: Vec<(Verdict, Verdict, Vec<&str>)> = replayed
        .groups
        .iter()
        .map(|group| (group.from, group.to, group.changes.iter().map(|change| change.id.as_str()).collect()))
        .collect();
    assert_eq!(
        groups,
        [
            (Verdict::Allow, Verdict::Deny, vec!["2", "3"]),
            (Verdict::Ask, Verdict::Deny, vec!["4"]),
            (Verdict::Allow, Verdict::Allow, vec!["5"]),
        ]
    );
    let changed = &replayed.groups[0].changes;
    assert_eq!(
        (changed[0].before[0].rule.as_str(), changed[0].after[0].rule.as_str()),
        ("writes", "no.writes")
    );
    assert!(changed[0].inexact.is_empty());
    assert_eq!(changed[1].inexact[0].pointer, "/arguments/content");
    assert_eq!(replayed.groups[2].changes[0].obligations.as_ref().unwrap().after.labels, ["new"]);
    assert_eq!(replayed.skipped.iter().map(|skipped| skipped.id.as_str()).collect::<Vec<_>>(), ["6", "7"]);
    assert_eq!(
        replayed.summary(),
        "4 of 5 decisions would change: 2 from allow to deny, 1 from ask to deny, 1 still allow with other obligations; \
         1 could not be replayed exactly; 2 could not be replayed at all."
    );
}
