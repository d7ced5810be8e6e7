//! A task as a stream of lines: text as it comes, calls with their arguments, decisions, diffs, output.

use std::collections::HashMap;
use std::io::Write;

use agent::LiveEvent;
use domain::decision::Verdict;
use domain::journal::{CallEnd, Envelope, Event, TaskEnd};
use domain::limits::Spent;
use domain::tool::{ToolOutcome, ToolProgress};
use domain::{CallId, ModelRequestId};
use serde_json::Value;

use super::{BOLD, CYAN, DIM, GREEN, RED, YELLOW, clean, diff};

/// Lines of a result shown; the rest is in `bailiwick task show`.
const RESULT_LINES_MAX: usize = 12;
/// Characters of one argument shown on a call's line.
const ARGUMENT_CHARS_MAX: usize = 100;

/// Prints events of one task. Give it every event once, in order.
#[derive(Default)]
pub struct Renderer {
    /// The text of the answer under way that has been printed.
    streamed: Option<(ModelRequestId, String)>,
    at_line_start: bool,
    calls: HashMap<CallId, Call>,
    /// Show results whole (`task show`).
    pub whole: bool,
    /// Show times and sequence numbers (`task show`).
    pub stamps: bool,
}

struct Call {
    name: String,
    /// Whether its output has been printed as it came.
    output_shown: bool,
}

impl Renderer {
    pub fn new() -> Self {
        Self { at_line_start: true, ..Self::default() }
    }

    pub fn live(&mut self, event: &LiveEvent) -> std::io::Result<()> {
        let mut out = anstream::stdout().lock();
        match event {
            LiveEvent::Text { request_id, delta } => {
                match &mut self.streamed {
                    Some((id, text)) if id == request_id => text.push_str(delta),
                    _ => self.streamed = Some((*request_id, delta.clone())),
                }
                write!(out, "{}", clean(delta))?;
                self.at_line_start = delta.ends_with('\n');
            }
            LiveEvent::Reasoning { .. } => {}
            LiveEvent::Retrying { why, wait_ms, attempt, .. } => {
                self.fresh_line(&mut out)?;
                self.streamed = None;
                writeln!(
                    out,
                    "{YELLOW}… attempt {attempt} failed ({}); trying again in {:.1} s{YELLOW:#}",
                    clean(why),
                    *wait_ms as f64 / 1000.0
                )?;
            }
            LiveEvent::ToolProgress { call_id, progress } => {
                let (ToolProgress::Stdout { text }
                | ToolProgress::Stderr { text }
                | ToolProgress::Message { text }) = progress;
                if let Some(call) = self.calls.get_mut(call_id) {
                    call.output_shown |= !matches!(progress, ToolProgress::Message { .. });
                }
                self.fresh_line(&mut out)?;
                for line in clean(text).lines() {
                    writeln!(out, "  {DIM}│ {line}{DIM:#}")?;
                }
            }
        }
        out.flush()
    }

    pub fn journal(&mut self, envelope: &Envelope) -> std::io::Result<()> {
        let mut out = anstream::stdout().lock();
        if self.stamps && worth_a_stamp(&envelope.event) {
            self.fresh_line(&mut out)?;
            write!(out, "{DIM}{:>4} {}{DIM:#} ", envelope.seq, envelope.at.format("%H:%M:%S"))?;
        }
        self.event(&mut out, &envelope.event)?;
        out.flush()
    }

    fn event(&mut self, out: &mut impl Write, event: &Event) -> std::io::Result<()> {
        match event {
            Event::TaskCreated { prompt, model, .. } => {
                writeln!(out, "{BOLD}{}{BOLD:#} {DIM}({model}){DIM:#}", clean(prompt))?;
            }
            Event::ModelResponded { request_id, response, .. } => {
                let shown = match self.streamed.take() {
                    Some((id, text)) if id == *request_id => text,
                    _ => String::new(),
                };
                match response.text.strip_prefix(shown.as_str()) {
                    Some(rest) => write!(out, "{}", clean(rest))?,
                    None => write!(out, "\n{}", clean(&response.text))?,
                }
                if !response.text.is_empty() {
                    self.at_line_start = response.text.ends_with('\n');
                    self.fresh_line(out)?;
                } else if self.stamps {
                    writeln!(out, "{DIM}(calls {}){DIM:#}", response.calls.len())?;
                }
            }
            Event::ModelFailed { error, .. } => {
                self.fresh_line(out)?;
                writeln!(out, "{RED}model: {}{RED:#}", clean(&error.message))?;
            }
            Event::ToolCallProposed { call_id, name, arguments, repaired, .. } => {
                self.fresh_line(out)?;
                self.calls.insert(*call_id, Call { name: name.clone(), output_shown: false });
                writeln!(out, "{CYAN}▸ {}{CYAN:#} {}", clean(name), clean(&arguments_line(arguments)))?;
                if let Some(repaired) = repaired {
                    writeln!(out, "  {DIM}arguments mended: {}{DIM:#}", clean(repaired))?;
                }
            }
            Event::Decided { call_id, decision, .. } => {
                let (style, word) = match decision.verdict {
                    Verdict::Allow => (GREEN, "allowed"),
                    Verdict::Ask => (YELLOW, "asks"),
                    Verdict::Deny => (RED, "denied"),
                };
                let why: Vec<_> = decision
                    .reasons
                    .iter()
                    .filter(|reason| reason.verdict == decision.verdict)
                    .map(|reason| clean(&reason.message).into_owned())
                    .collect();
                let name = self.name_of(call_id);
                if decision.verdict != Verdict::Allow || self.stamps {
                    self.fresh_line(out)?;
                    writeln!(out, "  {style}policy {word}{style:#} {DIM}{name}: {}{DIM:#}", why.join("; "))?;
                }
            }
            Event::ApprovalRequested { .. }
            | Event::ToolCallStarted { .. }
            | Event::ModelRequested { .. } => {}
            Event::ApprovalResolved { call_id, answer, by, note, rule_id, .. } => {
                self.fresh_line(out)?;
                let answer = serde_json::to_value(answer).ok();
                let answer = answer.as_ref().and_then(Value::as_str).unwrap_or_default().replace('_', " ");
                let note = note.as_ref().map(|note| format!(": {}", clean(note))).unwrap_or_default();
                let always = if rule_id.is_some() { ", always for this task" } else { "" };
                writeln!(
                    out,
                    "  {BOLD}{answer}{BOLD:#} {DIM}{}{always} (by {by}){note}{DIM:#}",
                    self.name_of(call_id)
                )?;
            }
            Event::ApprovalVoided { call_id, why, .. } => {
                writeln!(out, "  {DIM}question about {} void: {}{DIM:#}", self.name_of(call_id), clean(why))?;
            }
            Event::ToolCallFinished { call_id, outcome, end, took_ms, .. } => {
                self.fresh_line(out)?;
                self.finished(out, *call_id, outcome, *end, *took_ms)?;
            }
            Event::MessageReceived { text, by } => {
                self.fresh_line(out)?;
                writeln!(out, "{BOLD}› {}{BOLD:#} {DIM}({by}){DIM:#}", clean(text))?;
            }
            Event::LimitsChanged { limits, .. } => writeln!(
                out,
                "{DIM}limits: {} steps, {} tokens, {}, {} s{DIM:#}",
                limits.steps_max, limits.tokens_max, limits.cost_max, limits.wall_seconds_max
            )?,
            Event::Paused { text, .. } => {
                self.fresh_line(out)?;
                writeln!(out, "{YELLOW}paused:{YELLOW:#} {}", clean(text))?;
            }
            Event::Resumed { by } => writeln!(out, "{DIM}resumed by {by}{DIM:#}")?,
            Event::CancelRequested { by } => {
                self.fresh_line(out)?;
                writeln!(out, "{DIM}cancel requested by {by}{DIM:#}")?;
            }
            Event::Compacted { .. } => {
                writeln!(
                    out,
                    "{DIM}the conversation so far was summarised to fit the model's window{DIM:#}"
                )?;
            }
            Event::Note { text } => writeln!(out, "{DIM}{}{DIM:#}", clean(text))?,
            Event::TaskEnded { end, text } => {
                self.fresh_line(out)?;
                let (style, word) = match end {
                    TaskEnd::Completed => (GREEN, "completed"),
                    TaskEnd::Failed => (RED, "failed"),
                    TaskEnd::Cancelled => (YELLOW, "cancelled"),
                };
                let why = if *end == TaskEnd::Failed { format!(": {}", clean(text)) } else { String::new() };
                writeln!(out, "{style}{word}{style:#}{why}")?;
            }
        }
        Ok(())
    }

    fn finished(
        &mut self,
        out: &mut impl Write,
        call_id: CallId,
        outcome: &ToolOutcome,
        end: CallEnd,
        took_ms: u64,
    ) -> std::io::Result<()> {
        let call = self.calls.remove(&call_id);
        let (style, mark) =
            if outcome.is_error || end != CallEnd::Completed { (RED, "✗") } else { (GREEN, "✓") };
        let name = call.as_ref().map_or("call", |call| call.name.as_str());
        writeln!(out, "  {style}{mark}{style:#} {DIM}{name} {}{DIM:#}", duration(took_ms))?;
        let field = |name: &str| outcome.structured_content.as_ref().and_then(|value| value.get(name));
        if let Some(text) = field("diff").and_then(Value::as_str).filter(|text| !text.is_empty()) {
            return diff::print(out, text);
        }
        if call.is_some_and(|call| call.output_shown) {
            return Ok(());
        }
        let text = outcome.joined_text();
        let text = clean(&text);
        let lines_max = if self.whole { usize::MAX } else { RESULT_LINES_MAX };
        for line in text.lines().take(lines_max) {
            writeln!(out, "    {DIM}{line}{DIM:#}")?;
        }
        let left = text.lines().count().saturating_sub(lines_max);
        if left > 0 {
            writeln!(out, "    {DIM}… {left} more lines{DIM:#}")?;
        }
        Ok(())
    }

    fn name_of(&self, call_id: &CallId) -> String {
        self.calls.get(call_id).map_or_else(String::new, |call| clean(&call.name).into_owned())
    }

    fn fresh_line(&mut self, out: &mut impl Write) -> std::io::Result<()> {
        if !self.at_line_start {
            self.at_line_start = true;
            writeln!(out)?;
        }
        Ok(())
    }
}

/// `steps 4 · 1200 tokens · $0.01 · 3.2 s`
pub fn spent_line(spent: &Spent) -> String {
    format!("{} steps · {} tokens · {} · {}", spent.steps, spent.tokens, spent.cost, duration(spent.wall_ms))
}

fn duration(ms: u64) -> String {
    if ms < 1000 { format!("{ms} ms") } else { format!("{:.1} s", ms as f64 / 1000.0) }
}

fn worth_a_stamp(event: &Event) -> bool {
    !matches!(
        event,
        Event::ApprovalRequested { .. } | Event::ToolCallStarted { .. } | Event::ModelRequested { .. }
    )
}

/// Arguments on one line, long ones cut.
fn arguments_line(arguments: &Value) -> String {
    let Value::Object(map) = arguments else { return arguments.to_string() };
    let shown = map.iter().map(|(key, value)| {
        let text = match value {
            Value::String(text) => format!("{text:?}"),
            other => other.to_string(),
        };
        if text.chars().count() > ARGUMENT_CHARS_MAX {
            let head: String = text.chars().take(ARGUMENT_CHARS_MAX).collect();
            return format!("{key}={head}… ({} characters)", text.chars().count());
        }
        format!("{key}={text}")
    });
    shown.collect::<Vec<_>>().join(" ")
}
