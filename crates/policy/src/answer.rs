//! What rules said, and what it comes to.

use domain::decision::{Obligations, Reason, Verdict};
use regorus::Value;

/// The sets after one evaluation.
#[derive(Debug, Default)]
pub(crate) struct Said {
    deny: Vec<Reason>,
    ask: Vec<Reason>,
    allow: Vec<Reason>,
    obligations: Obligations,
}

impl Said {
    /// Reads the answer of the entry rule, of which the texts may have `bytes_max`. The error is a sentence for the
    /// reason of a deny.
    pub(crate) fn read(answer: &Value, bytes_max: usize) -> Result<Self, String> {
        let Ok(members) = answer.as_object() else {
            return Err("the policy gave no answer to this question".into());
        };
        if !is_within(answer, bytes_max) {
            return Err(format!(
                "the answer of the policy is larger than {bytes_max} bytes; let rules say less or raise \
                 policy.answer_bytes_max"
            ));
        }
        let mut said = Said::default();
        for (name, value) in members.iter() {
            match name.as_string().map(|name| name.as_ref()) {
                Ok("deny") => said.deny = reasons(value, Verdict::Deny)?,
                Ok("ask") => said.ask = reasons(value, Verdict::Ask)?,
                Ok("allow") => said.allow = reasons(value, Verdict::Allow)?,
                Ok("redact") => redactions(value, &mut said.obligations)?,
                Ok("label") => said.obligations.labels = words("label", value)?,
                Ok("approval_role") => said.obligations.approval_roles = words("approval_role", value)?,
                Ok("time_limit_ms") => said.obligations.time_limit_ms = smallest("time_limit_ms", value)?,
                Ok("result_bytes_max") => {
                    said.obligations.result_bytes_max = smallest("result_bytes_max", value)?;
                }
                _ => return Err(format!("the policy answered with something unknown: {}", shown(name))),
            }
        }
        Ok(said)
    }

    /// Deny beats ask beats allow; nothing said is deny.
    pub(crate) fn verdict(self) -> (Verdict, Vec<Reason>, Obligations) {
        let (verdict, first, second, third) = if !self.deny.is_empty() {
            (Verdict::Deny, self.deny, self.ask, self.allow)
        } else if !self.ask.is_empty() {
            (Verdict::Ask, self.ask, self.allow, Vec::new())
        } else if !self.allow.is_empty() {
            (Verdict::Allow, self.allow, Vec::new(), Vec::new())
        } else {
            let silence = Reason {
                verdict: Verdict::Deny,
                rule: "policy.no_rule".into(),
                message: "no rule of the policy allows this".into(),
            };
            (Verdict::Deny, vec![silence], Vec::new(), Vec::new())
        };
        (verdict, [first, second, third].concat(), self.obligations)
    }
}

/// Whether the texts of a value have at most `bytes_max` together, each member counted as some bytes more.
fn is_within(value: &Value, bytes_max: usize) -> bool {
    const MEMBER_BYTES: usize = 8;
    let (mut left, mut waiting) = (bytes_max, vec![value]);
    while let Some(value) = waiting.pop() {
        let text = value.as_string().map_or(0, |text| text.len());
        let Some(rest) = left.checked_sub(text + MEMBER_BYTES) else { return false };
        left = rest;
        match value {
            Value::Array(members) => waiting.extend(members.iter()),
            Value::Set(members) => waiting.extend(members.iter()),
            Value::Object(members) => {
                waiting.extend(members.iter().flat_map(|(key, value)| [key, value]));
            }
            _ => {}
        }
    }
    true
}

fn reasons(set: &Value, verdict: Verdict) -> Result<Vec<Reason>, String> {
    let set = set.as_set().map_err(|_| format!("`{}` is not a set", word(verdict)))?;
    set.iter().map(|member| reason(member, verdict)).collect()
}

fn reason(member: &Value, verdict: Verdict) -> Result<Reason, String> {
    let (rule, message) = match member {
        Value::String(message) => (None, Some(message.as_ref())),
        Value::Object(fields) => (
            fields.get(&"rule".into()).and_then(|v| v.as_string().ok()).map(AsRef::as_ref),
            fields.get(&"message".into()).and_then(|v| v.as_string().ok()).map(AsRef::as_ref),
        ),
        _ => (None, None),
    };
    // A rule without a message is still a rule that spoke: its name serves as its sentence.
    match (rule, message) {
        (rule, Some(message)) => {
            Ok(Reason { verdict, rule: rule.unwrap_or_default().into(), message: message.into() })
        }
        (Some(rule), None) => Ok(Reason { verdict, rule: rule.into(), message: rule.into() }),
        (None, None) => Err(format!(
            "a rule added {} to `{}`, which is neither a sentence nor {{\"rule\": …, \"message\": …}}",
            shown(member),
            word(verdict)
        )),
    }
}

/// JSON pointers, and `{"detector": NAME}`.
fn redactions(set: &Value, obligations: &mut Obligations) -> Result<(), String> {
    let set = set.as_set().map_err(|_| "`redact` is not a set".to_owned())?;
    for member in set.iter() {
        match member {
            Value::String(pointer) if pointer.is_empty() || pointer.starts_with('/') => {
                obligations.redact.push(pointer.to_string());
            }
            Value::String(wrong) => {
                return Err(format!(
                    "a rule added {} to `redact`; a JSON pointer begins with /",
                    shown(&Value::String(wrong.clone()))
                ));
            }
            Value::Object(fields) if fields.len() == 1 => match fields.get(&"detector".into()) {
                Some(Value::String(name)) if !name.is_empty() => obligations.detectors.push(name.to_string()),
                _ => return Err(no_redaction(member)),
            },
            _ => return Err(no_redaction(member)),
        }
    }
    Ok(())
}

fn no_redaction(member: &Value) -> String {
    format!(
        "a rule added {} to `redact`, which holds JSON pointers and {{\"detector\": NAME}}",
        shown(member)
    )
}

/// A set of words that are not empty.
fn words(name: &str, set: &Value) -> Result<Vec<String>, String> {
    let set = set.as_set().map_err(|_| format!("`{name}` is not a set"))?;
    set.iter()
        .map(|member| match member {
            Value::String(text) if !text.is_empty() => Ok(text.to_string()),
            other => Err(format!("a rule added {} to `{name}`, which holds words", shown(other))),
        })
        .collect()
}

/// None, one number, or a set of numbers of which the smallest counts.
fn smallest(name: &str, gathered: &Value) -> Result<Option<u64>, String> {
    let gathered = gathered.as_array().map_err(|_| format!("`{name}` is not a number"))?;
    let mut limits = Vec::new();
    for value in gathered.iter() {
        match value {
            Value::Set(values) => limits.extend(values.iter()),
            // No rule gave a number.
            Value::Undefined => {}
            one => limits.push(one),
        }
    }
    let limits: Result<Vec<u64>, String> = limits
        .iter()
        .map(|limit| {
            limit.as_u64().map_err(|_| format!("`{name}` is {}, not a number from 0 up", shown(limit)))
        })
        .collect();
    Ok(limits?.into_iter().min())
}

/// Longest text of a rule that is repeated in an error.
const SHOWN_CHARS_MAX: usize = 80;

/// A value as an error tells it. Only scalars are written out: a rule can build a value whose text is larger than any
/// memory.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().nth(SHOWN_CHARS_MAX).is_some() => {
            format!("{:?}…", text.chars().take(SHOWN_CHARS_MAX).collect::<String>())
        }
        Value::String(text) => format!("{:?}", text.as_ref()),
        Value::Null | Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(_) => "an array".into(),
        Value::Set(_) => "a set".into(),
        Value::Object(_) => "an object".into(),
        Value::Undefined => "nothing".into(),
    }
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}
