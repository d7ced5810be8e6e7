//! Policies that somebody wrote to hurt. Each costs its own call a denial, in time, and another policy answers
//! meanwhile.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use domain::decision::Verdict;
use policy::{Config, Policy, PolicyFile};
use serde_json::{Value, json};

use crate::questions::{call, reading};

/// Far above what the limits below allow on a busy machine, far below what the policies would take.
const PATIENCE: Duration = Duration::from_secs(30);

fn limits() -> Config {
    Config { evaluation_ms_max: 100, compile_ms_max: 20_000, ..Config::default() }
}

/// `n` rules, each made of the one before.
fn chain(n: usize, first: &str, next: impl Fn(&str) -> String) -> String {
    let mut rules = format!("x0 := {first}\n");
    for index in 1..=n {
        rules.push_str(&format!("x{index} := {}\n", next(&format!("x{}", index - 1))));
    }
    rules
}

/// A name, rules, and what must hold for the call to be allowed.
fn policies() -> Vec<(&'static str, String, &'static str)> {
    let mut all: Vec<(&'static str, String, &'static str)> = Vec::new();
    let mut add = |name, rules: String, condition| all.push((name, rules, condition));
    let plain = String::new;
    // Loops and products.
    add(
        "product of loops",
        plain(),
        "some a in input.arguments.n; some b in input.arguments.n; some c in input.arguments.n; some d in input.arguments.n; a + b + c + d == -1",
    );
    add(
        "product in a comprehension",
        plain(),
        "count([1 | some a in input.arguments.n; some b in input.arguments.n; some c in input.arguments.n; some d in input.arguments.n]) < 0",
    );
    add(
        "product in a set",
        plain(),
        "count({[a, b, c, d] | some a in input.arguments.n; some b in input.arguments.n; some c in input.arguments.n; some d in input.arguments.n}) < 0",
    );
    add(
        "product in an object",
        plain(),
        "count({x: y | some a in input.arguments.n; some b in input.arguments.n; some c in input.arguments.n; x := [a, b, c]; y := [c, b, a]}) < 0",
    );
    add(
        "every in every",
        plain(),
        "every a in input.arguments.n { every b in input.arguments.n { every c in input.arguments.n { every d in input.arguments.n { a + b + c + d >= 0 } } } }",
    );
    add(
        "cross of functions",
        "f(x) := [a | some a in input.arguments.n; a >= x]\ng(x) := [b | some a in f(x); some b in f(a)]\n"
            .into(),
        "count([c | some a in g(0); some b in g(a); some c in g(b)]) < 0",
    );
    // Texts that grow.
    add(
        "concat doubles",
        chain(40, "input.arguments.text", |x| format!("concat(\"\", [{x}, {x}])")),
        "x40 != \"\"",
    );
    add(
        "sprintf doubles",
        chain(40, "input.arguments.text", |x| format!("sprintf(\"%s%s\", [{x}, {x}])")),
        "x40 != \"\"",
    );
    add(
        "template doubles",
        chain(40, "input.arguments.text", |x| format!("$\"{{{x}}}{{{x}}}\"")),
        "x40 != \"\"",
    );
    add(
        "replace grows",
        chain(12, "input.arguments.text", |x| format!("replace({x}, \"x\", \"xxxxxxxxxxxxxxxx\")")),
        "x12 != \"\"",
    );
    add(
        "replace_n grows",
        chain(12, "input.arguments.text", |x| {
            format!("strings.replace_n({{\"x\": \"xxxxxxxxxxxxxxxx\"}}, {x})")
        }),
        "x12 != \"\"",
    );
    add(
        "regex.replace grows",
        chain(12, "input.arguments.text", |x| format!("regex.replace({x}, \"x\", \"$0$0$0$0$0$0$0$0\")")),
        "x12 != \"\"",
    );
    add("a wide format", plain(), "sprintf(concat(\"\", [\"%\", \"9999\", \"99999d\"]), [1]) != \"\"");
    add("a precise format", plain(), "sprintf(concat(\"\", [\"%.\", \"9999\", \"99999f\"]), [1.5]) != \"\"");
    add("hex doubles", chain(40, "input.arguments.text", |x| format!("hex.encode({x})")), "x40 != \"\"");
    add("base64 grows", chain(90, "input.arguments.text", |x| format!("base64.encode({x})")), "x90 != \"\"");
    add("json in json", chain(40, "\"\\\"\\\\\\\"\\\\\"", |x| format!("json.marshal({x})")), "x40 != \"\"");
    add(
        "split into letters",
        plain(),
        "count([y | some i in input.arguments.n; y := split(input.arguments.long, \"\")]) < 0",
    );
    // Values that grow.
    add("arrays double", chain(60, "[1]", |x| format!("array.concat({x}, {x})")), "count(x60) > 0");
    add(
        "nested arrays compared",
        chain(60, "[1]", |x| format!("[{x}, {x}]"))
            + &chain(60, "[1]", |x| format!("[{x}, {x}]")).replace('x', "y"),
        "x60 == y60",
    );
    add(
        "nested objects compared",
        chain(60, "{\"a\": 1}", |x| format!("{{\"a\": {x}, \"b\": {x}}}"))
            + &chain(60, "{\"a\": 1}", |x| format!("{{\"a\": {x}, \"b\": {x}}}")).replace('x', "y"),
        "x60 == y60",
    );
    add(
        "nested arrays in a set",
        chain(60, "[1]", |x| format!("[{x}, {x}]"))
            + &chain(60, "[1]", |x| format!("[{x}, {x}]")).replace('x', "y"),
        "count({x60, y60}) == 1",
    );
    add(
        "nested arrays ordered",
        chain(60, "[1]", |x| format!("[{x}, {x}]"))
            + &chain(60, "[1]", |x| format!("[{x}, {x}]")).replace('x', "y"),
        "x60 <= y60",
    );
    add(
        "nested by a function",
        "f(x) := [x, x]\ng(x) := f(f(f(f(x))))\nh(x) := g(g(g(g(x))))\n".into(),
        "h(h(h(1))) == h(h(h([1][0])))",
    );
    add("nested arrays written", chain(60, "[1]", |x| format!("[{x}, {x}]")), "json.marshal(x60) != \"\"");
    add(
        "nested arrays walked",
        chain(60, "[1]", |x| format!("[{x}, {x}]")),
        "count([1 | walk(x60, [p, v])]) > 0",
    );
    add(
        "nested arrays formatted",
        chain(60, "[1]", |x| format!("[{x}, {x}]")),
        "sprintf(\"%v\", [x60]) != \"\"",
    );
    add("nested arrays in a template", chain(60, "[1]", |x| format!("[{x}, {x}]")), "$\"{x60}\" != \"\"");
    add("nested arrays as yaml", chain(60, "[1]", |x| format!("[{x}, {x}]")), "yaml.marshal(x60) != \"\"");
    add(
        "comprehensions of comprehensions",
        chain(8, "input.arguments.n", |x| format!("[{x} | some i in input.arguments.n]"))
            + &chain(8, "input.arguments.n", |x| format!("[{x} | some i in input.arguments.n]"))
                .replace('x', "y")
                .replace("input.arguments.tey", "x"),
        "x8 == y8",
    );
    add("a patch that copies itself", "x := json.patch({}, [p | some i in input.arguments.n; p := {\"op\": \"copy\", \"from\": \"\", \"path\": sprintf(\"/%d\", [i])}])\ny := json.patch({}, [p | some i in input.arguments.n; p := {\"op\": \"copy\", \"from\": \"\", \"path\": sprintf(\"/%d\", [i])}])\n".into(), "x == y");
    add(
        "objects merged",
        chain(40, "{\"a\": {\"b\": input.arguments.n}}", |x| {
            format!("object.union_n([{x}, {{\"{x}\": {x}}}, {{\"{x}b\": {x}}}])")
        }),
        "json.marshal(x40) != \"\"",
    );
    // Numbers.
    add("numbers squared", chain(40, "123456789", |x| format!("{x} * {x}")), "x40 > 0");
    add("a number with an exponent", plain(), "to_number(\"1e999999999\") > 0");
    add("a number of many digits", plain(), "to_number(concat(\"\", [\"1\", input.arguments.digits])) > 0");
    add(
        "a product of many",
        plain(),
        "product([987654321 | some a in input.arguments.n; some b in input.arguments.n]) == 1",
    );
    add("units with an exponent", plain(), "units.parse(\"1e99999999G\") == 1");
    // Patterns.
    add("a pattern with many states", plain(), "regex.match(\"[ab]*a[ab]{900}c\", input.arguments.ab)");
    add("a pattern repeated", plain(), "regex.match(\"((a{40}){40}){40}\", input.arguments.ab)");
    add(
        "a pattern made at run time",
        plain(),
        "regex.match(concat(\"\", [input.arguments.long, \"(x+x+)+y\"]), input.arguments.long)",
    );
    add(
        "a glob of many ways",
        plain(),
        "glob.match(concat(\"\", [\"{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}\", input.arguments.text]), [], input.arguments.ab)",
    );
    add(
        "globs compared",
        plain(),
        "regex.globs_match(\"a.*b.*c.*d.*e.*f.*g.*h.*i.*j.*k.*l.*\", \"a.*a.*b.*b.*c.*c.*d.*d.*e.*e.*f.*f.*g.*g.*\")",
    );
    // Texts that become values.
    add(
        "yaml that refers to itself",
        plain(),
        "count(yaml.unmarshal(\"a: &a [x,x,x,x,x,x,x,x,x]\\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c]\\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d]\\nf: &f [*e,*e,*e,*e,*e,*e,*e,*e,*e]\\ng: &g [*f,*f,*f,*f,*f,*f,*f,*f,*f]\\nh: [*g,*g,*g,*g,*g,*g,*g,*g,*g]\\n\")) < 0",
    );
    add("json that is deep", plain(), "is_array(json.unmarshal(input.arguments.deep))");
    add("yaml that is deep", plain(), "is_array(yaml.unmarshal(input.arguments.deep))");
    // Answers.
    add(
        "a large answer",
        "deny contains sprintf(\"%d %s\", [i, input.arguments.text]) if some i in input.arguments.n\n".into(),
        "input.arguments.n",
    );
    add(
        "a deep answer",
        chain(60, "[1]", |x| format!("[{x}, {x}]")) + "label contains x60\n",
        "input.arguments.n",
    );
    add(
        "a reason that is no sentence",
        chain(60, "[1]", |x| format!("[{x}, {x}]")) + "ask contains x60\n",
        "input.arguments.n",
    );
    // Rules in a row.
    add("many rules in a row", chain(500, "1", |x| format!("{x} + 1")), "x500 < 0");
    all
}

/// Policies that must not even compile, or compile in time.
fn texts() -> Vec<(&'static str, String)> {
    vec![
        ("deep brackets", format!("x := {}1{}", "[".repeat(20_000), "]".repeat(20_000))),
        ("deep parentheses", format!("x := {}1{}", "(".repeat(20_000), ")".repeat(20_000))),
        ("deep comprehensions", format!("x := {}1{}", "[1 | y = ".repeat(5_000), "]".repeat(5_000))),
        ("deep nots", format!("x if {}true", "not ".repeat(20_000))),
        ("deep minuses", format!("x := {}1", "- ".repeat(20_000))),
        ("a long sum", format!("x := 1{}", "\n + 1".repeat(18_000))),
        ("a long union", format!("x := {{1}}{}", " | {1}".repeat(9_000))),
        ("a long reference", format!("x := input{}", ".a".repeat(20_000))),
        ("a long chain of else", format!("x := 1 if input.a{}", "\nelse := 2 if input.b".repeat(9_000))),
        (
            "too many rules",
            (0..9_000).map(|n| format!("r{n} := {n}\n")).collect::<String>()
                + &format!("x := [{}]", (0..9_000).map(|n| format!("r{n}")).collect::<Vec<_>>().join(",\n")),
        ),
        ("a row without end", chain(5_000, "1", |x| format!("{x} + 1"))),
        ("rules that call themselves", "x := y\ny := x".into()),
        ("deep templates", format!("x := {}1{}", "$\"{".repeat(200), "}\"".repeat(200))),
        ("a file without end", "# \n".repeat(1 << 20)),
        (
            "too many registers",
            format!("x if {{\n{}}}", (0..400).map(|n| format!("y{n} := input.a{n}\n")).collect::<String>()),
        ),
    ]
}

fn question() -> policy::Question {
    let arguments: Value = json!({
        "n": (0..300).collect::<Vec<u32>>(),
        "text": "x".repeat(10_000),
        "long": "x".repeat(1 << 20),
        "digits": "9".repeat(1 << 20),
        "ab": "ab".repeat(1 << 19),
        "deep": "[".repeat(500_000),
    });
    call("t", arguments)
}

#[test]
fn hostile_policies_cost_their_own_call_a_denial() {
    let policies = policies();
    assert!(policies.len() >= 40, "only {}", policies.len());
    let patient = Config { evaluation_ms_max: 10_000, ..Config::default() };
    let shipped = Policy::compile_with(policy::shipped_files(), patient).unwrap();
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Acquire) {
                assert_eq!(shipped.decide(&reading("src/main.rs")).verdict, Verdict::Allow);
                answered.fetch_add(1, Ordering::AcqRel);
                std::thread::sleep(Duration::from_millis(5));
            }
        });
        let question = question();
        let mut wrong = Vec::new();
        for (name, rules, condition) in &policies {
            let text = format!("package bailiwick\n{rules}\nallow contains \"fine\" if {{ {condition} }}\n");
            let start = Instant::now();
            let before = answered.load(Ordering::Acquire);
            match Policy::compile_with(vec![PolicyFile { path: "p.rego".into(), text }], limits()) {
                // Some cannot be written at all.
                Err(error) => println!("{name}: refused: {}", error.message),
                Ok(policy) => {
                    let answer = policy.decide(&question);
                    println!("{name}: {:?} {}", start.elapsed(), answer.reasons[0].rule);
                    if answer.verdict != Verdict::Deny {
                        wrong.push(format!("{name}: {:?}", answer.verdict));
                    }
                }
            }
            if start.elapsed() > PATIENCE {
                wrong.push(format!("{name}: took {:?}", start.elapsed()));
            }
            if start.elapsed() > Duration::from_secs(1) && answered.load(Ordering::Acquire) == before {
                wrong.push(format!("{name}: nobody else was answered"));
            }
        }
        done.store(true, Ordering::Release);
        assert!(wrong.is_empty(), "{wrong:#?}");
    });
    assert!(answered.load(Ordering::Acquire) > 0);
}

#[test]
fn hostile_texts_do_not_stop_the_compiler() {
    for (name, rules) in texts() {
        let text = format!("package bailiwick\nallow contains \"fine\" if x\n{rules}\n");
        let start = Instant::now();
        match Policy::compile_with(vec![PolicyFile { path: "p.rego".into(), text }], limits()) {
            Ok(policy) => {
                let answer = policy.decide(&question());
                println!("{name}: compiled in {:?}, {:?}", start.elapsed(), answer.verdict);
            }
            Err(error) => println!(
                "{name}: {:?} {}",
                start.elapsed(),
                &error.message.chars().take(200).collect::<String>()
            ),
        }
        assert!(start.elapsed() < PATIENCE, "{name} took {:?}", start.elapsed());
    }
}

/// An evaluation that cannot be ended is left alone; the policy that caused it is not asked more than twice.
#[test]
fn a_policy_that_keeps_threads_busy_is_not_asked_again() {
    let rules = chain(60, "[1]", |x| format!("[{x}, {x}]"))
        + &chain(60, "[1]", |x| format!("[{x}, {x}]")).replace('x', "y");
    let text = format!("package bailiwick\n{rules}\nallow contains \"fine\" if x60 == y60\n");
    let config = Config { evaluation_ms_max: 20, ..Config::default() };
    let policy = Policy::compile_with(vec![PolicyFile { path: "p.rego".into(), text }], config).unwrap();
    let rules: Vec<String> = (0..4).map(|_| policy.decide(&reading("a")).reasons[0].rule.clone()).collect();
    assert_eq!(rules, ["policy.time_limit", "policy.time_limit", "policy.busy", "policy.busy"]);
}
