//! The small part of a task's state: what it spent and may spend, and whether it goes on. It is all that a
//! list of tasks shows, so it can be copied and tried before an append.

use std::collections::BTreeMap;

use domain::journal::{Event, ModelPurpose, PauseReason, TaskEnd};
use domain::limits::{Limits, Spent};
use domain::task::TaskStatus;
use domain::{ApprovalId, CallId, MicroUsd, ModelRequestId};
use store::Projection;

/// Longest closing words in a list of tasks, bytes; the journal has them whole.
const STATUS_TEXT_BYTES_MAX: usize = 500;

#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ledger {
    pub limits: Limits,
    pub spent: Spent,
    /// The model request under way, with what it may still cost.
    pub open_request: Option<OpenRequest>,
    pub phase: Phase,
    pub stop_requested_by: Option<String>,
    /// Questions that wait for a person.
    pub pending: BTreeMap<ApprovalId, CallId>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct OpenRequest {
    pub id: ModelRequestId,
    pub purpose: ModelPurpose,
    pub tokens: u64,
    pub cost: MicroUsd,
}

#[derive(Clone, Debug, Default, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a task has one, and patterns look into the reason of a pause")]
pub enum Phase {
    #[default]
    Active,
    Paused {
        reason: PauseReason,
        text: String,
    },
    Ended {
        end: TaskEnd,
        text: String,
    },
}

impl Ledger {
    /// Takes in one event.
    pub fn apply(&mut self, event: &Event) {
        match event {
            Event::TaskCreated { limits, .. } | Event::LimitsChanged { limits, .. } => self.limits = *limits,
            Event::ModelRequested { request_id, purpose, reserved_tokens, reserved_cost, .. } => {
                // A request that was never answered is replaced, and its reservation with it.
                self.open_request = Some(OpenRequest {
                    id: *request_id,
                    purpose: *purpose,
                    tokens: *reserved_tokens,
                    cost: *reserved_cost,
                });
            }
            Event::ModelResponded { request_id, response, cost, took_ms } => {
                let Some(request) = self.settle(*request_id) else { return };
                if request.purpose == ModelPurpose::Turn {
                    self.spent.steps = self.spent.steps.saturating_add(1);
                }
                let usage = &response.usage;
                self.spent.tokens =
                    self.spent.tokens.saturating_add(usage.input.saturating_add(usage.output));
                self.spent.cost += *cost;
                self.worked(*took_ms);
            }
            Event::ModelFailed { request_id, took_ms, .. } => {
                if self.settle(*request_id).is_some() {
                    self.worked(*took_ms);
                }
            }
            Event::ToolCallFinished { call_id, took_ms, .. } => {
                self.pending.retain(|_, pending| pending != call_id);
                self.worked(*took_ms);
            }
            Event::ApprovalRequested { approval_id, call_id, .. } => {
                self.pending.insert(*approval_id, *call_id);
            }
            Event::ApprovalResolved { approval_id, .. } | Event::ApprovalVoided { approval_id, .. } => {
                self.pending.remove(approval_id);
            }
            _ => self.apply_steering(event),
        }
    }

    /// Takes in what decides whether the task goes on, and nothing else.
    pub fn apply_steering(&mut self, event: &Event) {
        match event {
            Event::Paused { reason, text } if !self.ended() => {
                self.phase = Phase::Paused { reason: reason.clone(), text: text.clone() };
            }
            Event::Resumed { .. } if !self.ended() => self.phase = Phase::Active,
            // A message opens an ended task again; a paused one stays paused, and has it when it goes on.
            Event::MessageReceived { .. } if self.ended() => self.phase = Phase::Active,
            Event::CancelRequested { by } if !self.ended() => self.stop_requested_by = Some(by.clone()),
            Event::TaskEnded { end, text } => {
                self.phase = Phase::Ended { end: *end, text: text.clone() };
                self.stop_requested_by = None;
                self.open_request = None;
                self.pending.clear();
            }
            _ => {}
        }
    }

    /// What is spent and reserved together.
    pub fn committed(&self) -> (u64, MicroUsd) {
        let (tokens, cost) =
            self.open_request.as_ref().map_or((0, MicroUsd::ZERO), |open| (open.tokens, open.cost));
        (self.spent.tokens.saturating_add(tokens), self.spent.cost + cost)
    }

    /// What a list shows of this task.
    pub fn projection(&self) -> Projection {
        let status_text = match &self.phase {
            Phase::Active => None,
            Phase::Paused { text, .. } => Some(text.clone()),
            Phase::Ended { text, .. } => Some(crate::text::head(text, STATUS_TEXT_BYTES_MAX).to_owned()),
        };
        Projection { status: self.status(), status_text, limits: self.limits, spent: self.spent }
    }

    /// What the task is doing, in a word.
    pub fn status(&self) -> TaskStatus {
        match &self.phase {
            Phase::Active if self.pending.is_empty() => TaskStatus::Running,
            Phase::Active => TaskStatus::Waiting,
            Phase::Paused { .. } => TaskStatus::Paused,
            Phase::Ended { end: TaskEnd::Completed, .. } => TaskStatus::Completed,
            Phase::Ended { end: TaskEnd::Failed, .. } => TaskStatus::Failed,
            Phase::Ended { end: TaskEnd::Cancelled, .. } => TaskStatus::Cancelled,
        }
    }

    pub fn ended(&self) -> bool {
        matches!(self.phase, Phase::Ended { .. })
    }

    fn settle(&mut self, id: ModelRequestId) -> Option<OpenRequest> {
        self.open_request.take_if(|open| open.id == id)
    }

    fn worked(&mut self, took_ms: u64) {
        self.spent.wall_ms = self.spent.wall_ms.saturating_add(took_ms);
    }
}
