//! Reports about rules, for a person.

use policy::check::{Level, Report};
use policy::coverage::Coverage;
use serde::Serialize;

use crate::exit::{Code, Failure};
use crate::terminal::{DIM, GREEN, RED, YELLOW, clean, say};

pub fn json(report: &impl Serialize) -> Result<(), Failure> {
    say!("{}", serde_json::to_string_pretty(report)?)?;
    Ok(())
}

pub fn check(report: &Report, as_json: bool) -> Result<Code, Failure> {
    if as_json {
        json(report)?;
    } else if report.problems.is_empty() {
        say!("{GREEN}nothing is wrong{GREEN:#}")?;
    }
    for problem in report.problems.iter().filter(|_| !as_json) {
        let (style, word) = match problem.level {
            Level::Error => (RED, "error"),
            Level::Warning => (YELLOW, "warning"),
        };
        let place = match (problem.file.as_str(), problem.line) {
            ("", _) => String::new(),
            (file, 0) => format!("{file}: "),
            (file, line) => format!("{file}:{line}:{}: ", problem.column),
        };
        say!("{}{style}{word}{style:#}: {}", clean(&place), clean(&problem.message))?;
        if let Some(help) = &problem.help {
            say!("  {DIM}{}{DIM:#}", clean(help))?;
        }
    }
    Ok(if report.has_errors() { Code::Error } else { Code::Ok })
}

pub fn tests(covered: &Coverage, as_json: bool) -> Result<Code, Failure> {
    let tests = &covered.tests;
    if as_json {
        json(tests)?;
    } else {
        for name in &tests.failed {
            say!("{RED}failed{RED:#} {}", clean(name))?;
        }
        say!(
            "{} passed, {} failed, {}% of lines reached",
            tests.passed.len(),
            tests.failed.len(),
            covered.coverage
        )?;
    }
    Ok(if tests.failed.is_empty() { Code::Ok } else { Code::Error })
}

pub fn coverage(covered: &Coverage, threshold: Option<f64>, as_json: bool) -> Result<Code, Failure> {
    if as_json {
        json(covered)?;
    } else {
        for (path, file) in &covered.files {
            let missed: Vec<String> = file
                .not_covered
                .iter()
                .map(|range| match range.start.row == range.end.row {
                    true => range.start.row.to_string(),
                    false => format!("{}-{}", range.start.row, range.end.row),
                })
                .collect();
            let missed =
                if missed.is_empty() { String::new() } else { format!("not reached: {}", missed.join(", ")) };
            say!("{:>6.2}%  {}  {DIM}{missed}{DIM:#}", file.coverage, clean(path))?;
        }
        say!("{:>6.2}%  in all", covered.coverage)?;
        for name in &covered.tests.failed {
            say!("{RED}failed{RED:#} {}", clean(name))?;
        }
    }
    Ok(if covered.meets(threshold.unwrap_or_default()) { Code::Ok } else { Code::Error })
}
