//! What a person is told about a policy that cannot be used.

use policy::{Policy, PolicyError, PolicyFile};

fn files(texts: &[(&str, &str)]) -> Vec<PolicyFile> {
    texts.iter().map(|(path, text)| PolicyFile { path: (*path).into(), text: (*text).into() }).collect()
}

#[track_caller]
fn refused(texts: &[(&str, &str)]) -> PolicyError {
    Policy::compile(files(texts)).expect_err("must not compile")
}

#[test]
fn a_syntax_error_shows_file_line_and_text() {
    let error = refused(&[(
        "rules.rego",
        "package bailiwick\n\nallow contains \"x\" if {\n\tinput.point = = 1\n}\n",
    )]);
    assert!(error.message.starts_with("rules.rego:4:"), "{}", error.message);
    let shown = format!("{:?}", miette::Report::new(error));
    assert!(shown.contains("input.point = = 1"), "{shown}");
}

#[test]
fn an_unknown_function_is_an_error() {
    let error = refused(&[("a.rego", "package bailiwick\nallow contains \"x\" if frob(1)\n")]);
    assert!(error.message.contains("frob"), "{}", error.message);
    assert!(error.message.starts_with("a.rego:2:"), "{}", error.message);
}

#[test]
fn sets_must_be_sets() {
    let error =
        refused(&[("a.rego", "package bailiwick\nallow contains \"x\"\ndeny if input.point == \"x\"\n")]);
    assert!(error.message.starts_with("a.rego:3:1: `deny` must be a set"), "{}", error.message);
}

#[test]
fn the_package_must_be_there() {
    assert!(
        refused(&[("a.rego", "package other\nallow contains \"x\"\n")]).message.contains("package bailiwick")
    );
    assert!(refused(&[]).message.contains("at least one"));
}

#[test]
fn a_pack_that_can_allow_nothing_is_an_error() {
    let error = refused(&[("a.rego", "package bailiwick\ndeny contains \"x\"\n")]);
    assert!(error.message.contains("`allow`"), "{}", error.message);
}

#[test]
fn a_file_may_not_come_twice() {
    let text = "package bailiwick\nallow contains \"x\"\n";
    assert!(refused(&[("a.rego", text), ("a.rego", text)]).message.contains("twice"));
}

#[test]
fn unbounded_and_impure_built_ins_are_refused_where_they_are_called() {
    for call in [
        "count(numbers.range(1, 20000000)) > 0",
        "http.send({\"method\": \"GET\", \"url\": \"http://x\"}).status_code == 200",
        "opa.runtime().env.HOME == \"x\"",
        "time.now_ns() > 0",
        "rand.intn(\"x\", 2) == 1",
        "count(net.cidr_expand(\"10.0.0.0/8\")) > 0",
        "json.match_schema({}, {})[0]",
    ] {
        let text = format!("package bailiwick\n\nallow contains \"x\" if {call}\n");
        let error = refused(&[("a.rego", &text)]);
        assert!(error.message.starts_with("a.rego:3:") || call.contains("http"), "{}", error.message);
        assert!(
            error.message.contains("may not be called") || error.message.contains("http.send"),
            "{}",
            error.message
        );
    }
    let error = refused(&[("a.rego", "package bailiwick\nallow contains sprintf(\"%999999999d\", [1])\n")]);
    assert!(error.message.contains("wider than"), "{}", error.message);
}

#[test]
fn a_helper_of_another_package_is_checked_as_well() {
    let error = refused(&[
        ("a.rego", "package bailiwick\nimport data.helper\nallow contains \"x\" if helper.late\n"),
        ("b.rego", "package helper\nlate if time.now_ns() > 0\n"),
    ]);
    assert!(error.message.starts_with("b.rego:2:"), "{}", error.message);
}

#[test]
fn the_revision_follows_names_and_texts_but_not_their_order() {
    let a = ("a.rego", "package bailiwick\nallow contains \"x\"\n");
    let b = ("b.rego", "package bailiwick\ndeny contains \"y\"\n");
    let revision = |texts: &[(&str, &str)]| Policy::compile(files(texts)).unwrap().revision().to_owned();
    assert_eq!(revision(&[a, b]), revision(&[b, a]));
    assert_ne!(revision(&[a, b]), revision(&[a]));
    assert_ne!(revision(&[a, b]), revision(&[a, ("c.rego", b.1)]));
    assert!(revision(&[a]).starts_with("sha256:"));
}

#[test]
fn tests_of_rules_report_what_failed() {
    let report = policy::test(&files(&[
        ("a.rego", "package bailiwick\nallow contains \"x\" if input.n == 1\n"),
        (
            "a_test.rego",
            "package bailiwick_test\nimport data.bailiwick\n\
             test_yes if count(bailiwick.allow) == 1 with input as {\"n\": 1}\n\
             test_no if count(bailiwick.allow) == 1 with input as {\"n\": 2}\n\
             test_broken if lower(input.n) == \"x\" with input as {\"n\": 2}\n",
        ),
    ]))
    .unwrap();
    assert_eq!(report.passed, ["bailiwick_test.test_yes"]);
    assert_eq!(report.failed.len(), 2, "{report:?}");
    assert!(report.failed[1].contains("test_no: some condition does not hold"), "{report:?}");
}

#[test]
fn rules_that_could_contradict_themselves_are_refused() {
    for helpers in [
        "helper := 1\nhelper := 2 if input.n",
        "helper := input.a if input.a\nhelper := input.b if input.b",
        "f(x) := 1 if x > 1\nf(x) := 2 if x > 2\nhelper := f(3)",
    ] {
        let text = format!("package bailiwick\nallow contains \"x\" if helper == 2\n{helpers}\n");
        let error = refused(&[("a.rego", &text)]);
        assert!(error.message.starts_with("a.rego:4:1:"), "{}", error.message);
        assert!(error.message.contains("else"), "{}", error.message);
    }
    for helpers in [
        "helper if input.a\nhelper if input.b",
        "default helper := 2\nhelper := 1 if input.n",
        "helper := 1 if input.n\nelse := 2",
        "f(\"a\") := 1\nf(\"b\") := 2\nhelper := f(\"b\")",
    ] {
        let text = format!("package bailiwick\nallow contains \"x\" if helper == 2\n{helpers}\n");
        Policy::compile(files(&[("a.rego", &text)])).unwrap_or_else(|error| panic!("{helpers}: {error}"));
    }
}

#[test]
fn values_that_could_end_a_chain_of_else_are_refused() {
    let error = refused(&[(
        "a.rego",
        "package bailiwick\nallow contains \"x\" if f(input) == 1\nf(x) := x.a if x else := 1\n",
    )]);
    assert!(error.message.starts_with("a.rego:3:10:"), "{}", error.message);
    let error = refused(&[(
        "a.rego",
        "package bailiwick\nallow contains \"x\" if f(input) == 1\nf(x) := 2 if {\n\tsome y in x.l\n\ty == 1\n} else := 1\n",
    )]);
    assert!(error.message.contains("move the search"), "{}", error.message);
    assert!(error.message.starts_with("a.rego:"), "{}", error.message);
    for fine in ["f(x) := v if v := x.a else := 1", "f(x) := 2 if x.a else := x.b", "f(x) := x.a if x"] {
        let text = format!("package bailiwick\nallow contains \"x\" if f(input) == 1\n{fine}\n");
        Policy::compile(files(&[("a.rego", &text)])).unwrap_or_else(|error| panic!("{fine}: {error}"));
    }
}
