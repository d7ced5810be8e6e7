//! What holds on this machine, in the words of `bailiwick doctor`.

use serde::{Deserialize, Serialize};

/// How much holds. Ordered: a higher level has all of the lower ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Process group, clean environment, rlimits: a seat belt, not a fence.
    Limits,
    /// And Landlock, seccomp, no new privileges: files and network are fenced.
    Landlock,
    /// And user, mount, PID, network, IPC and UTS namespaces.
    Namespaces,
}

impl Level {
    /// As the configuration writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Limits => "limits",
            Self::Landlock => "landlock",
            Self::Namespaces => "namespaces",
        }
    }
}

/// One layer, as `bailiwick doctor` shows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    pub name: String,
    pub holds: bool,
    /// What was found, like "ABI 7".
    pub detail: String,
    /// What to do to get it, when it does not hold.
    pub advice: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// `None`: not even `Limits` holds.
    pub level: Option<Level>,
    pub floor: Level,
    pub layers: Vec<Layer>,
}

impl Report {
    /// Why nothing may run, when the level is below the floor.
    pub(crate) fn refusal(&self) -> Option<String> {
        if self.level >= Some(self.floor) {
            return None;
        }
        let found = self.level.map_or("no layer of the fence holds".to_owned(), |level| {
            format!("the fence holds only at level `{}`", level.name())
        });
        let missing: Vec<_> = self
            .layers
            .iter()
            .filter(|layer| !layer.holds)
            .map(|layer| format!("{}: {}", layer.name, layer.detail))
            .collect();
        Some(format!(
            "{found}, and the configured floor is `{}`, so the command was not run ({}). `bailiwick doctor` \
             says how to get the missing layers; a lower `[fence] floor` (`BAILIWICK_FENCE_FLOOR`) gives \
             commands more than their workspace",
            self.floor.name(),
            missing.join("; "),
        ))
    }
}
