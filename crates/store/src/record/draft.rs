//! An entry that has no place in the chain yet.

use std::borrow::Cow;

use chrono::SubsecRound;
use domain::{CallId, TaskId, Timestamp};
use sea_orm::prelude::Uuid;

use super::Act;
use super::chain::{Entry, Head};
use super::hash::{Hash, hash};
use crate::columns::{from_json, micros, now, seq, seq_param, to_json, to_text};
use crate::entities::record;
use crate::{DecisionRecord, StoreError};

/// Kind of the entries that are decisions.
pub(crate) const DECISION: &str = "decision";

/// An entry without its number and its hashes.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) at: Timestamp,
    pub(crate) kind: Cow<'static, str>,
    pub(crate) body: String,
    pub(crate) finding: Finding,
}

/// Columns by which an entry is found. They say nothing that the body does not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Finding {
    pub(crate) decision_id: Option<Uuid>,
    pub(crate) task_id: Option<Uuid>,
    pub(crate) call_id: Option<Uuid>,
    pub(crate) point: Option<String>,
    pub(crate) verdict: Option<String>,
    pub(crate) principal_id: Option<Uuid>,
    pub(crate) server: Option<String>,
    pub(crate) tool: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) subject: Option<String>,
}

impl Draft {
    pub(crate) fn of_decision(record: &DecisionRecord) -> Result<Self, StoreError> {
        Ok(Self {
            // As precise as its column, so that a head kept elsewhere says the same.
            at: record.at.trunc_subsecs(6),
            kind: Cow::Borrowed(DECISION),
            body: to_json(record)?,
            finding: Finding::of_decision(record),
        })
    }

    /// An act, done now.
    pub(crate) fn of_act(act: &Act) -> Result<Self, StoreError> {
        let is_word =
            |word: &str| !word.is_empty() && word.bytes().all(|c| c.is_ascii_lowercase() || c == b'_');
        if !act.kind.split_once('.').is_some_and(|(noun, done)| is_word(noun) && is_word(done)) {
            return Err(StoreError::Invalid(format!(
                "the kind of an act is two words of small letters with a dot between, like pin.set, not {:?}",
                act.kind
            )));
        }
        Ok(Self {
            at: now(),
            kind: act.kind.clone(),
            body: to_json(act)?,
            finding: Finding { subject: Some(to_text(&act.subject)), ..Finding::default() },
        })
    }

    /// The row behind `head`, which becomes the new head.
    pub(crate) fn chained(self, tenant_id: Uuid, head: &mut Head) -> record::Model {
        let (seq, prev, at) = (head.seq + 1, head.hash, micros(self.at));
        let hash = hash(seq, at, &self.kind, &self.body, prev);
        *head = Head { seq, hash, at: self.at };
        let Finding {
            decision_id,
            task_id,
            call_id,
            point,
            verdict,
            principal_id,
            server,
            tool,
            session,
            subject,
        } = self.finding;
        record::Model {
            tenant_id,
            seq: seq_param(seq),
            at,
            kind: self.kind.into_owned(),
            prev: prev.0.to_vec(),
            hash: hash.0.to_vec(),
            decision_id,
            task_id,
            call_id,
            point,
            verdict,
            principal_id,
            server,
            tool,
            session,
            subject,
            body: self.body,
        }
    }
}

impl Finding {
    fn of_decision(record: &DecisionRecord) -> Self {
        let session = record.question.pointer("/session/id").and_then(|id| id.as_str());
        let verdict = match record.decision.verdict {
            domain::decision::Verdict::Allow => "allow",
            domain::decision::Verdict::Ask => "ask",
            domain::decision::Verdict::Deny => "deny",
        };
        Self {
            decision_id: Some(record.decision.id.0),
            task_id: record.task_id.map(|TaskId(id)| id),
            call_id: record.call_id.map(|CallId(id)| id),
            point: Some(record.decision.point.as_str().to_owned()),
            verdict: Some(verdict.to_owned()),
            principal_id: Some(record.principal_id.0),
            server: Some(to_text(&record.server)),
            tool: Some(to_text(&record.tool)),
            session: session.map(to_text),
            subject: None,
        }
    }

    /// What the columns beside this body have to be.
    pub(crate) fn of_entry(entry: &Entry) -> Result<Self, StoreError> {
        if entry.kind == DECISION {
            return Ok(Self::of_decision(&from_json("decision", &entry.body)?));
        }
        let act: Act = from_json("act", &entry.body)?;
        Ok(Self { subject: Some(to_text(&act.subject)), ..Self::default() })
    }
}

/// A row as an entry and the columns to find it by.
pub(crate) fn taken_apart(row: record::Model) -> Result<(Entry, Finding), StoreError> {
    let hash = |bytes: &[u8]| Hash::try_from(bytes).map_err(StoreError::Corrupt);
    let entry = Entry {
        seq: seq(row.seq),
        at_us: row.at,
        kind: row.kind,
        prev: hash(&row.prev)?,
        hash: hash(&row.hash)?,
        body: row.body,
    };
    let finding = Finding {
        decision_id: row.decision_id,
        task_id: row.task_id,
        call_id: row.call_id,
        point: row.point,
        verdict: row.verdict,
        principal_id: row.principal_id,
        server: row.server,
        tool: row.tool,
        session: row.session,
        subject: row.subject,
    };
    Ok((entry, finding))
}
