//! Decisions per second of the shipped pack, and how long one takes, over a realistic mix of questions.
//!
//! `cargo bench -p policy --bench decide`: first a table of percentiles per question, then divan's figures.

#[path = "../tests/it/questions.rs"]
mod questions;

use std::time::{Duration, Instant};

use divan::{Bencher, black_box};
use policy::{Policy, Question};

const ROUNDS: usize = 2_000;

fn main() {
    let policy = Policy::shipped();
    percentiles(&policy);
    divan::main();
}

/// Decisions on one thread, the conversion of each question included.
#[divan::bench]
fn mixed(bencher: Bencher<'_, '_>) {
    measure(bencher);
}

/// From two threads at once.
#[divan::bench(threads = [2])]
fn mixed_on_two_threads(bencher: Bencher<'_, '_>) {
    measure(bencher);
}

fn measure(bencher: Bencher<'_, '_>) {
    let policy = Policy::shipped();
    let all = questions::realistic();
    bencher
        .counter(divan::counter::ItemsCount::new(all.len()))
        .bench(|| all.iter().map(|question| policy.decide(black_box(question)).reasons.len()).sum::<usize>());
}

fn percentiles(policy: &Policy) {
    let all = questions::realistic();
    for question in &all {
        policy.decide(question);
    }
    println!("{:<44} {:>9} {:>9} {:>9}", "question", "p50 µs", "p99 µs", "max µs");
    let mut total = Vec::with_capacity(ROUNDS * all.len());
    let start = Instant::now();
    let mut by_question = vec![Vec::with_capacity(ROUNDS); all.len()];
    for _ in 0..ROUNDS {
        for (question, times) in all.iter().zip(&mut by_question) {
            let start = Instant::now();
            black_box(policy.decide(black_box(question)));
            times.push(start.elapsed());
        }
    }
    let elapsed = start.elapsed();
    for (question, times) in all.iter().zip(&mut by_question) {
        total.extend_from_slice(times);
        row(&name(question), times);
    }
    row("all", &mut total);
    println!("{:.0} decisions/s on one thread\n", total.len() as f64 / elapsed.as_secs_f64());
}

fn row(name: &str, times: &mut [Duration]) {
    times.sort_unstable();
    let at = |share: f64| times[((times.len() - 1) as f64 * share) as usize].as_secs_f64() * 1e6;
    println!("{name:<44} {:>9.1} {:>9.1} {:>9.1}", at(0.5), at(0.99), at(1.0));
}

fn name(question: &Question) -> String {
    let what = match (question.resources.commands.first(), question.resources.paths.first()) {
        (Some(command), _) => command.join(" "),
        (None, Some(path)) => path.given.clone(),
        (None, None) => question.arguments.to_string().chars().take(20).collect(),
    };
    format!("{} {} {what}", question.point.as_str(), question.tool.name)
}
