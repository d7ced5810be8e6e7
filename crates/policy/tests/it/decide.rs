//! Verdicts, reasons, obligations, and everything that must end in a deny.

use domain::decision::Verdict;
use policy::{Config, Policy, PolicyFile};
use serde_json::json;

use crate::questions::{call, reading, result_of, writing};

fn compiled(rules: &str) -> Policy {
    with_config(rules, Config::default())
}

fn with_config(rules: &str, config: Config) -> Policy {
    let text = format!("package bailiwick\n{rules}\n");
    Policy::compile_with(vec![PolicyFile { path: "p.rego".into(), text }], config)
        .unwrap_or_else(|error| panic!("{error}"))
}

#[track_caller]
fn denied_by(answer: &policy::Answer, rule: &str) -> String {
    assert_eq!(answer.verdict, Verdict::Deny, "{answer:?}");
    assert_eq!(answer.reasons[0].rule, rule, "{answer:?}");
    answer.reasons[0].message.clone()
}

#[test]
fn deny_beats_ask_beats_allow_and_reasons_keep_that_order() {
    let policy = compiled(
        r#"
        allow contains "fine" if true
        ask contains {"rule": "a.sk", "message": "sure?"} if input.arguments.n > 0
        deny contains {"rule": "no"} if input.arguments.n > 1
        "#,
    );
    let answers: Vec<_> = (0..3).map(|n| policy.decide(&call("t", json!({"n": n})))).collect();
    let verdicts: Vec<_> = answers.iter().map(|answer| answer.verdict).collect();
    assert_eq!(verdicts, [Verdict::Allow, Verdict::Ask, Verdict::Deny]);
    let spoken: Vec<_> = answers[2].reasons.iter().map(|r| (r.verdict, &*r.rule, &*r.message)).collect();
    assert_eq!(
        spoken,
        [(Verdict::Deny, "no", "no"), (Verdict::Ask, "a.sk", "sure?"), (Verdict::Allow, "", "fine")]
    );
}

#[test]
fn silence_is_deny_and_says_so() {
    let answer = compiled("allow contains \"x\" if input.point == \"never\"").decide(&call("t", json!({})));
    assert_eq!(denied_by(&answer, "policy.no_rule"), "no rule of the policy allows this");
}

#[test]
fn obligations_are_gathered() {
    let policy = compiled(
        r#"
        allow contains "fine"
        redact contains "/password"
        redact contains {"detector": "emails"}
        label contains "seen"
        approval_role contains "admin"
        result_bytes_max contains 5000
        result_bytes_max contains 1000 if input.arguments.slow
        time_limit_ms := 1500 if input.arguments.slow
        "#,
    );
    let answer = policy.decide(&call("t", json!({"slow": true})));
    assert_eq!(answer.obligations.redact, ["/password"]);
    assert_eq!(answer.obligations.detectors, ["emails"]);
    assert_eq!(answer.obligations.labels, ["seen"]);
    assert_eq!(answer.obligations.approval_roles, ["admin"]);
    assert_eq!(answer.obligations.result_bytes_max, Some(1000));
    assert_eq!(answer.obligations.time_limit_ms, Some(1500));
    assert_eq!(policy.decide(&call("t", json!({}))).obligations.time_limit_ms, None);
}

#[test]
fn the_smallest_of_several_time_limits_counts() {
    let policy = compiled("allow contains \"fine\"\ntime_limit_ms contains 900\ntime_limit_ms contains 200");
    assert_eq!(policy.decide(&call("t", json!({}))).obligations.time_limit_ms, Some(200));
}

#[test]
fn members_that_make_no_sense_deny() {
    for rule in [
        "ask contains 7",
        "deny contains {\"why\": \"x\"}",
        "redact contains \"password\"",
        "label contains 1",
        "time_limit_ms := \"soon\"",
        "time_limit_ms := -1",
        "result_bytes_max := 1.5",
        "approval_role contains \"\"",
        "redact contains {\"detector\": 7}",
        "redact contains {\"detector\": \"keys\", \"path\": \"/a\"}",
        "redact contains [\"/a\"]",
    ] {
        let answer = compiled(&format!("allow contains \"fine\"\n{rule}")).decide(&call("t", json!({})));
        denied_by(&answer, "policy.error");
    }
}

/// As in OPA: a built-in that fails is undefined, and its rule does not speak.
#[test]
fn a_built_in_that_fails_is_undefined() {
    let policy = compiled("allow contains \"fine\" if lower(input.arguments.n) == \"a\"");
    denied_by(&policy.decide(&call("t", json!({"n": null}))), "policy.no_rule");
    let policy =
        compiled("allow contains \"fine\"\ndeny contains \"x\" if not lower(input.arguments.n) == \"a\"");
    assert_eq!(policy.decide(&call("t", json!({"n": null}))).verdict, Verdict::Deny);
}

#[test]
fn slow_rules_deny_in_time() {
    let slow = "allow contains \"fine\" if { some a in input.arguments.n; some b in input.arguments.n; \
                some c in input.arguments.n; some d in input.arguments.n; a + b + c + d == -1 }";
    let policy = with_config(slow, Config { evaluation_ms_max: 20, ..Config::default() });
    let numbers: Vec<u32> = (0..400).collect();
    let answer = policy.decide(&call("t", json!({"n": numbers})));
    let message = denied_by(&answer, "policy.time_limit");
    assert!(message.contains("policy.evaluation_ms_max"), "{message}");
    assert!(answer.took.as_millis() < 2_000, "{:?}", answer.took);
}

#[test]
fn texts_that_double_deny_before_they_fill_the_memory() {
    let mut rules = "x0 := input.arguments.text".to_owned();
    for n in 1..=40 {
        rules.push_str(&format!("\nx{n} := concat(\"\", [x{0}, x{0}])", n - 1));
    }
    rules.push_str("\nallow contains \"fine\" if x40 != \"\"");
    let policy = with_config(&rules, Config { evaluation_ms_max: 10, ..Config::default() });
    let answer = policy.decide(&call("t", json!({"text": "x".repeat(10_000)})));
    denied_by(&answer, "policy.time_limit");
    assert!(answer.took.as_millis() < 5_000, "{:?}", answer.took);
}

#[test]
fn an_answer_that_comes_late_is_a_deny() {
    let rules = "allow contains \"fine\" if count(split(input.arguments.text, \"\")) > 0";
    let policy = with_config(rules, Config { evaluation_ms_max: 1, ..Config::default() });
    let answer = policy.decide(&call("t", json!({"text": "x".repeat(1 << 20)})));
    denied_by(&answer, "policy.time_limit");
}

#[test]
fn large_questions_deny_and_name_the_setting() {
    let policy =
        with_config("allow contains \"fine\"", Config { question_bytes_max: 10_000, ..Config::default() });
    assert_eq!(policy.decide(&writing("a", &"x".repeat(5_000))).verdict, Verdict::Allow);
    let message = denied_by(&policy.decide(&writing("a", &"x".repeat(10_000))), "policy.question_size");
    assert!(message.contains("policy.question_bytes_max"), "{message}");
    // Many small values are as large as one long text.
    denied_by(&policy.decide(&call("t", json!({"n": vec![0; 2_000]}))), "policy.question_size");
}

#[test]
fn the_shipped_pack_allows_denies_and_labels() {
    let policy = Policy::shipped();
    assert_eq!(policy.decide(&reading("src/main.rs")).verdict, Verdict::Allow);
    denied_by(&policy.decide(&reading(".env")), "secrets.path");
    let answer = policy.decide(&result_of(reading("src/main.rs"), "hello"));
    assert_eq!(answer.verdict, Verdict::Allow);
    assert_eq!(answer.obligations.labels, ["private_data"]);
}

#[test]
fn many_threads_ask_one_policy() {
    let policy = compiled("allow contains \"even\" if input.arguments.n % 2 == 0");
    std::thread::scope(|scope| {
        for thread in 0..8u64 {
            let policy = &policy;
            scope.spawn(move || {
                for n in 0..200 {
                    let answer = policy.decide(&call("t", json!({"n": n + thread})));
                    let expected = if (n + thread) % 2 == 0 { Verdict::Allow } else { Verdict::Deny };
                    assert_eq!(answer.verdict, expected);
                }
            });
        }
    });
}
