//! The pure part, whatever the journal: a fold that cannot fail, and a choice that never repeats what is done.

use std::collections::{BTreeMap, BTreeSet};

use agent::conversation;
use agent::next::{Action, Here, next};
use agent::state::{CallPhase, Phase, State};
use domain::approval::{Answer, ApprovalKind};
use domain::decision::{Point, Verdict};
use domain::digest::Digest;
use domain::journal::{
    CallEnd, CallTarget, EVENT_VERSION, Envelope, Event, ModelPurpose, PauseReason, TaskEnd,
};
use domain::limits::{Limits, Usage};
use domain::model::{Message, ModelCall, ModelError, ModelErrorKind, ModelResponse, StopReason};
use domain::tool::ToolOutcome;
use domain::{ApprovalId, CallId, MicroUsd, ModelRequestId, TaskId, Timestamp, WorkspaceId};
use proptest::prelude::*;
use serde_json::json;
use uuid::Uuid;

use crate::support::gate::decision;

fn call_id(n: u8) -> CallId {
    CallId(Uuid::from_u128(0x100 + u128::from(n)))
}
fn request_id(n: u8) -> ModelRequestId {
    ModelRequestId(Uuid::from_u128(0x200 + u128::from(n)))
}
fn approval_id(n: u8) -> ApprovalId {
    ApprovalId(Uuid::from_u128(0x300 + u128::from(n)))
}

fn envelope(seq: u64, version: u16, event: Event) -> Envelope {
    let at = Timestamp::from_timestamp(1_700_000_000, 0).unwrap();
    Envelope { task_id: TaskId(Uuid::from_u128(1)), seq, at, version, event }
}

fn target(read_only: bool, safe_to_repeat: bool) -> CallTarget {
    CallTarget {
        server: "s".to_owned(),
        tool: "t".to_owned(),
        tool_digest: Digest::of_bytes(b"t"),
        arguments_digest: Digest::of_bytes(b"a"),
        read_only,
        safe_to_repeat,
    }
}

fn created() -> Event {
    Event::TaskCreated {
        prompt: "Do it".to_owned(),
        workspace_id: WorkspaceId(Uuid::from_u128(2)),
        model: "script".to_owned(),
        limits: Limits::default(),
        system_prompt: "You are".to_owned(),
    }
}

fn response(words: bool, calls: u8, stop: StopReason) -> ModelResponse {
    let call = |n: u8| ModelCall {
        provider_call_id: format!("call_{n}"),
        name: "t".to_owned(),
        arguments: json!({"n": n}),
        repaired: None,
    };
    ModelResponse {
        text: if words { "Words.".to_owned() } else { String::new() },
        reasoning: None,
        calls: (0..calls).map(call).collect(),
        usage: Usage { input: 50, output: 5, ..Usage::default() },
        stop,
        opaque: None,
    }
}

fn failure(kind: ModelErrorKind) -> ModelError {
    ModelError { kind, message: "No.".to_owned() }
}

/// Any event, about few things, so that events meet.
fn any_event() -> impl Strategy<Value = Event> {
    let verdict = prop_oneof![Just(Verdict::Allow), Just(Verdict::Ask), Just(Verdict::Deny)];
    let kind = prop_oneof![Just(ApprovalKind::ToolCall), Just(ApprovalKind::OutcomeUnknown)];
    let answer = prop_oneof![
        Just(Answer::Approve),
        Just(Answer::Deny),
        Just(Answer::Retry),
        Just(Answer::CountAsDone),
        Just(Answer::Stop)
    ];
    let purpose = prop_oneof![Just(ModelPurpose::Turn), Just(ModelPurpose::Compaction)];
    let error = prop_oneof![Just(ModelErrorKind::ContextTooLong), Just(ModelErrorKind::Unavailable)];
    let stop = prop_oneof![
        Just(StopReason::End),
        Just(StopReason::MaxTokens),
        Just(StopReason::Refused),
        Just(StopReason::Other)
    ];
    let (call, request, approval) = (0..4u8, 0..3u8, 0..3u8);
    prop_oneof![
        1 => Just(created()),
        3 => (request.clone(), purpose).prop_map(|(n, purpose)| Event::ModelRequested {
            request_id: request_id(n),
            purpose,
            reserved_tokens: 1_000,
            reserved_cost: MicroUsd(10),
            decision: decision(Point::ModelCall, Verdict::Allow, Vec::new()),
        }),
        3 => (request.clone(), any::<bool>(), stop, any::<u64>()).prop_map(|(n, words, stop, took_ms)| {
            let response = response(words, 1, stop);
            Event::ModelResponded { request_id: request_id(n), response, cost: MicroUsd(7), took_ms }
        }),
        1 => (request.clone(), error).prop_map(|(n, kind)| Event::ModelFailed {
            request_id: request_id(n),
            error: failure(kind),
            took_ms: 5,
        }),
        4 => (call.clone(), request.clone()).prop_map(|(n, r)| Event::ToolCallProposed {
            call_id: call_id(n),
            request_id: request_id(r),
            provider_call_id: format!("call_{n}"),
            name: "t".to_owned(),
            arguments: json!({"n": n}),
            repaired: None,
        }),
        4 => (call.clone(), verdict, any::<bool>(), any::<bool>()).prop_map(|(n, verdict, reads, safe)| {
            let labels = vec![format!("label{n}")];
            let decision = decision(Point::ToolCall, verdict, labels);
            Event::Decided { call_id: call_id(n), decision, target: target(reads, safe) }
        }),
        3 => (approval.clone(), call.clone(), kind.clone()).prop_map(|(a, n, kind)| {
            Event::ApprovalRequested { approval_id: approval_id(a), call_id: call_id(n), kind }
        }),
        3 => (approval.clone(), call.clone(), kind, answer).prop_map(|(a, n, kind, answer)| {
            Event::ApprovalResolved {
                approval_id: approval_id(a),
                call_id: call_id(n),
                kind,
                answer,
                by: "terminal".to_owned(),
                note: None,
                rule_id: None,
            }
        }),
        1 => (approval, call.clone()).prop_map(|(a, n)| Event::ApprovalVoided {
            approval_id: approval_id(a),
            call_id: call_id(n),
            why: "why".to_owned(),
        }),
        3 => (call.clone(), any::<bool>()).prop_map(|(n, safe_to_repeat)| {
            Event::ToolCallStarted { call_id: call_id(n), safe_to_repeat }
        }),
        4 => (call, any::<bool>(), any::<u64>()).prop_map(|(n, is_error, took_ms)| Event::ToolCallFinished {
            call_id: call_id(n),
            outcome: ToolOutcome { is_error, ..ToolOutcome::text("out") },
            end: CallEnd::Completed,
            took_ms,
            decision: None,
        }),
        2 => Just(Event::MessageReceived { text: "Hey".to_owned(), by: "terminal".to_owned() }),
        1 => Just(Event::LimitsChanged { limits: Limits::default(), by: "terminal".to_owned() }),
        1 => Just(Event::Paused { reason: PauseReason::Person, text: "paused".to_owned() }),
        2 => Just(Event::Resumed { by: "terminal".to_owned() }),
        1 => Just(Event::CancelRequested { by: "terminal".to_owned() }),
        1 => (request, 0..60u64).prop_map(|(n, through_seq)| Event::Compacted {
            request_id: request_id(n),
            through_seq,
            summary: "sum".to_owned(),
        }),
        1 => Just(Event::Note { text: "note".to_owned() }),
        1 => Just(Event::TaskEnded { end: TaskEnd::Completed, text: "end".to_owned() }),
    ]
}

fn any_journal() -> impl Strategy<Value = Vec<Envelope>> {
    // Mostly in order and of this version; sometimes an event is of a newer one, missing, or there twice.
    let step = prop_oneof![30 => Just(1u64), 1 => Just(2), 1 => Just(0)];
    let version = prop_oneof![60 => Just(EVENT_VERSION), 1 => Just(EVENT_VERSION + 1), 1 => Just(0)];
    let begun = prop_oneof![9 => Just(true), 1 => Just(false)];
    (begun, prop::collection::vec((any_event(), step, version), 0..60)).prop_map(|(begun, events)| {
        let mut journal = Vec::new();
        let mut seq = 0;
        if begun {
            seq = 1;
            journal.push(envelope(seq, EVENT_VERSION, created()));
        }
        for (event, step, version) in events {
            seq += step;
            journal.push(envelope(seq, version, event));
        }
        journal
    })
}

fn any_here() -> impl Strategy<Value = Here> {
    let some_calls = || prop::collection::btree_set((0..4u8).prop_map(call_id), 0..4);
    (some_calls(), some_calls(), prop_oneof![Just(0u32), Just(60), Just(100_000)]).prop_map(
        |(running, permits, window_tokens)| Here {
            running,
            permits,
            window_tokens,
            overhead_tokens: 10,
            compact_percent: 80,
        },
    )
}

/// The calls that an action would do something with.
fn touched(action: &Action) -> Vec<CallId> {
    match action {
        Action::Rule(calls) | Action::Run(calls) => calls.clone(),
        Action::AskOutcomeUnknown(call) | Action::CountAsDone(call) => vec![*call],
        _ => Vec::new(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_prefix_of_any_journal_folds_and_no_finished_call_is_touched(
        journal in any_journal(),
        here in any_here(),
    ) {
        let mut state = State::default();
        let mut finished = BTreeSet::new();
        for (length, envelope) in journal.iter().enumerate() {
            let read_before = envelope.seq <= state.last_seq;
            state.apply(envelope);
            if let Event::ToolCallFinished { call_id, .. } = envelope.event
                && state.damage.is_none()
                && !read_before
            {
                finished.insert(call_id);
            }
            let action = next(&state, &here);
            for call in touched(&action) {
                prop_assert!(!finished.contains(&call), "{action:?} after {:#?}", &journal[..=length]);
                let running = here.running.contains(&call);
                prop_assert!(!running, "{action:?} on a running call");
            }
            let runs = |action: &Action| matches!(action, Action::Run(_) | Action::CallModel);
            if state.damage.is_some() || !matches!(state.ledger.phase, Phase::Active) {
                prop_assert!(!runs(&action), "{action:?} in {:?}", state.ledger.phase);
            }
            // What is asked twice is answered the same.
            prop_assert_eq!(&next(&state, &here), &action);
            // Nothing here may panic either.
            let _ = conversation::messages(&state);
            let _ = state.ledger.projection();
        }
        prop_assert_eq!(&State::fold(&journal), &state, "at once and one by one");
        let mut twice = state.clone();
        journal.iter().for_each(|envelope| twice.apply(envelope));
        prop_assert_eq!(&twice, &state, "read a second time it changes nothing");
    }

    #[test]
    fn a_simulated_task_keeps_its_promises(choices in prop::collection::vec(any::<u8>(), 0..300)) {
        let mut run = Simulation::new(choices);
        while run.step() {}
        run.check();
    }
}

/// An executor without a world: it does what `next` says, and chance decides what comes of it.
struct Simulation {
    choices: std::vec::IntoIter<u8>,
    journal: Vec<Envelope>,
    state: State,
    here: Here,
    next_id: u8,
    answered: u64,
    steps: u32,
}

impl Simulation {
    fn new(choices: Vec<u8>) -> Self {
        let here = Here { window_tokens: 300, overhead_tokens: 10, compact_percent: 80, ..Here::default() };
        let (journal, state) = (Vec::new(), State::default());
        let mut new =
            Self { choices: choices.into_iter(), journal, state, here, next_id: 0, answered: 0, steps: 0 };
        new.append(created());
        new
    }

    fn append(&mut self, event: Event) {
        let envelope = envelope(self.journal.len() as u64 + 1, EVENT_VERSION, event);
        self.state.apply(&envelope);
        self.journal.push(envelope);
    }

    fn id(&mut self) -> u8 {
        self.next_id = self.next_id.wrapping_add(1);
        self.next_id
    }

    fn choose(&mut self, of: u8) -> u8 {
        self.choices.next().map_or(0, |choice| choice % of)
    }

    /// One step; `false` when chance has nothing more to say.
    fn step(&mut self) -> bool {
        if self.choices.as_slice().is_empty() || self.next_id > 250 {
            return false;
        }
        match self.choose(12) {
            0 => self.person(),
            1 => {
                // The process dies and comes again.
                self.here.running.clear();
                self.here.permits.clear();
            }
            2 => self.a_call_ends(),
            _ => self.executor(),
        }
        true
    }

    fn person(&mut self) {
        let by = || "terminal".to_owned();
        match self.choose(8) {
            0 => self.append(Event::CancelRequested { by: by() }),
            1..=3 => self.append(Event::MessageReceived { text: "Hey".to_owned(), by: by() }),
            _ => {
                let pending = self.state.ledger.pending.clone();
                if let Some((approval_id, call_id)) = pending.into_iter().next() {
                    let unknown = matches!(
                        self.state.call(call_id).map(|call| &call.phase),
                        Some(CallPhase::AwaitingOutcome(_))
                    );
                    let (kind, answers) = match unknown {
                        true => (
                            ApprovalKind::OutcomeUnknown,
                            [Answer::Retry, Answer::Retry, Answer::CountAsDone, Answer::Stop],
                        ),
                        false => (
                            ApprovalKind::ToolCall,
                            [Answer::Approve, Answer::Approve, Answer::Approve, Answer::Deny],
                        ),
                    };
                    let answer = answers[usize::from(self.choose(4))];
                    let (note, rule_id) = (None, None);
                    self.append(Event::ApprovalResolved {
                        approval_id,
                        call_id,
                        kind,
                        answer,
                        by: by(),
                        note,
                        rule_id,
                    });
                } else if matches!(self.state.ledger.phase, Phase::Paused { .. }) {
                    self.append(Event::Resumed { by: by() });
                }
            }
        }
    }

    fn a_call_ends(&mut self) {
        let Some(call_id) = self.here.running.pop_first() else { return };
        let is_error = self.choose(3) == 0;
        self.append(Event::ToolCallFinished {
            call_id,
            outcome: ToolOutcome { is_error, ..ToolOutcome::text("x".repeat(100)) },
            end: CallEnd::Completed,
            took_ms: 3,
            decision: None,
        });
    }

    fn executor(&mut self) {
        match next(&self.state, &self.here) {
            Action::CallModel => self.model_turn(),
            Action::Compact(plan) => {
                let request = request_id(self.id());
                self.request(request, ModelPurpose::Compaction);
                self.respond(request, response(true, 0, StopReason::End));
                let summary = "sum".to_owned();
                self.append(Event::Compacted { request_id: request, through_seq: plan.through_seq, summary });
            }
            Action::ForgetRequest(id) => self.append(Event::ModelFailed {
                request_id: id,
                error: failure(ModelErrorKind::Unavailable),
                took_ms: 0,
            }),
            Action::Rule(calls) => calls.into_iter().for_each(|call| self.rule(call)),
            Action::Run(calls) => {
                let running = self.here.running.iter().chain(&calls);
                let writes = |id: &&CallId| self.state.call(**id).is_some_and(|call| !call.read_only());
                let (writers, all) = (running.clone().filter(writes).count(), running.count());
                assert!(writers == 0 || all == 1, "a call that writes runs alone");
                for call_id in calls {
                    let call = self.state.call(call_id).expect("a known call");
                    let safe = call.target.as_ref().expect("a ruled call").safe_to_repeat;
                    self.append(Event::ToolCallStarted { call_id, safe_to_repeat: safe });
                    self.here.permits.remove(&call_id);
                    self.here.running.insert(call_id);
                }
            }
            Action::AskOutcomeUnknown(call) => self.ask(call, ApprovalKind::OutcomeUnknown),
            Action::CountAsDone(call_id) => self.append(Event::ToolCallFinished {
                call_id,
                outcome: ToolOutcome::text("counted"),
                end: CallEnd::CountedAsDone,
                took_ms: 0,
                decision: None,
            }),
            Action::Pause { reason, text } => self.append(Event::Paused { reason, text }),
            Action::End { end, text } => {
                while !self.here.running.is_empty() {
                    self.a_call_ends();
                }
                self.append(Event::TaskEnded { end, text });
            }
            Action::AwaitApproval | Action::Wait | Action::Rest => self.idle(),
        }
    }

    /// The executor may only stand still when something else can move.
    fn idle(&self) {
        let person =
            !matches!(self.state.ledger.phase, Phase::Active) || !self.state.ledger.pending.is_empty();
        assert!(person || !self.here.running.is_empty(), "stuck: {:#?}", self.state);
    }

    fn model_turn(&mut self) {
        let messages = conversation::messages(&self.state);
        assert_whole(&messages);
        let request = request_id(self.id());
        self.request(request, ModelPurpose::Turn);
        match self.choose(10) {
            0 => return, // The process dies over it.
            1 => {
                let error = failure(ModelErrorKind::ContextTooLong);
                self.append(Event::ModelFailed { request_id: request, error, took_ms: 4 });
                return;
            }
            2 => self.append(Event::MessageReceived { text: "Wait".to_owned(), by: "api".to_owned() }),
            _ => {}
        }
        let calls = self.choose(4);
        let stop = if self.choose(8) == 0 { StopReason::MaxTokens } else { StopReason::End };
        let words = self.choose(4) > 0;
        self.steps += 1;
        self.respond(request, response(words, calls, stop));
        for n in 0..calls {
            let call_id = call_id(self.id());
            self.append(Event::ToolCallProposed {
                call_id,
                request_id: request,
                provider_call_id: format!("call_{n}"),
                name: "t".to_owned(),
                arguments: json!({"n": n}),
                repaired: None,
            });
        }
    }

    fn request(&mut self, request_id: ModelRequestId, purpose: ModelPurpose) {
        let decision = decision(Point::ModelCall, Verdict::Allow, Vec::new());
        let (reserved_tokens, reserved_cost) = (1_000, MicroUsd(10));
        self.append(Event::ModelRequested { request_id, purpose, reserved_tokens, reserved_cost, decision });
    }

    fn respond(&mut self, request_id: ModelRequestId, response: ModelResponse) {
        self.answered += 1;
        self.append(Event::ModelResponded { request_id, response, cost: MicroUsd(7), took_ms: 2 });
    }

    fn rule(&mut self, call_id: CallId) {
        let asked = self.state.call(call_id).is_some_and(|call| call.approval.is_some());
        let verdict = match self.choose(5) {
            0 => Verdict::Deny,
            1 if !asked => Verdict::Ask,
            _ => Verdict::Allow,
        };
        let target = match self.choose(3) {
            0 => target(false, false),
            1 => target(false, true),
            _ => target(true, true),
        };
        self.append(Event::Decided {
            call_id,
            decision: decision(Point::ToolCall, verdict, Vec::new()),
            target,
        });
        match verdict {
            Verdict::Allow => {
                self.here.permits.insert(call_id);
            }
            Verdict::Ask => self.ask(call_id, ApprovalKind::ToolCall),
            Verdict::Deny => {}
        }
    }

    fn ask(&mut self, call_id: CallId, kind: ApprovalKind) {
        let approval_id = approval_id(self.id());
        self.append(Event::ApprovalRequested { approval_id, call_id, kind });
    }

    fn check(&self) {
        for length in 0..=self.journal.len() {
            let state = State::fold(&self.journal[..length]);
            let _ = next(&state, &Here::default());
        }
        assert_eq!(State::fold(&self.journal), self.state);
        let spent = self.state.ledger.spent;
        assert_eq!(spent.steps, self.steps);
        assert_eq!(spent.tokens, self.answered * 55, "what was answered, and no reservation");
        assert_eq!(spent.cost, MicroUsd(i64::try_from(self.answered).unwrap() * 7));
        let mut calls: BTreeMap<CallId, Life> = BTreeMap::new();
        for envelope in &self.journal {
            match &envelope.event {
                Event::ToolCallStarted { call_id, safe_to_repeat } => {
                    let life = calls.entry(*call_id).or_default();
                    assert!(!life.finished, "started after its end");
                    assert!(!life.started || life.may_repeat, "repeated without leave");
                    (life.started, life.may_repeat) = (true, *safe_to_repeat);
                }
                Event::ApprovalResolved { call_id, answer: Answer::Retry, .. } => {
                    calls.entry(*call_id).or_default().may_repeat = true;
                }
                Event::ToolCallFinished { call_id, .. } => {
                    let life = calls.entry(*call_id).or_default();
                    assert!(life.started && !life.finished, "an end without a beginning, or a second one");
                    life.finished = true;
                }
                _ => {}
            }
        }
    }
}

#[derive(Default)]
struct Life {
    started: bool,
    may_repeat: bool,
    finished: bool,
}

fn assert_whole(messages: &[Message]) {
    assert!(matches!(messages.first(), Some(Message::User { .. })), "{messages:?}");
    assert!(!matches!(messages.last(), Some(Message::Assistant { .. })), "{messages:?}");
    let mut open = 0;
    for message in messages {
        match message {
            Message::Assistant { calls, .. } => {
                assert_eq!(open, 0, "{messages:?}");
                open = calls.len();
            }
            Message::ToolResult { .. } => open -= 1,
            Message::User { .. } => assert_eq!(open, 0, "{messages:?}"),
        }
    }
    assert_eq!(open, 0, "{messages:?}");
}
