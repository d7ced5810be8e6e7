//! Tests, and which lines of the rules they reached.
//!
//! As JSON in the form of `opa test --coverage --format=json`: lines as ranges of rows, counted from 1, per file and in
//! all; percentages of lines that hold an expression. Files of tests are left out: they would only raise the figure.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Expr, Ref};
use serde::Serialize;
use serde_json::Value as Json;

use crate::compile::{engine_with, located};
use crate::syntax::{Visitor, visit_module};
use crate::tests_of_rules::run_all;
use crate::{PolicyError, PolicyFile, TestReport};

/// What tests reached.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Coverage {
    pub files: BTreeMap<String, FileCoverage>,
    pub covered_lines: usize,
    pub not_covered_lines: usize,
    /// Percent of lines.
    pub coverage: f64,
    /// What the tests said.
    pub tests: TestReport,
}

#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FileCoverage {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub covered: Vec<Range>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_covered: Vec<Range>,
    pub covered_lines: usize,
    pub not_covered_lines: usize,
    pub coverage: f64,
}

/// Lines, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Range {
    pub start: Position,
    pub end: Position,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Position {
    pub row: u32,
}

impl Coverage {
    /// Whether all tests passed and at least this percentage of lines was reached.
    pub fn meets(&self, percent: f64) -> bool {
        self.tests.failed.is_empty() && self.coverage >= percent
    }
}

/// Runs the tests of the files and gathers the lines they reached. Rules see `data`.
pub fn coverage(files: &[PolicyFile], data: &Json) -> Result<Coverage, PolicyError> {
    let mut files = files.to_vec();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut engine = engine_with(&files, data)?;
    engine.set_enable_coverage(true);
    let tests = run_all(&mut engine, &files)?;
    let report = engine.get_coverage_report().map_err(|error| located(&error.to_string(), &files))?;
    let reached: BTreeMap<&str, _> = report.files.iter().map(|file| (file.path.as_str(), file)).collect();

    let mut all = Coverage { tests, ..Coverage::default() };
    for module in engine.get_modules() {
        let path = module.package.span.source.file();
        if !files.iter().any(|file| file.path == *path && !file.is_test()) {
            continue;
        }
        let file = match reached.get(path.as_str()) {
            Some(file) => file_coverage(&file.covered, &file.not_covered),
            // Nothing in it was ever reached, and the engine does not speak of it.
            None => {
                let mut lines = Lines::default();
                visit_module(module, &mut lines);
                file_coverage(&BTreeSet::new(), &lines.0)
            }
        };
        all.covered_lines += file.covered_lines;
        all.not_covered_lines += file.not_covered_lines;
        all.files.insert(path.clone(), file);
    }
    all.coverage = percent(all.covered_lines, all.not_covered_lines);
    Ok(all)
}

/// The lines on which an expression begins.
#[derive(Default)]
struct Lines(BTreeSet<u32>);

impl Visitor for Lines {
    fn expr(&mut self, expr: &Ref<Expr>) {
        self.0.insert(expr.span().line);
    }
}

fn file_coverage(covered: &BTreeSet<u32>, not_covered: &BTreeSet<u32>) -> FileCoverage {
    // One expression of a line that was reached is enough, as in OPA.
    let not_covered: BTreeSet<u32> = not_covered.difference(covered).copied().collect();
    FileCoverage {
        covered: ranges(covered),
        not_covered: ranges(&not_covered),
        covered_lines: covered.len(),
        not_covered_lines: not_covered.len(),
        coverage: percent(covered.len(), not_covered.len()),
    }
}

fn ranges(lines: &BTreeSet<u32>) -> Vec<Range> {
    let mut ranges: Vec<Range> = Vec::new();
    for &row in lines {
        match ranges.last_mut() {
            Some(last) if last.end.row + 1 == row => last.end.row = row,
            _ => ranges.push(Range { start: Position { row }, end: Position { row } }),
        }
    }
    ranges
}

/// To two digits, as OPA writes it.
fn percent(covered: usize, not_covered: usize) -> f64 {
    match covered + not_covered {
        0 => 0.0,
        all => (covered as f64 / all as f64 * 10_000.0).round() / 100.0,
    }
}
