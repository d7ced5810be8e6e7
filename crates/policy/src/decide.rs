//! One question, one answer.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use domain::decision::{Obligations, Reason, Verdict};
use regorus::Value;
use regorus::rvm::RegoVM;
use regorus::rvm::vm::VmError;
use regorus::utils::limits::ExecutionTimerConfig;
use serde::{Deserialize, Serialize};

use crate::answer::Said;
use crate::compile::Inner;
use crate::input::input_of;
use crate::{Policy, Question};

/// `[policy]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Time one evaluation may take, milliseconds (`BAILIWICK_POLICY_EVALUATION_MS_MAX`). Longer is deny. The
    /// shipped pack takes a thousandth of the default; the rest is for a machine that is busy with other things.
    pub evaluation_ms_max: u64,
    /// Size of one question, bytes (`BAILIWICK_POLICY_QUESTION_BYTES_MAX`). Larger is deny.
    pub question_bytes_max: usize,
}

impl Default for Config {
    fn default() -> Self {
        Self { evaluation_ms_max: 250, question_bytes_max: 4 << 20 }
    }
}

/// What the policy says.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    pub verdict: Verdict,
    /// The rules that spoke for the verdict first, then the others.
    pub reasons: Vec<Reason>,
    pub obligations: Obligations,
    pub took: Duration,
}

/// Instructions between two looks at the clock. Few, because a chain of rules of which each doubles a text takes only
/// some instructions for each, and gigabytes after thirty.
const CLOCK_INTERVAL: NonZeroU32 = NonZeroU32::new(16).expect("not zero");

impl Policy {
    /// Never fails: what cannot be answered is denied, with the reason.
    pub fn decide(&self, question: &Question) -> Answer {
        let start = Instant::now();
        let inner = self.inner();
        let said = match input_of(question, inner.config.question_bytes_max) {
            Ok(input) => evaluate(inner, input),
            Err(_) => Err(refusal(
                "policy.question_size",
                format!(
                    "the call is larger than {} bytes, the most that is put to the policy; raise \
                     policy.question_bytes_max to allow more",
                    inner.config.question_bytes_max
                ),
            )),
        };
        let (verdict, reasons, obligations) = match said {
            Ok(said) => said.verdict(),
            Err(reason) => (Verdict::Deny, vec![reason], Obligations::default()),
        };
        Answer { verdict, reasons, obligations, took: start.elapsed() }
    }
}

/// Runs the program and reads what it said. The error is the reason of a deny.
fn evaluate(inner: &Inner, input: Value) -> Result<Said, Reason> {
    let idle = inner.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
    let mut machine = match idle {
        Some(machine) => machine,
        None => machine_for(inner)?,
    };
    machine.set_input(input);
    // An engine that panics has not answered; the machine it left behind is dropped with its state.
    let start = Instant::now();
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let answer = machine.execute_entry_point_by_index(0);
        machine.set_input(Value::Null);
        (answer, machine)
    }));
    let (answer, machine) =
        ran.map_err(|_| refusal("policy.error", "the policy engine failed on this question".into()))?;
    let answer = answer.map_err(|error| failure(inner, &error))?;
    // The last instructions may have outlasted the limit unseen.
    if start.elapsed() > Duration::from_millis(inner.config.evaluation_ms_max) {
        return Err(too_slow(inner));
    }
    inner.idle.lock().unwrap_or_else(PoisonError::into_inner).push(machine);
    Said::read(&answer).map_err(|what| refusal("policy.error", what))
}

fn machine_for(inner: &Inner) -> Result<RegoVM, Reason> {
    let mut machine = RegoVM::new();
    machine.load_program(inner.program.clone());
    machine.set_data(inner.documents.clone()).map_err(|error| failure(inner, &error))?;
    // As OPA does it: a built-in that fails is undefined. Strict, its whole rule would fall silent, `not` included.
    machine.set_strict_builtin_errors(false);
    // The clock bounds an evaluation; a count of instructions would only bound large questions sooner.
    machine.set_max_instructions(usize::MAX);
    machine.set_execution_timer_config(Some(ExecutionTimerConfig {
        limit: Duration::from_millis(inner.config.evaluation_ms_max),
        check_interval: CLOCK_INTERVAL,
    }));
    Ok(machine)
}

fn failure(inner: &Inner, error: &VmError) -> Reason {
    match error {
        VmError::TimeLimitExceeded { .. } => too_slow(inner),
        other => refusal("policy.error", format!("the policy failed on this question: {other}")),
    }
}

fn too_slow(inner: &Inner) -> Reason {
    refusal(
        "policy.time_limit",
        format!(
            "the policy did not answer within {} ms; make its rules cheaper or raise policy.evaluation_ms_max",
            inner.config.evaluation_ms_max
        ),
    )
}

fn refusal(rule: &str, message: String) -> Reason {
    Reason { verdict: Verdict::Deny, rule: rule.into(), message }
}
