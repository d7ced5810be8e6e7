//! What a task may spend, and what it has spent.

use super::mirror;

mirror! {
    /// Limits of one task. Reaching one pauses the task; raising it lets it go on.
    struct Limits of domain::limits::Limits {
        /// Model turns.
        steps_max: u32,
        /// Input and output tokens of all model calls together.
        tokens_max: u64,
        /// Cost of all model calls together, millionths of a US dollar.
        cost_max: i64,
        /// Seconds of work. Time spent waiting for a person does not count.
        wall_seconds_max: u64,
    }
}

mirror! {
    words LimitKind of domain::limits::LimitKind {
        Steps,
        Tokens,
        Cost,
        WallTime,
    }
}

mirror! {
    /// Spent so far.
    struct Spent of domain::limits::Spent {
        steps: u32,
        tokens: u64,
        /// Millionths of a US dollar.
        cost: i64,
        wall_ms: u64,
    }
}

mirror! {
    /// Tokens of one model call. `input` counts the cached part too, `output` the reasoning; the other fields are
    /// parts of those sums.
    struct Usage of domain::limits::Usage {
        input: u64,
        output: u64,
        cache_read: u64,
        cache_write: u64,
        reasoning: u64,
    }
}
