//! `[gateway]` of the configuration.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::detect;

/// `[gateway]` of the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Largest arguments of one call, bytes of JSON (`BAILIWICK_GATEWAY_ARGUMENTS_BYTES_MAX`). Larger is deny.
    pub arguments_bytes_max: usize,
    /// Longest text of a result that is kept in the record of the decision about it, bytes
    /// (`BAILIWICK_GATEWAY_RECORDED_TEXT_BYTES_MAX`). The policy sees it whole.
    pub recorded_text_bytes_max: usize,
    /// How long a call of an MCP client waits for a person's answer before it is told where to approve, seconds
    /// (`BAILIWICK_GATEWAY_APPROVAL_WAIT_SECONDS_MAX`). Many clients give up on a call after 30 to 60 seconds.
    pub approval_wait_seconds_max: u64,
    /// How long an approval of such a call can be given and used, seconds
    /// (`BAILIWICK_GATEWAY_APPROVAL_VALID_SECONDS_MAX`).
    pub approval_valid_seconds_max: u64,
    /// Whether callers see `search_tools` and `call_tool` in place of the tools of foreign servers
    /// (`BAILIWICK_GATEWAY_TOOL_SEARCH`).
    pub tool_search: ToolSearch,
    /// With `tool_search = "auto"`: search from more tools than this on (`BAILIWICK_GATEWAY_TOOL_SEARCH_ABOVE`).
    pub tool_search_above: usize,
    /// Entries of one page of a list that an MCP client asks for (`BAILIWICK_GATEWAY_LIST_PAGE_ENTRIES_MAX`).
    pub list_page_entries_max: usize,
    /// Detectors besides the shipped ones (`keys`, `tokens`, `cards`, `emails`): name and regular expression.
    pub detectors: BTreeMap<String, String>,
}

/// When tools are searched for instead of listed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolSearch {
    #[default]
    Off,
    /// Above `tool_search_above` tools.
    Auto,
    On,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            arguments_bytes_max: 2 << 20,
            recorded_text_bytes_max: 16 << 10,
            approval_wait_seconds_max: 25,
            approval_valid_seconds_max: 900,
            tool_search: ToolSearch::Off,
            tool_search_above: 60,
            list_page_entries_max: 250,
            detectors: BTreeMap::new(),
        }
    }
}

impl Config {
    /// What a person has to mend before it can be used.
    ///
    /// # Errors
    /// The text names the setting.
    pub fn check(&self) -> Result<(), String> {
        self.detectors.iter().try_for_each(|(name, pattern)| {
            detect::check(pattern).map_err(|why| {
                format!("gateway.detectors.{name} has an expression that cannot be used: {why}")
            })
        })
    }
}

impl ToolSearch {
    pub(crate) fn active(self, tools: usize, above: usize) -> bool {
        match self {
            ToolSearch::Off => false,
            ToolSearch::Auto => tools > above,
            ToolSearch::On => true,
        }
    }
}
