//! An explanation for a person.

use domain::decision::Verdict;
use serde_json::Value as Json;

use super::{Condition, Silent, Spoke};
use crate::Answer;

/// Silent rules that are told of.
const NEAR_MAX: usize = 5;
/// Longest value that is written out.
const VALUE_CHARS_MAX: usize = 120;

pub(super) fn of(answer: &Answer, revision: &str, spoke: &[Spoke], silent: &[Silent]) -> Vec<String> {
    let came_to = match answer.verdict {
        Verdict::Allow => "It is allowed",
        Verdict::Ask => "It waits for a person",
        Verdict::Deny => "It is denied",
    };
    let short = &revision[..revision.floor_char_boundary(19)];
    let mut sentences = vec![format!("{came_to}, by the policy {short}.")];
    if spoke.is_empty() {
        // A rule of the engine's own, such as a limit, or that none spoke.
        sentences.extend(answer.reasons.iter().map(|reason| format!("{}: {}.", reason.rule, reason.message)));
    }
    sentences.extend(spoke.iter().map(spoken));
    let near = silent.iter().filter(|silent| silent.held > 0 && is_of_decision(&silent.place.set));
    sentences.extend(near.take(NEAR_MAX).map(nearly));
    sentences
}

fn is_of_decision(set: &str) -> bool {
    matches!(set, "deny" | "ask" | "allow")
}

fn spoken(spoke: &Spoke) -> String {
    let place = &spoke.place;
    let what = match place.set.as_str() {
        "deny" => "denies it",
        "ask" => "asks",
        "allow" => "allows it",
        _ => return format!("{} is {}{}.", place.set, list(&spoke.said), at(&place.file, place.line)),
    };
    let messages: Vec<String> = spoke.said.iter().map(message).collect();
    let name = if place.rule.is_empty() { "A rule" } else { &place.rule };
    let mut sentence = format!(
        "{name} {what}{}: {}",
        at(&place.file, place.line),
        messages.join("; ").trim_end_matches('.')
    );
    let seen: Vec<String> = spoke.conditions.iter().flat_map(values).collect();
    if !seen.is_empty() {
        sentence.push_str(&format!(". It saw {}", seen.join(", ")));
    }
    if let Some(found) = spoke.found.first() {
        sentence.push_str(&format!(". It found {}", variables(found)));
    }
    sentence + "."
}

fn nearly(silent: &Silent) -> String {
    let place = &silent.place;
    let name = if place.rule.is_empty() { format!("a rule of `{}`", place.set) } else { place.rule.clone() };
    let mut sentence = format!(
        "Nearly: {name}{} did not speak, because `{}` (line {}) does not hold",
        at(&place.file, place.line),
        one_line(&silent.failed.text),
        silent.failed.line
    );
    let seen = values(&silent.failed);
    if !seen.is_empty() {
        sentence.push_str(&format!("; {}", seen.join(", ")));
    }
    if let Some(found) = silent.found.first() {
        sentence.push_str(&format!("; {}", variables(found)));
    }
    sentence + "."
}

fn at(file: &str, line: u32) -> String {
    format!(" ({file}:{line})")
}

fn message(said: &Json) -> String {
    let message = said.get("message").or_else(|| said.get("rule")).unwrap_or(said);
    message.as_str().map_or_else(|| shown(message), str::to_owned)
}

fn list(values: &[Json]) -> String {
    values.iter().map(shown).collect::<Vec<_>>().join(", ")
}

fn values(condition: &Condition) -> Vec<String> {
    condition.values.iter().map(|named| format!("{} is {}", named.name, shown(&named.value))).collect()
}

fn variables(found: &Json) -> String {
    let members = found.as_object().into_iter().flatten();
    members.map(|(name, value)| format!("{name} = {}", shown(value))).collect::<Vec<_>>().join(", ")
}

fn shown(value: &Json) -> String {
    let text = value.to_string();
    match text.char_indices().nth(VALUE_CHARS_MAX) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text,
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
