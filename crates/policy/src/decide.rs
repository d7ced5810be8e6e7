//! One question, one answer.

use std::num::NonZeroU32;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use domain::decision::{Obligations, Reason, Verdict};
use regorus::Value;
use regorus::rvm::RegoVM;
use regorus::rvm::vm::VmError;
use regorus::utils::limits::ExecutionTimerConfig;
use serde::{Deserialize, Serialize};

use crate::answer::Said;
use crate::aside::{self, NoResult};
use crate::compile::Inner;
use crate::input::input_of;
use crate::meter::Metered;
use crate::programs::Narrowed;
use crate::{Policy, Question};

/// `[policy]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Time one evaluation may take, milliseconds (`BAILIWICK_POLICY_EVALUATION_MS_MAX`). Longer is deny. The
    /// shipped pack takes a thousandth of the default; the rest is for a machine that is busy with other things.
    pub evaluation_ms_max: u64,
    /// Steps one evaluation may take (`BAILIWICK_POLICY_EVALUATION_STEPS_MAX`). More is deny. Each step can keep one
    /// more value, so this bounds memory as well; the shipped pack takes some hundreds.
    pub evaluation_steps_max: usize,
    /// Bytes that the built-in functions of one evaluation may make (`BAILIWICK_POLICY_EVALUATION_BYTES_MAX`). More is
    /// deny.
    pub evaluation_bytes_max: u64,
    /// Size of one question, bytes (`BAILIWICK_POLICY_QUESTION_BYTES_MAX`). Larger is deny.
    pub question_bytes_max: usize,
    /// Size of one answer, bytes of its texts (`BAILIWICK_POLICY_ANSWER_BYTES_MAX`). Larger is deny.
    pub answer_bytes_max: usize,
    /// Size of all files of a policy, bytes (`BAILIWICK_POLICY_FILES_BYTES_MAX`). Larger is not compiled.
    pub files_bytes_max: usize,
    /// Time a policy may take to compile, milliseconds (`BAILIWICK_POLICY_COMPILE_MS_MAX`).
    pub compile_ms_max: u64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            evaluation_ms_max: 250,
            evaluation_steps_max: 5_000_000,
            evaluation_bytes_max: 64 << 20,
            question_bytes_max: 4 << 20,
            answer_bytes_max: 1 << 20,
            files_bytes_max: 1 << 20,
            compile_ms_max: 20_000,
        }
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
            Ok(input) => evaluate(inner, input, question),
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

/// Evaluations of one policy on threads of their own at the same time, those included that nobody waits for any more.
const ASIDE_AT_ONCE_MAX: usize = 2;

/// Puts the question to the rules that can speak for it. The error is the reason of a deny.
fn evaluate(inner: &Arc<Inner>, input: Value, question: &Question) -> Result<Said, Reason> {
    let narrowed = inner.programs.of(question);
    if inner.bounded {
        return run(inner, &narrowed, input);
    }
    let time_max = Duration::from_millis(inner.config.evaluation_ms_max);
    let theirs = inner.clone();
    let ran = aside::run(&inner.late, ASIDE_AT_ONCE_MAX, time_max.saturating_mul(2), move || {
        run(&theirs, &narrowed, input)
    });
    match ran {
        Ok(said) => said,
        Err(NoResult::Slow) => Err(too_slow(inner)),
        Err(NoResult::Busy) => Err(refusal(
            "policy.busy",
            "earlier questions still keep this policy busy; make its rules cheaper".into(),
        )),
        Err(NoResult::Failed) => Err(failed()),
    }
}

/// Runs the program and reads what it said.
fn run(inner: &Inner, narrowed: &Narrowed, input: Value) -> Result<Said, Reason> {
    let time_max = Duration::from_millis(inner.config.evaluation_ms_max);
    let mut machine = match narrowed.take() {
        Some(machine) => machine,
        None => machine_for(inner, narrowed)?,
    };
    machine.set_input(input);
    // An engine that panics has not answered; the machine it left behind is dropped with its state.
    let start = Instant::now();
    let metered = Metered::start(inner.config.evaluation_bytes_max, time_max);
    let ran = catch_unwind(AssertUnwindSafe(|| {
        let answer = machine.execute_entry_point_by_index(0);
        machine.set_input(Value::Null);
        (answer, machine)
    }));
    drop(metered);
    let (answer, machine) = ran.map_err(|_| failed())?;
    let answer = answer.map_err(|error| failure(inner, &error))?;
    // The last instructions may have outlasted the limit unseen.
    if start.elapsed() > time_max {
        return Err(too_slow(inner));
    }
    narrowed.put_back(machine);
    Said::read(&answer, inner.config.answer_bytes_max).map_err(|what| refusal("policy.error", what))
}

fn machine_for(inner: &Inner, narrowed: &Narrowed) -> Result<RegoVM, Reason> {
    let mut machine = RegoVM::new();
    machine.load_program(narrowed.program.clone());
    machine.set_data(inner.documents.clone()).map_err(|error| failure(inner, &error))?;
    // As OPA does it: a built-in that fails is undefined. Strict, its whole rule would fall silent, `not` included.
    machine.set_strict_builtin_errors(false);
    machine.set_max_instructions(inner.config.evaluation_steps_max);
    machine.set_execution_timer_config(Some(ExecutionTimerConfig {
        limit: Duration::from_millis(inner.config.evaluation_ms_max),
        check_interval: CLOCK_INTERVAL,
    }));
    Ok(machine)
}

fn failure(inner: &Inner, error: &VmError) -> Reason {
    match error {
        VmError::TimeLimitExceeded { .. } => too_slow(inner),
        VmError::InstructionLimitExceeded { limit, .. } => refusal(
            "policy.step_limit",
            format!(
                "the policy took more than {limit} steps; make its rules cheaper or raise \
                 policy.evaluation_steps_max"
            ),
        ),
        VmError::MemoryLimitExceeded { limit, .. } => refusal(
            "policy.memory_limit",
            format!(
                "the policy used more than {limit} bytes; make its rules cheaper or raise \
                 policy.evaluation_bytes_max"
            ),
        ),
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

fn failed() -> Reason {
    refusal("policy.error", "the policy engine failed on this question".into())
}

fn refusal(rule: &str, message: String) -> Reason {
    Reason { verdict: Verdict::Deny, rule: rule.into(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shipped_pack_is_evaluated_where_it_is_asked() {
        assert!(Policy::shipped().inner().bounded);
    }
}
