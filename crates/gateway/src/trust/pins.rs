//! What people approved, kept in memory as it is in the store.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use store::{Pin, StoreError, TenantStore};

use crate::servers::{KnownTool, Slot};

/// How a tool stands to what was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinState {
    Pinned,
    New,
    Changed,
    /// The server lists the name more than once: what a person approves could be one, and what runs the other.
    Twice,
}

/// All pins of the foreign servers of a tenant.
#[derive(Default)]
pub(crate) struct Pins {
    by_server: HashMap<String, HashMap<String, Arc<Pin>>>,
}

impl Pins {
    pub(crate) async fn load(tenant: &TenantStore, slots: &[Arc<Slot>]) -> Result<Self, StoreError> {
        let mut by_server = HashMap::new();
        for slot in slots.iter().filter(|slot| !slot.trusted()) {
            let pins = tenant.pins(&slot.name).await?;
            let by_tool = pins.into_iter().map(|pin| (pin.tool.clone(), Arc::new(pin))).collect();
            by_server.insert(slot.name.clone(), by_tool);
        }
        Ok(Self { by_server })
    }

    /// Whether these were loaded while all of these servers were there.
    pub(crate) fn cover(&self, slots: &[Arc<Slot>]) -> bool {
        slots.iter().all(|slot| slot.trusted() || self.by_server.contains_key(&slot.name))
    }

    pub(crate) fn of(&self, server: &str) -> impl Iterator<Item = &Arc<Pin>> {
        self.by_server.get(server).into_iter().flat_map(HashMap::values)
    }

    pub(crate) fn get(&self, server: &str, tool: &str) -> Option<&Arc<Pin>> {
        self.by_server.get(server)?.get(tool)
    }

    /// `twice` are names that the server lists more than once, as [`twice`] finds them.
    pub(crate) fn state(&self, slot: &Slot, twice: &HashSet<&str>, known: &KnownTool) -> PinState {
        let name = known.tool.name.as_str();
        match self.get(&slot.name, name) {
            _ if twice.contains(name) => PinState::Twice,
            Some(pin) if pin.digest == known.digest => PinState::Pinned,
            Some(_) => PinState::Changed,
            None => PinState::New,
        }
    }
}

/// Names that a server lists more than once.
pub(crate) fn twice(tools: &[Arc<KnownTool>]) -> HashSet<&str> {
    let mut seen = HashSet::new();
    tools.iter().map(|known| known.tool.name.as_str()).filter(|name| !seen.insert(*name)).collect()
}
