//! Having calls ruled on, and starting with the same append what may start at once.

use std::collections::BTreeSet;

use domain::CallId;
use domain::approval::Approval;
use domain::decision::Decision;
use domain::journal::{CallTarget, Event, PauseReason};

use super::run::{Held, started};
use super::{Executor, Outcome};
use crate::next::{Here, runnable};
use crate::ports::{GateCall, Ruling};
use crate::state::{Call, CallPhase};

/// What the gate said about one call.
struct Ruled {
    call_id: CallId,
    decision: Decision,
    target: CallTarget,
    question: Option<Box<Approval>>,
}

impl Executor {
    /// Asks the gate about each of these calls. What may start at once is started with the same append that
    /// journals the rulings.
    pub(super) async fn rule(&mut self, ids: Vec<CallId>) -> Outcome {
        if !self.workspace_is_there().await? {
            return Ok(());
        }
        let mut labels = self.journal.state.labels.clone();
        let mut ruled = Vec::new();
        let mut fault = None;
        for id in ids {
            let Some(call) = self.journal.state.call(id) else { continue };
            let call = GateCall {
                id,
                name: call.name.clone(),
                arguments: call.arguments.clone(),
                approval: call.approval,
            };
            let (gate, context) = (self.shared.gate.clone(), self.context(&labels));
            let answer = self.unless_stopped(async move { gate.rule(&context, &call).await }).await?;
            self.permits.remove(&id); // Whatever it says now counts instead.
            let (decision, target, question) = match answer {
                None => break,
                Some(Err(error)) => {
                    fault = Some(error);
                    break;
                }
                Some(Ok(Ruling::Deny { decision, target })) => (decision, target, None),
                Some(Ok(Ruling::Ask { decision, target, approval })) => (decision, target, Some(approval)),
                Some(Ok(Ruling::Allow { decision, target, permit })) => {
                    labels.extend(decision.obligations.labels.iter().cloned());
                    self.permits.insert(id, Held { permit, labels: labels.clone() });
                    (decision, target, None)
                }
            };
            ruled.push(Ruled { call_id: id, decision, target, question });
        }
        self.journal_rulings(ruled, &labels).await?;
        match fault {
            Some(error) => self.pause(PauseReason::Fault, error.to_string()).await,
            None => Ok(()),
        }
    }

    async fn journal_rulings(&mut self, ruled: Vec<Ruled>, labels: &BTreeSet<String>) -> Outcome {
        let mut events = Vec::new();
        let mut questions = Vec::new();
        for Ruled { call_id, decision, target, question } in &ruled {
            let (decision, target) = (decision.clone(), target.clone());
            events.push(Event::Decided { call_id: *call_id, decision, target });
            questions.extend(question.clone());
        }
        if events.is_empty() {
            return Ok(());
        }
        let startable = match questions.is_empty() {
            true => self.startable_after(&ruled, labels),
            false => Vec::new(), // The questions are put first.
        };
        if startable.is_empty() {
            self.journal.record(events).await?;
            for question in questions {
                self.put(*question).await?;
            }
            return Ok(());
        }
        let rulings = events.clone();
        events.extend(startable.iter().map(started));
        if self.journal.choose(events).await? {
            startable.into_iter().for_each(|call| self.forward(call.id));
            return Ok(());
        }
        // Something came in between, so nothing is started; that the gate has ruled stays true.
        self.journal.record(rulings).await
    }

    /// The calls that may start once these rulings are taken in.
    fn startable_after(&self, ruled: &[Ruled], labels: &BTreeSet<String>) -> Vec<Call> {
        let mut open: Vec<Call> = self.journal.state.open_calls().cloned().collect();
        for Ruled { call_id, decision, target, .. } in ruled {
            for call in open.iter_mut().filter(|call| call.id == *call_id) {
                call.decided(decision, target);
            }
        }
        let fresh = self.permits.iter().filter(|(_, held)| held.labels == *labels);
        let here = Here {
            running: self.running.keys().copied().collect(),
            permits: fresh.map(|(id, _)| *id).collect(),
            ..Here::default()
        };
        let stale = |call: &Call| call.phase == CallPhase::Allowed && !here.permits.contains(&call.id);
        if open.iter().any(|call| !here.running.contains(&call.id) && stale(call)) {
            return Vec::new(); // To be ruled on again first, in their order.
        }
        let chosen = runnable(open.iter(), &here);
        open.retain(|call| chosen.contains(&call.id));
        open
    }
}
