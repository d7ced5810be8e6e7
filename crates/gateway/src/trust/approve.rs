//! A person looks at the tools of a server, and lets them be used.

use std::collections::HashSet;

use domain::Timestamp;
use domain::digest::Digest;
use serde_json::Value;
use store::{Pin, TenantStore};

use super::{Flag, PinState, diff, flags, twice};
use crate::call::GatewayError;
use crate::gateway::Gateway;
use crate::servers::{Kind, KnownTool, Slot};

/// A tool that a person lets be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovedTool {
    pub name: String,
    /// Of the definition that the person read; another one is refused. `None`: as it is now.
    pub digest: Option<Digest>,
}

/// How a tool stands to what was approved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ToolState {
    Pinned,
    New,
    Changed,
    /// Approved once, and no longer offered.
    Gone,
}

/// One tool of a server, for a person to judge.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolTrust {
    pub name: String,
    /// The name it is called by, when it may be used.
    pub exposed: Option<String>,
    pub state: ToolState,
    pub digest: Digest,
    /// As the server describes it now; what was approved when it is gone.
    pub definition: Value,
    /// What was approved against what is offered now.
    pub diff: Option<String>,
    pub flags: Vec<Flag>,
    pub approved_by: Option<String>,
    pub approved_at: Option<Timestamp>,
}

impl Gateway {
    /// Every tool of a server, those first that wait for a person. Asks the server when its list is not known.
    pub async fn tool_trust(
        &self,
        tenant: &TenantStore,
        server: &str,
    ) -> Result<Vec<ToolTrust>, GatewayError> {
        let slot = self.slot(server)?;
        self.inner.servers.settle_one(&slot, Kind::Tools).await;
        let pins = self.pins(tenant).await?;
        let catalogue = self.known_catalogue(tenant).await?;
        let listed = slot.known::<KnownTool>(Kind::Tools);
        let entries = listed.as_ref().map(|listed| listed.entries.as_slice()).unwrap_or_default();
        let twice = twice(entries);
        let all = self.inner.servers.all();
        let names: Vec<(String, String)> = all
            .iter()
            .filter(|other| other.name != slot.name)
            .filter_map(|other| Some((other.name.clone(), other.known::<KnownTool>(Kind::Tools)?)))
            .flat_map(|(name, listed)| {
                let tools = listed.entries.iter().map(|known| known.tool.name.clone()).collect::<Vec<_>>();
                tools.into_iter().map(move |tool| (name.clone(), tool))
            })
            .collect();
        let others: Vec<(&str, &str)> = names.iter().map(|(s, t)| (s.as_str(), t.as_str())).collect();

        let mut tools: Vec<ToolTrust> = entries
            .iter()
            .map(|known| {
                let pin = pins.get(&slot.name, &known.tool.name);
                let state = match slot.trusted() {
                    true => ToolState::Pinned,
                    false => match pins.state(&slot, &twice, known) {
                        PinState::Pinned => ToolState::Pinned,
                        PinState::New => ToolState::New,
                        PinState::Changed => ToolState::Changed,
                        PinState::Twice if pin.is_some() => ToolState::Changed,
                        PinState::Twice => ToolState::New,
                    },
                };
                let entry = catalogue
                    .entries
                    .iter()
                    .find(|entry| entry.slot.name == slot.name && entry.known.digest == known.digest);
                ToolTrust {
                    name: known.tool.name.clone(),
                    exposed: entry.map(|entry| entry.exposed.clone()),
                    state,
                    digest: known.digest.clone(),
                    definition: known.definition.clone(),
                    diff: pin
                        .filter(|_| state == ToolState::Changed)
                        .map(|pin| diff(&pin.definition, &known.definition)),
                    flags: looked_at(&slot, known, &others, &twice),
                    approved_by: pin.map(|pin| pin.approved_by.clone()),
                    approved_at: pin.map(|pin| pin.approved_at),
                }
            })
            .collect();
        let gone = pins.of(&slot.name).filter(|pin| !entries.iter().any(|known| known.tool.name == pin.tool));
        tools.extend(gone.map(|pin| ToolTrust {
            name: pin.tool.clone(),
            exposed: None,
            state: ToolState::Gone,
            digest: pin.digest.clone(),
            definition: pin.definition.clone(),
            diff: None,
            flags: Vec::new(),
            approved_by: Some(pin.approved_by.clone()),
            approved_at: Some(pin.approved_at),
        }));
        tools.sort_by_key(|tool| {
            (!matches!(tool.state, ToolState::New | ToolState::Changed), tool.name.clone())
        });
        Ok(tools)
    }

    /// Pins tools of a server as they are described now; none named means all that wait. Nothing is pinned when one of
    /// them is not there or is no longer what the person read.
    pub async fn approve_tools(
        &self,
        tenant: &TenantStore,
        server: &str,
        tools: &[ApprovedTool],
        by: &str,
    ) -> Result<Vec<String>, GatewayError> {
        let offered = self.tool_trust(tenant, server).await?;
        let waiting = |tool: &&ToolTrust| matches!(tool.state, ToolState::New | ToolState::Changed);
        let mut chosen: Vec<&ToolTrust> = Vec::new();
        if tools.is_empty() {
            let sound = |tool: &&ToolTrust| !tool.flags.contains(&Flag::Twice);
            chosen.extend(offered.iter().filter(waiting).filter(sound));
        }
        for wanted in tools {
            let found = offered.iter().find(|tool| tool.name == wanted.name && tool.state != ToolState::Gone);
            let Some(tool) = found else {
                return invalid(format!("the server {server} offers no tool `{}` now", wanted.name));
            };
            if tool.flags.contains(&Flag::Twice) {
                return invalid(format!(
                    "the server {server} lists the tool `{}` more than once, so what is approved might not be what \
                     runs; the server has to be mended",
                    wanted.name
                ));
            }
            if wanted.digest.as_ref().is_some_and(|digest| *digest != tool.digest) {
                return invalid(format!(
                    "the tool `{}` has changed since you looked at it; look again before you approve it",
                    wanted.name
                ));
            }
            if waiting(&tool) {
                chosen.push(tool);
            }
        }
        let now = chrono::Utc::now();
        let pins = chosen.iter().map(|tool| Pin {
            server: server.to_owned(),
            tool: tool.name.clone(),
            digest: tool.digest.clone(),
            definition: tool.definition.clone(),
            approved_by: by.to_owned(),
            approved_at: now,
        });
        tenant.pin_all(pins.collect()).await?;
        self.forget_pins();
        Ok(chosen.into_iter().map(|tool| tool.name.clone()).collect())
    }

    /// Takes tools out of use until they are approved again.
    pub async fn withdraw_tools(
        &self,
        tenant: &TenantStore,
        server: &str,
        tools: &[String],
        by: &str,
    ) -> Result<(), GatewayError> {
        for tool in tools {
            tenant.unpin(server, Some(tool), by).await?;
        }
        self.forget_pins();
        Ok(())
    }

    pub(crate) fn slot(&self, server: &str) -> Result<std::sync::Arc<Slot>, GatewayError> {
        match self.inner.servers.get(server) {
            Some(slot) => Ok(slot),
            None => {
                let known = self.servers().join(", ");
                invalid(format!("there is no server {server}; there are {known}"))
            }
        }
    }
}

/// What in a foreign tool a person should look at twice.
fn looked_at(slot: &Slot, known: &KnownTool, others: &[(&str, &str)], twice: &HashSet<&str>) -> Vec<Flag> {
    if slot.trusted() {
        return Vec::new();
    }
    let mut found = flags(&known.definition, others);
    if twice.contains(known.tool.name.as_str()) {
        found.push(Flag::Twice);
    }
    found
}

fn invalid<T>(why: String) -> Result<T, GatewayError> {
    Err(GatewayError::Invalid(why))
}
