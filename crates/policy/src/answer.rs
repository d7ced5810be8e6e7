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
    /// Reads the answer of the entry rule. The error is a sentence for the reason of a deny.
    pub(crate) fn read(answer: &Value) -> Result<Self, String> {
        let Ok(members) = answer.as_object() else {
            return Err("the policy gave no answer to this question".into());
        };
        let mut said = Said::default();
        for (name, value) in members.iter() {
            match name.as_string().map(|name| name.as_ref()) {
                Ok("deny") => said.deny = reasons(value, Verdict::Deny)?,
                Ok("ask") => said.ask = reasons(value, Verdict::Ask)?,
                Ok("allow") => said.allow = reasons(value, Verdict::Allow)?,
                Ok("redact") => said.obligations.redact = pointers(value)?,
                Ok("label") => said.obligations.labels = strings("label", value)?,
                Ok("time_limit_ms") => said.obligations.time_limit_ms = time_limit(value)?,
                _ => return Err(format!("the policy answered with something unknown: {name}")),
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
            "a rule added {member} to `{}`, which is neither a sentence nor {{\"rule\": …, \"message\": …}}",
            word(verdict)
        )),
    }
}

fn pointers(set: &Value) -> Result<Vec<String>, String> {
    let pointers = strings("redact", set)?;
    match pointers.iter().find(|pointer| !pointer.is_empty() && !pointer.starts_with('/')) {
        Some(wrong) => Err(format!("a rule added {wrong:?} to `redact`; a JSON pointer begins with /")),
        None => Ok(pointers),
    }
}

fn strings(name: &str, set: &Value) -> Result<Vec<String>, String> {
    let set = set.as_set().map_err(|_| format!("`{name}` is not a set"))?;
    set.iter()
        .map(|member| match member {
            Value::String(text) => Ok(text.to_string()),
            other => Err(format!("a rule added {other} to `{name}`, which holds strings")),
        })
        .collect()
}

/// None, one number, or a set of numbers of which the smallest counts.
fn time_limit(gathered: &Value) -> Result<Option<u64>, String> {
    let gathered = gathered.as_array().map_err(|_| "`time_limit_ms` is not a number".to_owned())?;
    let mut limits = Vec::new();
    for value in gathered.iter() {
        match value {
            Value::Set(values) => limits.extend(values.iter().cloned()),
            one => limits.push(one.clone()),
        }
    }
    let limits: Result<Vec<u64>, String> = limits
        .iter()
        .map(|limit| {
            limit.as_u64().map_err(|_| format!("`time_limit_ms` is {limit}, not a number of milliseconds"))
        })
        .collect();
    Ok(limits?.into_iter().min())
}

fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Allow => "allow",
        Verdict::Ask => "ask",
        Verdict::Deny => "deny",
    }
}
