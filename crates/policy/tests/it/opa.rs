//! The embedded engine against a real OPA: the same answers to thousands of questions.

use std::collections::BTreeSet;

use policy::{Answer, Config, Policy};
use serde_json::{Value, json};

use crate::generated::generated;
use crate::opa_server::OpaServer;
use crate::questions::realistic;

/// How many generated questions are put to both.
const QUESTIONS: usize = 2_400;

#[test]
fn the_shipped_pack_answers_as_on_a_real_opa() {
    // What is compared are answers, not how long a busy machine takes to give them.
    let patient = Config { evaluation_ms_max: 10_000, ..Config::default() };
    let policy = Policy::compile_with(policy::shipped_files(), patient).unwrap();
    let server = OpaServer::start(&policy::shipped_files());
    let mut connection = server.connect();
    let mut questions = realistic();
    questions.extend(generated(QUESTIONS));
    let mut spoken = BTreeSet::new();
    for question in &questions {
        let input = serde_json::to_value(question).unwrap();
        let theirs = Answer::from_opa(&connection.ask(&input), Default::default());
        let ours = policy.decide(question);
        assert_eq!(ours.verdict, theirs.verdict, "{input:#}\n{ours:#?}\n{theirs:#?}");
        assert_eq!(sorted(&ours), sorted(&theirs), "{input:#}");
        assert_eq!(obligations(&ours), obligations(&theirs), "{input:#}");
        spoken.extend(ours.reasons.into_iter().map(|reason| reason.rule));
    }
    // The corpus would show nothing if it touched few rules.
    assert!(spoken.len() >= 30, "only {} rules spoke: {spoken:?}", spoken.len());
}

/// Every extension, on arguments that are right, wrong and odd: the same value as OPA's own built-in, or undefined
/// where that is.
#[test]
fn extensions_answer_as_on_a_real_opa() {
    let expressions = expressions();
    let mut text = "package bailiwick\nallow contains \"x\"\n".to_owned();
    for (index, expression) in expressions.iter().enumerate() {
        text.push_str(&format!(
            "label contains sprintf(\"{index} %s\", [json.marshal({{\"v\": v}})]) if v := {expression}\n"
        ));
    }
    let files = vec![policy::PolicyFile { path: "extensions.rego".into(), text }];
    let server = OpaServer::start(&files);
    let patient = Config { evaluation_ms_max: 10_000, ..Config::default() };
    let policy = Policy::compile_with(files, patient).unwrap_or_else(|error| panic!("{error}"));
    let mut question = realistic().remove(0);
    // Through the question, because OPA refuses literals of wrong types before it evaluates anything.
    question.arguments = json!({"one": 1, "none": null, "list": [1]});
    let ours = policy.decide(&question);
    let theirs = Answer::from_opa(
        &server.connect().ask(&serde_json::to_value(&question).unwrap()),
        Default::default(),
    );
    let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) =
        (ours.obligations.labels.into_iter().collect(), theirs.obligations.labels.into_iter().collect());
    let only: Vec<_> = ours.symmetric_difference(&theirs).collect();
    assert!(only.is_empty(), "{only:#?}");
    assert!(ours.len() * 2 > expressions.len(), "only {} of {} are defined", ours.len(), expressions.len());
}

fn expressions() -> Vec<String> {
    let mut all = Vec::new();
    let texts = [
        r#""""#,
        r#""abc""#,
        r#""ü€\u0000\n""#,
        "input.point",
        "input.arguments.one",
        "input.arguments.none",
        "input.nothing",
        "input.arguments.list",
    ];
    for name in ["crypto.md5", "crypto.sha1", "crypto.sha256"] {
        all.extend(texts.iter().map(|text| format!("{name}({text})")));
    }
    let long = format!("\"{}\"", "k".repeat(200));
    for name in ["md5", "sha1", "sha256", "sha512", "equal"] {
        for text in texts {
            all.push(format!("crypto.hmac.{name}({text}, \"key\")"));
            all.push(format!("crypto.hmac.{name}(\"key\", {text})"));
        }
        all.push(format!("crypto.hmac.{name}(\"text\", {long})"));
    }
    for networks in [
        r#"["10.0.0.0/24", "10.0.1.0/24"]"#,
        r#"{"10.0.0.5/24", "10.0.0.0/8"}"#,
        r#"["192.168.0.1", "192.168.0.0"]"#,
        r#"["2001:db8::/33", "2001:db8:8000::/33", "10.1.0.0/16"]"#,
        r#"["::ffff:1.2.3.4/128"]"#,
        "[]",
        r#"["10.0.0.0/40"]"#,
        "[input.arguments.one]",
        "input.point",
    ] {
        all.push(format!("net.cidr_merge({networks})"));
    }
    for (one, other) in [("10.0.0.0/8", "10.1.0.0/16"), ("10.0.0.0/8", "11.0.0.0/8"), ("x", "10.0.0.0/8")] {
        all.push(format!("net.cidr_intersects(\"{one}\", \"{other}\")"));
    }
    for template in [
        r#"$"a {input.point} b""#,
        r#"$"{input.nothing}!""#,
        r#"$"{1.5} {[1, "x", null]} {{"a": {1}}} {set()} \{x}""#,
        "$`raw {input.tool.name} \\n`",
        r#"$"{$"{input.point}"}""#,
    ] {
        all.push(template.to_owned());
    }
    all.push(r#"regex.find_all_string_submatch_n("a(b)?(c)?", "abcaab", -1)"#.into());
    all.push(r#"regex.find_all_string_submatch_n("a(b)?", "abab", 1)"#.into());
    all.push(r#"regex.find_all_string_submatch_n("(", "abab", 1)"#.into());
    all
}

/// Reasons as a set: OPA says them in no order of ours.
fn sorted(answer: &Answer) -> BTreeSet<(String, String, String)> {
    answer
        .reasons
        .iter()
        .map(|reason| (format!("{:?}", reason.verdict), reason.rule.clone(), reason.message.clone()))
        .collect()
}

fn obligations(answer: &Answer) -> Value {
    let o = &answer.obligations;
    let set = |texts: &[String]| texts.iter().cloned().collect::<BTreeSet<_>>();
    json!([
        set(&o.redact),
        set(&o.labels),
        set(&o.detectors),
        set(&o.approval_roles),
        o.time_limit_ms,
        o.result_bytes_max
    ])
}
