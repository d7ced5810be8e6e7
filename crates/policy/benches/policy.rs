//! The embedded engine beside a real OPA: `cargo bench -p policy --bench policy`.
//!
//! The same questions, one after the other on one thread, put to the shipped pack and to the pack with further rules,
//! each for a tool of its own: to the engine in this process, to an OPA server over one kept-alive connection on this
//! machine, and to `opa eval`, which starts a program each time. Microseconds; the conversion of each question into what
//! the engine reads is part of it.

#[path = "../tests/it/opa_server.rs"]
mod opa_server;
#[path = "../tests/it/questions.rs"]
mod questions;

use std::hint::black_box;
use std::process::Command;
use std::time::{Duration, Instant};

use policy::{Policy, PolicyFile, Question};
use serde_json::json;

use crate::opa_server::OpaServer;

/// How many rules the larger policy has, about.
const MANY: usize = 300;
const EMBEDDED_ROUNDS: usize = 2_000;
const SERVER_ROUNDS: usize = 40;
const EVAL_ROUNDS: usize = 12;

fn main() {
    println!("{:<28} {:>6} {:>11} {:>11} {:>12}", "", "rules", "p50 µs", "p99 µs", "decisions/s");
    let shipped = policy::shipped_files();
    let many = with_rules_for_tools(shipped.clone());
    for files in [shipped, many] {
        let rules = spoken(&files);
        let asked = asked();
        embedded(&files, &asked, rules);
        server(&files, &asked, rules);
        eval(&files, &asked, rules);
    }
}

/// A day's questions, and one for a tool that has a rule of its own in the larger policy.
fn asked() -> Vec<Question> {
    let mut all = questions::realistic();
    for tool in ["tool_7", "tool_150"] {
        let mut question = questions::call(tool, json!({"amount": 5}));
        question.tool.annotations.read_only_hint = Some(true);
        all.push(question);
    }
    all
}

fn with_rules_for_tools(mut files: Vec<PolicyFile>) -> Vec<PolicyFile> {
    let mut text = "package bailiwick\n".to_owned();
    for number in 0..MANY - spoken(&files) {
        let (set, limit) = [("deny", 1_000), ("ask", 100)][number % 2];
        text.push_str(&format!(
            "\n{set} contains {{\"rule\": \"tools.{number}\", \"message\": sprintf(\"%d is too much\", [input.arguments.amount])}} if {{\n\
             \tinput.point == \"tool.call\"\n\tinput.tool.name == \"tool_{number}\"\n\tinput.arguments.amount > {limit}\n}}\n"
        ));
    }
    files.push(PolicyFile { path: "tools.rego".into(), text });
    files
}

/// Rules that add to one of the sets.
fn spoken(files: &[PolicyFile]) -> usize {
    let begins = ["allow contains", "ask contains", "deny contains", "label contains", "redact contains"];
    files
        .iter()
        .flat_map(|file| file.text.lines())
        .filter(|line| begins.iter().any(|b| line.starts_with(b)))
        .count()
}

fn embedded(files: &[PolicyFile], asked: &[Question], rules: usize) {
    let policy = Policy::compile(files.to_vec()).expect("the files compile");
    for question in asked {
        policy.decide(question);
    }
    let mut times = Vec::with_capacity(EMBEDDED_ROUNDS * asked.len());
    let mut slowest = (Duration::ZERO, String::new());
    for question in asked {
        let mut of_one = Vec::with_capacity(EMBEDDED_ROUNDS);
        for _ in 0..EMBEDDED_ROUNDS {
            let start = Instant::now();
            black_box(policy.decide(black_box(question)));
            of_one.push(start.elapsed());
        }
        of_one.sort_unstable();
        let median = of_one[of_one.len() / 2];
        if median > slowest.0 {
            slowest = (
                median,
                format!("{} {}", question.point.as_str(), question.resources.commands.concat().join(" ")),
            );
        }
        times.extend(of_one);
    }
    row("embedded", rules, &mut times);
    println!("    slowest question at its median: {:.1} µs, {}", slowest.0.as_secs_f64() * 1e6, slowest.1);
}

fn server(files: &[PolicyFile], asked: &[Question], rules: usize) {
    let server = OpaServer::start(files);
    let mut connection = server.connect();
    let bodies: Vec<Vec<u8>> =
        asked.iter().map(|question| serde_json::to_vec(&json!({"input": question})).expect("JSON")).collect();
    for body in &bodies {
        connection.post(body);
    }
    let mut times = Vec::new();
    for _ in 0..SERVER_ROUNDS {
        for body in &bodies {
            let start = Instant::now();
            black_box(connection.post(body));
            times.push(start.elapsed());
        }
    }
    row("OPA server", rules, &mut times);
}

fn eval(files: &[PolicyFile], asked: &[Question], rules: usize) {
    let server = OpaServer::start(files);
    let input = server.files().join("input.json");
    let mut times = Vec::new();
    for question in asked.iter().take(EVAL_ROUNDS) {
        std::fs::write(&input, serde_json::to_vec(question).expect("JSON")).expect("written");
        let start = Instant::now();
        let output = Command::new(opa_server::folder().join("opa"))
            .args(["eval", "--format", "raw", "data.bailiwick.verdict", "--data"])
            .arg(server.files())
            .arg("--input")
            .arg(&input)
            .output()
            .expect("opa runs");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        times.push(start.elapsed());
    }
    row("opa eval", rules, &mut times);
}

fn row(name: &str, rules: usize, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    let per_second = times.len() as f64 / times.iter().sum::<Duration>().as_secs_f64();
    println!("{name:<28} {rules:>6} {:>11.1} {:>11.1} {per_second:>12.0}", at(0.5), at(0.99));
}
