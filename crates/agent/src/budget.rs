//! What a task may still spend. Reserved before a model call, settled after it; a limit that does not allow
//! the next step pauses the task with a text that says how to go on.

use domain::MicroUsd;
use domain::journal::PauseReason;
use domain::limits::{LimitKind, Limits};
use domain::model::ModelInfo;

use crate::state::{Ledger, Phase};

/// An answer that may not be at least this long is not worth asking for.
pub const OUTPUT_TOKENS_MIN: u32 = 1_024;

/// What one model call may cost at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reservation {
    pub prompt_tokens: u64,
    pub max_output_tokens: u32,
    pub tokens: u64,
    pub cost: MicroUsd,
}

/// A limit that stands in the way, with the text for the person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LimitHit {
    pub limit: LimitKind,
    pub used: u64,
    pub max: u64,
    pub text: String,
}

impl LimitHit {
    pub fn reason(&self) -> PauseReason {
        PauseReason::Limit { limit: self.limit, used: self.used, max: self.max }
    }
}

/// Reserves for a request of `prompt_tokens`. The answer may be as long as the model, `output_tokens_max`,
/// the window and the limits allow; below [`OUTPUT_TOKENS_MIN`] the limit counts as reached.
pub fn reserve(
    ledger: &Ledger,
    info: &ModelInfo,
    prompt_tokens: u64,
    output_tokens_max: u32,
) -> Result<Reservation, LimitHit> {
    let Limits { tokens_max, cost_max, .. } = ledger.limits;
    let (tokens, cost) = ledger.committed();
    let wanted = u64::from(info.max_output_tokens.min(output_tokens_max).max(1));
    let least = wanted.min(u64::from(OUTPUT_TOKENS_MIN));

    let by_tokens = tokens_max.saturating_sub(tokens).saturating_sub(prompt_tokens);
    if by_tokens < least {
        return Err(tokens_hit(tokens, tokens_max, prompt_tokens + least));
    }
    let price = Rates::of(info);
    let cost_left = cost_max.0.saturating_sub(cost.0) as f64;
    let prompt_cost = prompt_tokens as f64 * price.input;
    let by_cost = match price.output > 0.0 {
        true => ((cost_left - prompt_cost) / price.output).max(0.0) as u64,
        false if prompt_cost <= cost_left.max(0.0) => u64::MAX,
        false => 0,
    };
    if by_cost < least {
        let needs = MicroUsd::from_usd((prompt_cost + least as f64 * price.output) / 1e6);
        return Err(cost_hit(cost, cost_max, needs));
    }
    // The window is the vendor's limit, and our count of the prompt an estimate: near the end it is for the
    // vendor to say no, so the room is never taken for less than the least.
    let by_window = u64::from(info.context_tokens).saturating_sub(prompt_tokens).max(least);

    let output = wanted.min(by_tokens).min(by_cost).min(by_window);
    Ok(Reservation {
        prompt_tokens,
        max_output_tokens: u32::try_from(output).unwrap_or(u32::MAX),
        tokens: prompt_tokens.saturating_add(output),
        cost: MicroUsd::from_usd((prompt_cost + output as f64 * price.output) / 1e6),
    })
}

/// The limit on model turns, when it is reached.
pub fn steps(ledger: &Ledger) -> Result<(), LimitHit> {
    let (used, max) = (ledger.spent.steps, ledger.limits.steps_max);
    if used < max {
        return Ok(());
    }
    let text = format!(
        "The step limit of this task is reached: {used} of {max} model turns are used. {}",
        how_to_raise("--max-steps N", "steps_max")
    );
    Err(LimitHit { limit: LimitKind::Steps, used: used.into(), max: max.into(), text })
}

/// The limit on working time, when it is reached.
pub fn wall_time(ledger: &Ledger) -> Result<(), LimitHit> {
    let (used, max) = (ledger.spent.wall_ms / 1_000, ledger.limits.wall_seconds_max);
    if ledger.spent.wall_ms < max.saturating_mul(1_000) {
        return Ok(());
    }
    let text = format!(
        "The time limit of this task is reached: it has worked for {used} of {max} seconds (waiting for a \
         person not counted). {}",
        how_to_raise("--max-seconds N", "wall_seconds_max")
    );
    Err(LimitHit { limit: LimitKind::WallTime, used, max, text })
}

/// Whether a paused task could go on with the limits that `ledger` has by now. A pause because a reservation
/// did not fit needs that very limit to be raised: nothing was spent since.
pub fn allows_going_on(ledger: &Ledger) -> Result<(), LimitHit> {
    steps(ledger)?;
    wall_time(ledger)?;
    let Phase::Paused { reason: PauseReason::Limit { limit, used, max }, text } = &ledger.phase else {
        return Ok(());
    };
    let raised = match limit {
        LimitKind::Tokens => ledger.limits.tokens_max > *max,
        LimitKind::Cost => micros(ledger.limits.cost_max) > *max,
        LimitKind::Steps | LimitKind::WallTime => true, // Asked above.
    };
    match raised {
        true => Ok(()),
        false => Err(LimitHit { limit: *limit, used: *used, max: *max, text: text.clone() }),
    }
}

fn tokens_hit(used: u64, max: u64, needs: u64) -> LimitHit {
    let text = format!(
        "The token limit of this task is reached: {used} of {max} tokens are used, and the next model call \
         needs about {needs}. {}",
        how_to_raise("--max-tokens N", "tokens_max")
    );
    LimitHit { limit: LimitKind::Tokens, used, max, text }
}

fn cost_hit(used: MicroUsd, max: MicroUsd, needs: MicroUsd) -> LimitHit {
    let text = format!(
        "The cost limit of this task is reached: {used} of {max} are spent, and the next model call may cost \
         {needs}. {}",
        how_to_raise("--max-usd N", "cost_max")
    );
    LimitHit { limit: LimitKind::Cost, used: micros(used), max: micros(max), text }
}

fn micros(money: MicroUsd) -> u64 {
    u64::try_from(money.0).unwrap_or(0)
}

fn how_to_raise(flag: &str, setting: &str) -> String {
    format!(
        "Raise it to go on: `bailiwick task resume ID {flag}`, or in the dashboard; for new tasks set \
         `{setting}` in `[agent.limits]`."
    )
}

/// Millionths of a dollar per token, each at the dearest the vendor may charge.
struct Rates {
    input: f64,
    output: f64,
}

impl Rates {
    fn of(info: &ModelInfo) -> Self {
        let price = info.price.unwrap_or_default();
        // Writing to the vendor's cache can be dearer than plain input.
        Self { input: price.input.max(price.cache_write.unwrap_or(0.0)), output: price.output }
    }
}

#[cfg(test)]
mod tests {
    use domain::limits::Spent;
    use domain::model::Price;

    use super::*;

    fn info(price: Option<Price>) -> ModelInfo {
        ModelInfo {
            name: "m".to_owned(),
            context_tokens: 20_000,
            max_output_tokens: 8_000,
            price,
            host: None,
        }
    }

    fn ledger(tokens_max: u64, cost_max: i64) -> Ledger {
        let limits = Limits { tokens_max, cost_max: MicroUsd(cost_max), ..Limits::default() };
        Ledger { limits, ..Ledger::default() }
    }

    const DEAR: Price = Price { input: 3.0, output: 15.0, cache_read: None, cache_write: Some(3.75) };

    #[test]
    fn a_reservation_is_the_prompt_and_the_longest_answer_at_their_dearest() {
        let reserved = reserve(&ledger(1_000_000, 1_000_000), &info(Some(DEAR)), 1_000, 4_000).unwrap();
        assert_eq!((reserved.max_output_tokens, reserved.tokens), (4_000, 5_000));
        assert_eq!(reserved.cost, MicroUsd(1_000 * 15 / 4 + 4_000 * 15));
    }

    #[test]
    fn an_answer_may_be_as_long_as_limits_and_window_allow() {
        let output = |ledger: &Ledger, prompt| {
            reserve(ledger, &info(Some(DEAR)), prompt, 16_000).map(|reserved| reserved.max_output_tokens)
        };
        assert_eq!(output(&ledger(1_000_000, 1_000_000), 1_000), Ok(8_000), "the model");
        assert_eq!(output(&ledger(4_000, 1_000_000), 1_000), Ok(3_000), "the tokens left");
        assert_eq!(output(&ledger(1_000_000, 33_750), 1_000), Ok(2_000), "the money left");
        assert_eq!(output(&ledger(1_000_000, 1_000_000), 17_000), Ok(3_000), "the window");
        assert_eq!(
            output(&ledger(1_000_000, 1_000_000), 50_000),
            Ok(OUTPUT_TOKENS_MIN),
            "the vendor says no"
        );
    }

    #[test]
    fn what_leaves_no_room_for_an_answer_is_a_limit_reached() {
        let hit = reserve(&ledger(2_000, 1_000_000), &info(Some(DEAR)), 1_000, 16_000).unwrap_err();
        assert_eq!((hit.limit, hit.used, hit.max), (LimitKind::Tokens, 0, 2_000));
        assert!(hit.text.contains("needs about 2024"), "{}", hit.text);
        let hit = reserve(&ledger(1_000_000, 10_000), &info(Some(DEAR)), 1_000, 16_000).unwrap_err();
        assert_eq!((hit.limit, hit.max), (LimitKind::Cost, 10_000));
        assert!(hit.text.contains("$0.00 of $0.01 are spent"), "{}", hit.text);
    }

    #[test]
    fn a_model_that_costs_nothing_runs_under_a_cost_limit_of_nothing() {
        let free = Some(Price::default());
        assert!(reserve(&ledger(1_000_000, 0), &info(free), 1_000, 1_000).is_ok());
        assert!(reserve(&ledger(1_000_000, 0), &info(None), 1_000, 1_000).is_ok(), "unknown, and said so");
        assert!(reserve(&ledger(1_000_000, 0), &info(Some(DEAR)), 1_000, 1_000).is_err());
    }

    #[test]
    fn a_pause_for_a_reservation_needs_that_limit_raised() {
        let mut ledger = ledger(2_000, 1_000_000);
        ledger.spent = Spent { tokens: 500, ..Spent::default() };
        let hit = reserve(&ledger, &info(Some(DEAR)), 1_000, 16_000).unwrap_err();
        ledger.phase = Phase::Paused { reason: hit.reason(), text: hit.text.clone() };
        assert_eq!(allows_going_on(&ledger), Err(hit));
        ledger.limits.tokens_max = 3_000;
        assert_eq!(allows_going_on(&ledger), Ok(()));
    }
}
