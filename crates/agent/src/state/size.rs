//! How large the conversation is, in tokens.

use super::{Entry, State, Turn};
use crate::tokens;

/// What the vendor counted at its last answer: everything up to `entries` is known to be this large.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Anchor {
    pub entries: usize,
    pub tokens: u64,
}

impl State {
    /// Tokens that the conversation will take in the next request. What the vendor counted last is exact;
    /// what came since is estimated. Without a count all is estimated, `overhead` (system prompt and tools)
    /// included.
    pub fn prompt_tokens(&self, overhead: u64) -> u64 {
        let (known, from) = match self.anchor {
            Some(Anchor { entries, tokens }) => (tokens, entries),
            None => {
                let summary =
                    self.summary.as_ref().map_or(0, |summary| tokens::of_text(&summary.text) + self.prompt());
                (overhead + summary, 0)
            }
        };
        // The answer that was counted is the last entry before `from`; the results of its calls came later.
        let results = match from.checked_sub(1).and_then(|last| self.conversation.get(last)) {
            Some(Entry::Turn(turn)) => self.result_tokens(turn),
            _ => 0,
        };
        known
            + results
            + self.conversation.iter().skip(from).map(|entry| self.entry_tokens(entry)).sum::<u64>()
    }

    /// Estimated tokens of one entry, results included.
    pub fn entry_tokens(&self, entry: &Entry) -> u64 {
        match entry {
            Entry::User { text, .. } => tokens::of_text(text),
            Entry::Turn(turn) => {
                let calls = turn.calls.iter().filter_map(|id| self.calls.get(id));
                turn.tokens + calls.map(|call| call.tokens).sum::<u64>() + self.result_tokens(turn)
            }
        }
    }

    fn result_tokens(&self, turn: &Turn) -> u64 {
        turn.calls.iter().filter_map(|id| self.calls.get(id)).map(|call| call.phase.outcome_tokens()).sum()
    }

    fn prompt(&self) -> u64 {
        self.created.as_ref().map_or(0, |created| tokens::of_text(&created.prompt))
    }
}
