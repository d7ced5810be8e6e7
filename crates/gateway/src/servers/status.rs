//! How the servers fare, for a person.

use domain::tool::ServerKind;
use serde_json::Value;
use store::TenantStore;

use super::lists::{Item, KnownTool};
use super::slot::{Kind, Server};
use crate::call::GatewayError;
use crate::gateway::Gateway;
use crate::ports::{Condition, ServerState};
use crate::trust::{PinState, twice};

/// A name that more than one server has: each answers to `server__name` only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    pub name: String,
    pub servers: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct ServerStatus {
    pub name: String,
    pub kind: ServerKind,
    pub condition: Condition,
    /// What it says of itself (`server/discover`), whole; null while nothing is known.
    pub discovery: Value,
    /// Why its last list could not be read; its tools are as they were, or gone when they had changed.
    pub list_problem: Option<String>,
    /// Tools that may be used.
    pub tools_pinned: u32,
    /// New or changed tools that wait for a person.
    pub tools_waiting: u32,
    /// Names of its tools, prompts and resources that another server has too.
    pub collisions: Vec<Collision>,
}

impl Gateway {
    /// Of what is known now; nobody is asked.
    pub async fn server_status(&self, tenant: &TenantStore) -> Result<Vec<ServerStatus>, GatewayError> {
        let pins = self.pins(tenant).await?;
        let catalogue = self.known_catalogue(tenant).await?;
        let mut collisions = catalogue.collisions.clone();
        collisions.extend(self.item_collisions());
        let slots = self.inner.servers.all();
        let mut statuses = Vec::with_capacity(slots.len());
        for slot in slots.iter() {
            let tools = slot.known::<KnownTool>(Kind::Tools);
            let entries = tools.as_ref().map(|tools| tools.entries.as_slice()).unwrap_or_default();
            let twice = twice(entries);
            let waiting = match slot.trusted() {
                true => 0,
                false => {
                    entries.iter().filter(|tool| pins.state(slot, &twice, tool) != PinState::Pinned).count()
                }
            };
            let mut condition = match &slot.server {
                Server::Mcp(server) => server.condition(),
                Server::Local(_) | Server::Own => {
                    Condition { state: ServerState::Ready, ..Condition::default() }
                }
            };
            let mut problem = tools.as_ref().and_then(|tools| tools.failure.clone());
            if let Some(scrubber) = self.scrubber() {
                scrubber.scrub(&mut condition.stderr);
                condition.problem.as_mut().map(|text| scrubber.scrub(text));
                problem.as_mut().map(|text| scrubber.scrub(text));
            }
            statuses.push(ServerStatus {
                name: slot.name.clone(),
                kind: slot.kind,
                condition,
                discovery: slot.discovery(),
                list_problem: problem,
                tools_pinned: count(entries.len() - waiting),
                tools_waiting: count(waiting),
                collisions: collisions
                    .iter()
                    .filter(|collision| collision.servers.contains(&slot.name))
                    .cloned()
                    .collect(),
            });
        }
        Ok(statuses)
    }

    /// Prompts by name and resources by URI that several servers have.
    fn item_collisions(&self) -> Vec<Collision> {
        let slots = self.inner.servers.all();
        let mut all: std::collections::BTreeMap<String, Vec<String>> = Default::default();
        for kind in [Kind::Resources, Kind::Templates, Kind::Prompts] {
            for slot in slots.iter() {
                for item in slot.known::<Item>(kind).iter().flat_map(|listed| &listed.entries) {
                    all.entry(item.key.clone()).or_default().push(slot.name.clone());
                }
            }
        }
        all.into_iter()
            .filter(|(_, servers)| servers.len() > 1)
            .map(|(name, servers)| Collision { name, servers })
            .collect()
    }
}

fn count(entries: usize) -> u32 {
    u32::try_from(entries).unwrap_or(u32::MAX)
}
