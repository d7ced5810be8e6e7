//! Runs the `test_` rules that a person wrote beside their rules.

use std::num::NonZeroU32;
use std::time::Duration;

use regorus::utils::limits::ExecutionTimerConfig;
use regorus::{Engine, Value};
use serde::Serialize;
use serde_json::Value as Json;

use crate::compile::{engine_with, located, rules_of};
use crate::{PolicyError, PolicyFile};

/// Time one `test_` rule may take.
const TEST_MS_MAX: u64 = 5_000;
const CLOCK_INTERVAL: NonZeroU32 = NonZeroU32::new(256).expect("not zero");

/// What `test_` rules said. Names are like `bailiwick.test_reads_are_allowed`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct TestReport {
    pub passed: Vec<String>,
    /// With the reason behind a colon.
    pub failed: Vec<String>,
}

/// Runs every `test_` rule of the files (interpreted, because the compiled form has no `with`). A test passes when
/// its rule is true; undefined, false and errors are failures.
pub fn test(files: &[PolicyFile]) -> Result<TestReport, PolicyError> {
    test_with_data(files, &Json::Object(Default::default()))
}

/// The same for rules that look into `data`.
pub fn test_with_data(files: &[PolicyFile], data: &Json) -> Result<TestReport, PolicyError> {
    let mut files = files.to_vec();
    files.sort_by(|a, b| a.path.cmp(&b.path));
    let mut engine = engine_with(&files, data)?;
    run_all(&mut engine, &files)
}

/// Runs the tests in an engine that has the files loaded.
pub(crate) fn run_all(engine: &mut Engine, files: &[PolicyFile]) -> Result<TestReport, PolicyError> {
    let compiled = rules_of(engine, files)?;
    let mut names: Vec<&String> = compiled
        .get_rules()
        .keys()
        .filter(|path| path.rsplit('.').next().is_some_and(|name| name.starts_with("test_")))
        .collect();
    names.sort();

    engine.set_execution_timer_config(ExecutionTimerConfig {
        limit: Duration::from_millis(TEST_MS_MAX),
        check_interval: CLOCK_INTERVAL,
    });
    let mut report = TestReport::default();
    for path in names {
        let name = path.trim_start_matches("data.").to_owned();
        match run(engine, path, files) {
            Ok(()) => report.passed.push(name),
            Err(why) => report.failed.push(format!("{name}: {why}")),
        }
    }
    Ok(report)
}

fn run(engine: &mut Engine, path: &str, files: &[PolicyFile]) -> Result<(), String> {
    // Tests bring their own input by `with`; without one, rules see an empty question.
    engine.set_input(Value::new_object());
    match engine.eval_rule(path.to_owned()) {
        Ok(Value::Bool(true)) => Ok(()),
        Ok(Value::Undefined) => Err("some condition does not hold".into()),
        Ok(other) => Err(format!("is {other}, not true")),
        Err(error) => Err(located(&error.to_string(), files).message),
    }
}
