//! Which layers of the fence hold.

use super::mirror;

mirror! {
    /// How much holds. Ordered: a higher level has all of the lower ones.
    words FenceLevel of fence::Level {
        Limits,
        Landlock,
        Namespaces,
    }
}

mirror! {
    /// One layer, as `bailiwick doctor` shows it.
    struct FenceLayer of fence::Layer {
        name: String,
        holds: bool,
        /// What was found.
        detail: String,
        /// What to do to get it, when it does not hold.
        advice: Option<String>,
    }
}

mirror! {
    struct FenceReport of fence::Report {
        /// Null: not even `limits` holds.
        level: Option<FenceLevel>,
        /// Below this level no command runs.
        floor: FenceLevel,
        layers: Vec<FenceLayer>,
    }
}
