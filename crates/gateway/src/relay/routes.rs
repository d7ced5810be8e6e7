//! Where resources and prompts are, and what they are called here.

use std::collections::HashMap;
use std::sync::Arc;

use mcp::message::RpcError;
use serde_json::json;

use super::Relay;
use crate::identify::SEPARATOR;
use crate::servers::{Item, Kind, Slot};

/// Before the server's name and the URI as the server writes it: `bailiwick://files/file:///a`.
const SCHEME: &str = "bailiwick://";

/// A resource, template or prompt under the name that clients know it by.
pub(super) struct Place {
    pub(super) slot: Arc<Slot>,
    pub(super) item: Arc<Item>,
    pub(super) exposed: String,
}

/// A server, and what it calls the thing itself.
pub(super) struct Route {
    pub(super) slot: Arc<Slot>,
    pub(super) name: String,
    /// What it said of it in its list; `None` when it did not list it.
    pub(super) item: Option<Arc<Item>>,
}

impl Relay {
    /// Everything of a kind that is known now, in the order of the servers.
    pub(super) fn places(&self, kind: Kind) -> Vec<Place> {
        let slots = self.gateway.inner.servers.all();
        let mut all: Vec<(Arc<Slot>, Arc<Item>)> = Vec::new();
        for slot in slots.iter() {
            let listed = slot.known::<Item>(kind);
            all.extend(
                listed.iter().flat_map(|listed| &listed.entries).map(|item| (slot.clone(), item.clone())),
            );
        }
        let mut count: HashMap<&str, usize> = HashMap::new();
        for (_, item) in &all {
            *count.entry(&item.key).or_default() += 1;
        }
        let shared = |key: &str| count.get(key).is_some_and(|count| *count > 1);
        let exposed: Vec<String> = all
            .iter()
            .map(
                |(slot, item)| {
                    if shared(&item.key) { prefixed(kind, slot, &item.key) } else { item.key.clone() }
                },
            )
            .collect();
        all.into_iter().zip(exposed).map(|((slot, item), exposed)| Place { slot, item, exposed }).collect()
    }

    pub(super) async fn prompt(&self, name: &str) -> Result<Route, RpcError> {
        let mut nearest = Vec::new();
        for asked in [false, true] {
            if asked {
                self.gateway.inner.servers.settle(Kind::Prompts).await;
            }
            let places = self.places(Kind::Prompts);
            let mut found = places.iter().filter(|place| {
                place.exposed == name || prefixed(Kind::Prompts, &place.slot, &place.item.key) == name
            });
            if let Some(place) = found.next()
                && found.next().is_none()
            {
                return Ok(place.route());
            }
            nearest = places.into_iter().map(|place| place.exposed).collect();
        }
        nearest.truncate(20);
        Err(RpcError::invalid_params(format!(
            "there is no prompt `{}`; there are: {}",
            name.chars().take(100).collect::<String>(),
            nearest.join(", ")
        )))
    }

    /// The server that a URI leads to: by its prefix, by its list, by a template that fits, or the only one that has
    /// resources at all.
    pub(super) async fn resource(&self, uri: &str) -> Result<Route, RpcError> {
        if let Some((server, uri)) = uri.strip_prefix(SCHEME).and_then(|rest| rest.split_once('/'))
            && let Some(slot) = self.gateway.inner.servers.get(server)
        {
            return Ok(Route { item: listed(&slot, uri), slot, name: uri.to_owned() });
        }
        let mut holders: Vec<Arc<Slot>> = Vec::new();
        for asked in [false, true] {
            if asked {
                self.gateway.inner.servers.settle(Kind::Resources).await;
                self.gateway.inner.servers.settle(Kind::Templates).await;
            }
            let slots = self.gateway.inner.servers.all();
            holders = slots.iter().filter(|slot| listed(slot, uri).is_some()).cloned().collect();
            if holders.is_empty() {
                holders = slots.iter().filter(|slot| has_template_for(slot, uri)).cloned().collect();
            }
            if !holders.is_empty() {
                break;
            }
        }
        if holders.is_empty() {
            let slots = self.gateway.inner.servers.all();
            holders = slots.iter().filter(|slot| slot.capability("/resources").is_some()).cloned().collect();
        }
        let shown: String = uri.chars().take(200).collect();
        match holders.as_slice() {
            [slot] => Ok(Route { item: listed(slot, uri), slot: slot.clone(), name: uri.to_owned() }),
            [] => Err(RpcError {
                data: Some(json!({"uri": shown})),
                ..RpcError::invalid_params(format!("there is no resource {shown}"))
            }),
            several => {
                let ways: Vec<String> =
                    several.iter().map(|slot| prefixed(Kind::Resources, slot, &shown)).collect();
                Err(RpcError {
                    data: Some(json!({"uri": shown, "ways": ways})),
                    ..RpcError::invalid_params(format!(
                        "several servers could have {shown}; say which: {}",
                        ways.join(" or ")
                    ))
                })
            }
        }
    }
}

impl Place {
    fn route(&self) -> Route {
        Route { slot: self.slot.clone(), name: self.item.key.clone(), item: Some(self.item.clone()) }
    }
}

/// The name that leads to one server only.
pub(super) fn prefixed(kind: Kind, slot: &Slot, key: &str) -> String {
    match kind {
        Kind::Tools | Kind::Prompts => format!("{}{SEPARATOR}{key}", slot.name),
        Kind::Resources | Kind::Templates => format!("{SCHEME}{}/{key}", slot.name),
    }
}

fn listed(slot: &Slot, uri: &str) -> Option<Arc<Item>> {
    let listed = slot.known::<Item>(Kind::Resources)?;
    listed.entries.iter().find(|item| item.key == uri).cloned()
}

fn has_template_for(slot: &Slot, uri: &str) -> bool {
    slot.known::<Item>(Kind::Templates)
        .is_some_and(|listed| listed.entries.iter().any(|template| fits(&template.key, uri)))
}

/// Whether a URI could come of a template (RFC 6570): its literal parts stand in the URI, in order, the first at the
/// beginning and the last at the end. Enough to find the server, which checks for itself.
fn fits(template: &str, uri: &str) -> bool {
    let mut rest = uri;
    let mut parts = template.split('{');
    let Some(mut rest_of_uri) = parts.next().and_then(|first| rest.strip_prefix(first)) else { return false };
    let mut last = None;
    for part in parts {
        let Some((_, literal)) = part.split_once('}') else { return false };
        last = Some(literal);
        match rest_of_uri.find(literal) {
            Some(at) => rest_of_uri = &rest_of_uri[at + literal.len()..],
            None => return false,
        }
    }
    rest = match last {
        // An expression at the end takes everything that is left.
        Some("") => "",
        Some(literal) if uri.ends_with(literal) => "",
        Some(_) => return false,
        None => rest_of_uri,
    };
    rest.is_empty()
}

#[cfg(test)]
mod tests {
    use super::fits;

    #[test]
    fn uris_are_held_against_templates() {
        for (template, uri) in [
            ("file:///{path}", "file:///a/b"),
            ("db://{table}/rows/{id}", "db://users/rows/7"),
            ("x://{a}.json", "x://y.json"),
            ("x://plain", "x://plain"),
        ] {
            assert!(fits(template, uri), "{template} {uri}");
        }
        for (template, uri) in [
            ("file:///{path}", "http://a"),
            ("db://{table}/rows/{id}", "db://users/7"),
            ("x://{a}.json", "x://y.xml"),
            ("x://plain", "x://plain/more"),
            ("x://{broken", "x://a"),
        ] {
            assert!(!fits(template, uri), "{template} {uri}");
        }
    }
}
