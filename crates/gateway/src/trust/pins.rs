//! What people approved, kept in memory as it is in the store.

use std::collections::HashMap;
use std::sync::Arc;

use store::{Pin, StoreError, TenantStore};

use crate::servers::{KnownTool, Slot};

/// How a tool stands to what was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PinState {
    Pinned,
    New,
    Changed,
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

    pub(crate) fn state(&self, slot: &Slot, known: &KnownTool) -> PinState {
        match self.get(&slot.name, &known.tool.name) {
            Some(pin) if pin.digest == known.digest => PinState::Pinned,
            Some(_) => PinState::Changed,
            None => PinState::New,
        }
    }
}
