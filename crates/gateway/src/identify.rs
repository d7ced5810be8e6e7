//! Which tool a name means.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use mcp::message::Json;
use serde_json::Value;

use crate::config::Config;
use crate::search;
use crate::servers::{Collision, Kind, KnownTool, Slot};
use crate::trust::{PinState, Pins, twice};

/// Joins server and tool where the tool's name alone would be ambiguous.
pub(crate) const SEPARATOR: &str = "__";
/// Names offered when a name means no tool.
const NEAREST_MAX: usize = 3;

/// A tool as a caller can name it.
pub(crate) struct Entry {
    pub(crate) exposed: String,
    pub(crate) slot: Arc<Slot>,
    pub(crate) known: Arc<KnownTool>,
    listed: OnceLock<Option<Json>>,
}

impl Entry {
    /// The pinned definition under the exposed name, as MCP clients see it; written once. `None` when it cannot be
    /// written, which JSON that was read can always be.
    pub(crate) fn listed(&self) -> Option<&Json> {
        let write = || {
            if self.exposed == self.known.tool.name {
                return serde_json::value::to_raw_value(&self.known.definition).ok();
            }
            let mut definition = self.known.definition.clone();
            definition["name"] = Value::from(self.exposed.as_str());
            serde_json::value::to_raw_value(&definition).ok()
        };
        self.listed.get_or_init(write).as_ref()
    }
}

/// A tool that nobody may use before a person has looked at it.
pub(crate) struct Held {
    pub(crate) slot: Arc<Slot>,
    pub(crate) known: Arc<KnownTool>,
    pub(crate) state: PinState,
}

/// A server whose tools are not known.
struct Missing {
    server: String,
    why: String,
    tools: Vec<String>,
}

/// All tools of all servers, as one tenant may use them.
pub(crate) struct Catalogue {
    /// Of the set of servers when this was built.
    pub(crate) version: u64,
    pub(crate) entries: Vec<Arc<Entry>>,
    pub(crate) held: Vec<Held>,
    pub(crate) collisions: Vec<Collision>,
    /// Whether callers search for tools of foreign servers.
    pub(crate) search: bool,
    /// Exposed names and `server__tool`; names that two tools answer to are not in it.
    by_name: HashMap<String, usize>,
    missing: Vec<Missing>,
}

impl Catalogue {
    pub(crate) fn new(version: u64, slots: &[Arc<Slot>], pins: &Pins, config: &Config) -> Self {
        let (mut usable, mut held, mut missing) = (Vec::new(), Vec::new(), Vec::new());
        for slot in slots {
            let Some(listed) = slot.known::<KnownTool>(Kind::Tools) else { continue };
            if let Some(why) = &listed.failure {
                missing.push(Missing {
                    server: slot.name.clone(),
                    why: why.clone(),
                    tools: listed.missing.clone(),
                });
            }
            let twice = twice(&listed.entries);
            for known in &listed.entries {
                let state = if slot.trusted() { PinState::Pinned } else { pins.state(slot, &twice, known) };
                match state {
                    PinState::Pinned => usable.push((slot.clone(), known.clone())),
                    state => held.push(Held { slot: slot.clone(), known: known.clone(), state }),
                }
            }
        }
        let search = config.tool_search.active(usable.len(), config.tool_search_above);
        if search {
            let own = search::slot();
            usable.extend(search::tools().iter().map(|known| (own.clone(), known.clone())));
        }
        Self::of(version, usable, held, missing, search)
    }

    fn of(
        version: u64,
        usable: Vec<(Arc<Slot>, Arc<KnownTool>)>,
        held: Vec<Held>,
        missing: Vec<Missing>,
        search: bool,
    ) -> Self {
        let mut servers: HashMap<&str, Vec<&str>> = HashMap::new();
        for (slot, known) in &usable {
            servers.entry(&known.tool.name).or_default().push(&slot.name);
        }
        let mut collisions: Vec<Collision> = servers
            .iter()
            .filter(|(_, servers)| servers.len() > 1)
            .map(|(name, servers)| Collision {
                name: (*name).to_owned(),
                servers: servers.iter().map(|server| (*server).to_owned()).collect(),
            })
            .collect();
        collisions.sort_by(|a, b| a.name.cmp(&b.name));
        let unique = |name: &str| servers.get(name).is_none_or(|servers| servers.len() == 1);
        let entries: Vec<Arc<Entry>> = usable
            .iter()
            .map(|(slot, known)| {
                let name = &known.tool.name;
                let exposed =
                    if unique(name) { name.clone() } else { format!("{}{SEPARATOR}{name}", slot.name) };
                let (slot, known) = (slot.clone(), known.clone());
                Arc::new(Entry { exposed, slot, known, listed: OnceLock::new() })
            })
            .collect();

        let mut answering: HashMap<String, Option<usize>> = HashMap::new();
        for (index, entry) in entries.iter().enumerate() {
            let whole = format!("{}{SEPARATOR}{}", entry.slot.name, entry.known.tool.name);
            let other = (whole != entry.exposed).then_some(whole);
            for name in [Some(entry.exposed.clone()), other].into_iter().flatten() {
                answering.entry(name).and_modify(|found| *found = None).or_insert(Some(index));
            }
        }
        let by_name = answering.into_iter().filter_map(|(name, index)| Some((name, index?))).collect();
        Self { version, entries, held, collisions, search, by_name, missing }
    }

    /// By the exposed name, or by `server__tool` in any case. A name that two tools answer to means neither.
    pub(crate) fn find(&self, name: &str) -> Option<&Arc<Entry>> {
        self.by_name.get(name).and_then(|index| self.entries.get(*index))
    }

    /// Place of an exposed name in the list, for cursors.
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.by_name.get(name).copied()
    }

    /// Entries that a list shows: those that their own name leads to, and with search on only our own.
    pub(crate) fn shown(&self) -> impl Iterator<Item = &Arc<Entry>> {
        self.entries.iter().filter(|entry| {
            self.by_name.contains_key(&entry.exposed) && (!self.search || entry.slot.trusted())
        })
    }

    /// The held tool that a name means, when it means no other.
    pub(crate) fn held(&self, name: &str) -> Option<&Held> {
        self.held.iter().find(|held| {
            let tool = &held.known.tool.name;
            name == tool
                || name.strip_prefix(held.slot.name.as_str()).and_then(|rest| rest.strip_prefix(SEPARATOR))
                    == Some(tool)
        })
    }

    /// Why a name that was known before means nothing now: its server's failure, in a sentence.
    pub(crate) fn failure(&self, name: &str) -> Option<String> {
        let of = |missing: &Missing| {
            let whole =
                name.strip_prefix(missing.server.as_str()).and_then(|rest| rest.strip_prefix(SEPARATOR));
            whole.is_some() || missing.tools.iter().any(|tool| tool == name)
        };
        let missing = self.missing.iter().find(|missing| of(missing))?;
        Some(format!("the server {} does not answer: {}", missing.server, missing.why))
    }

    /// What a person or a model may have meant, as the end of a sentence.
    pub(crate) fn nearest(&self, name: &str) -> String {
        let mut near: Vec<(f64, &str)> = self
            .entries
            .iter()
            .map(|entry| (strsim::jaro_winkler(name, &entry.exposed), entry.exposed.as_str()))
            .filter(|(likeness, _)| *likeness > 0.7)
            .collect();
        near.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut names: Vec<&str> = match near.is_empty() {
            true => self.shown().map(|entry| entry.exposed.as_str()).collect(),
            false => near.into_iter().take(NEAREST_MAX).map(|(_, name)| name).collect(),
        };
        names.truncate(NAMES_SHOWN_MAX);
        let failing: Vec<&str> = self.missing.iter().map(|missing| missing.server.as_str()).collect();
        let failing = match failing.is_empty() {
            true => String::new(),
            false => format!("; the tools of {} are not known now", failing.join(", ")),
        };
        match names.as_slice() {
            [] => format!("there are no tools at all{failing}"),
            [one] => format!("the nearest is `{one}`{failing}"),
            many => format!("there are `{}`{failing}", many.join("`, `")),
        }
    }
}

/// Names told when none is near.
const NAMES_SHOWN_MAX: usize = 20;
