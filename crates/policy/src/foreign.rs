//! The answer of a real OPA server, read by the same rules as our own.

use std::time::Duration;

use domain::decision::{Obligations, Reason, Verdict};
use regorus::Value;
use serde_json::Value as Json;

use crate::Answer;
use crate::answer::Said;
use crate::compile::{NUMBERS, SETS};

/// Rule of the reason when a result makes no sense.
const ERROR: &str = "policy.error";

impl Answer {
    /// What `POST /v1/data/bailiwick` answered, as the `result` of the response: the document of the whole package.
    ///
    /// Of its members only those count that rules speak by; helper rules are in it as well. OPA writes sets as arrays.
    /// Never fails: what makes no sense is deny, with the reason, as in [`crate::Policy::decide`].
    pub fn from_opa(result: &Json, took: Duration) -> Self {
        let said = gathered(result).and_then(|gathered| Said::read(&gathered, usize::MAX));
        let (verdict, reasons, obligations) = match said {
            Ok(said) => said.verdict(),
            Err(what) => {
                let reason = Reason { verdict: Verdict::Deny, rule: ERROR.into(), message: what };
                (Verdict::Deny, vec![reason], Obligations::default())
            }
        };
        Self { verdict, reasons, obligations, took }
    }

    /// A deny that no rule said, because none could be asked.
    pub fn refused(rule: &str, message: impl Into<String>, took: Duration) -> Self {
        let reason = Reason { verdict: Verdict::Deny, rule: rule.into(), message: message.into() };
        Self { verdict: Verdict::Deny, reasons: vec![reason], obligations: Obligations::default(), took }
    }
}

/// The answer in the form in which the compiled policy gives it.
fn gathered(result: &Json) -> Result<Value, String> {
    let Some(package) = result.as_object() else {
        return Err("the policy gave no answer to this question".into());
    };
    let mut answer = std::collections::BTreeMap::new();
    for name in SETS {
        match package.get(name) {
            None => {}
            Some(Json::Array(members)) => {
                let members: Result<std::collections::BTreeSet<Value>, String> =
                    members.iter().map(value).collect();
                answer.insert(Value::from(name), Value::from(members?));
            }
            Some(_) => return Err(format!("`{name}` is not a set")),
        }
    }
    for name in NUMBERS {
        match package.get(name) {
            None => {}
            Some(Json::Array(numbers)) => {
                let numbers: Result<Vec<Value>, String> = numbers.iter().map(value).collect();
                answer.insert(Value::from(name), Value::from(numbers?));
            }
            Some(number) => {
                answer.insert(Value::from(name), Value::from(vec![value(number)?]));
            }
        }
    }
    Ok(Value::from(answer))
}

fn value(json: &Json) -> Result<Value, String> {
    Value::from_json_str(&json.to_string()).map_err(|error| error.to_string())
}
