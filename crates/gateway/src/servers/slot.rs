//! One server with what it listed last.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use arc_swap::ArcSwapOption;
use domain::tool::ServerKind;
use mcp::exchange::Discovery;
use serde_json::Value;

use super::fetch::Fetched;
use super::lists::{Item, KnownTool};
use crate::ports::{McpServer, ToolServer};

/// After a list failed, it is not asked for again before this.
const RETRY_AFTER: Duration = Duration::from_secs(30);

/// A server of either port.
#[derive(Clone)]
pub(crate) enum Server {
    Local(Arc<dyn ToolServer>),
    Mcp(Arc<dyn McpServer>),
    /// The gateway's own tools.
    Own,
}

impl Server {
    pub(crate) fn kind(&self) -> ServerKind {
        match self {
            Server::Local(server) => server.kind(),
            Server::Mcp(server) => server.kind(),
            Server::Own => ServerKind::Builtin,
        }
    }

    pub(crate) fn revision(&self) -> u64 {
        match self {
            Server::Local(server) => server.revision(),
            Server::Mcp(server) => server.revision(),
            Server::Own => 0,
        }
    }
}

/// What can be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tools,
    Resources,
    Templates,
    Prompts,
}

/// What a server listed.
pub(crate) struct Listed<T> {
    pub(crate) entries: Vec<Arc<T>>,
    /// Revision of the server when it was asked.
    revision: u64,
    /// Asked for again after this.
    until: Instant,
    /// Why the last attempt failed.
    pub(crate) failure: Option<String>,
    /// Names that were listed before the failure, so that a call of one is told what is wrong.
    pub(crate) missing: Vec<String>,
}

/// A list, and the one attempt at a time to read it anew.
pub(crate) struct Cached<T> {
    now: ArcSwapOption<Listed<T>>,
    reading: tokio::sync::Mutex<()>,
    in_background: AtomicBool,
}

impl<T> Default for Cached<T> {
    fn default() -> Self {
        Self {
            now: ArcSwapOption::empty(),
            reading: tokio::sync::Mutex::default(),
            in_background: AtomicBool::new(false),
        }
    }
}

/// How far a cached list can be relied on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    Current,
    /// Its time is over, and nothing says that it changed: good enough while it is read anew.
    Aged,
    /// Never read, or the server says that it changed.
    Unknown,
}

/// Entries that are listed, with how to get them out of a slot.
pub(crate) trait Entry: Send + Sync + Sized + 'static {
    fn cached(slot: &Slot, kind: Kind) -> &Cached<Self>;
    fn name(&self) -> &str;
}

pub(crate) struct Slot {
    pub(crate) name: String,
    pub(crate) kind: ServerKind,
    pub(crate) server: Server,
    tools: Cached<KnownTool>,
    items: [Cached<Item>; 3],
    /// What the server said of itself last.
    discovery: ArcSwapOption<Discovery>,
}

impl Entry for KnownTool {
    fn cached(slot: &Slot, _: Kind) -> &Cached<Self> {
        &slot.tools
    }
    fn name(&self) -> &str {
        &self.tool.name
    }
}

impl Entry for Item {
    fn cached(slot: &Slot, kind: Kind) -> &Cached<Self> {
        match kind {
            Kind::Tools | Kind::Resources => &slot.items[0],
            Kind::Templates => &slot.items[1],
            Kind::Prompts => &slot.items[2],
        }
    }
    fn name(&self) -> &str {
        &self.key
    }
}

impl Slot {
    pub(crate) fn new(server: Server) -> Self {
        let name = match &server {
            Server::Local(server) => server.name().to_owned(),
            Server::Mcp(server) => server.name().to_owned(),
            Server::Own => crate::search::SERVER.to_owned(),
        };
        Self {
            name,
            kind: server.kind(),
            server,
            tools: Cached::default(),
            items: Default::default(),
            discovery: ArcSwapOption::empty(),
        }
    }

    /// Built in, or made known to this process by its own code: its tools need no pin.
    pub(crate) fn trusted(&self) -> bool {
        self.kind == ServerKind::Builtin
    }

    pub(crate) fn mcp(&self) -> Option<&Arc<dyn McpServer>> {
        match &self.server {
            Server::Mcp(server) => Some(server),
            Server::Local(_) | Server::Own => None,
        }
    }

    pub(crate) fn discovered(&self, discovery: Arc<Discovery>) {
        self.discovery.store(Some(discovery));
    }

    /// What the server said of itself when it was asked last; null when it never was.
    pub(crate) fn discovery(&self) -> Value {
        self.discovery.load().as_ref().map(|discovery| discovery.result.clone()).unwrap_or_default()
    }

    /// A capability that the server declared when it was asked last, by JSON pointer.
    pub(crate) fn capability(&self, pointer: &str) -> Option<Value> {
        let discovery = self.discovery.load();
        discovery.as_ref()?.result.get("capabilities")?.pointer(pointer).cloned()
    }

    /// What is known now, without asking.
    pub(crate) fn known<T: Entry>(&self, kind: Kind) -> Option<Arc<Listed<T>>> {
        T::cached(self, kind).now.load_full()
    }

    pub(crate) fn freshness<T: Entry>(&self, kind: Kind) -> Freshness {
        match self.known::<T>(kind) {
            Some(listed) if listed.revision != self.server.revision() => Freshness::Unknown,
            Some(listed) if listed.until > Instant::now() => Freshness::Current,
            Some(_) => Freshness::Aged,
            None => Freshness::Unknown,
        }
    }

    /// Asks the server unless what is known is current. Takes no longer than the server's own limit, and never
    /// fails: the failure is part of what is known. `true` when something was read.
    pub(crate) async fn refresh<T: Entry>(
        &self,
        kind: Kind,
        fetched: impl Future<Output = Fetched<T>> + Send,
    ) -> bool {
        let cached = T::cached(self, kind);
        let _one = cached.reading.lock().await;
        if self.freshness::<T>(kind) == Freshness::Current {
            return false;
        }
        // Before the question: a change that comes while it is answered makes the answer old.
        let revision = self.server.revision();
        let before = self.known::<T>(kind);
        let listed = match fetched.await {
            Ok((entries, keep)) => Listed {
                entries: entries.into_iter().map(Arc::new).collect(),
                revision,
                until: Instant::now() + keep,
                failure: None,
                missing: Vec::new(),
            },
            Err(why) => failed(before, revision, why),
        };
        cached.now.store(Some(Arc::new(listed)));
        true
    }

    /// Reserves the background reading of a list whose time is over.
    pub(crate) fn begin_background<T: Entry>(&self, kind: Kind) -> bool {
        !T::cached(self, kind).in_background.swap(true, Ordering::AcqRel)
    }

    pub(crate) fn end_background<T: Entry>(&self, kind: Kind) {
        T::cached(self, kind).in_background.store(false, Ordering::Release);
    }
}

/// What is known after a failure: the entries stay while nothing says that they changed.
fn failed<T: Entry>(before: Option<Arc<Listed<T>>>, revision: u64, why: String) -> Listed<T> {
    let until = Instant::now() + RETRY_AFTER;
    let (entries, missing) = match before {
        Some(before) if before.revision == revision => (before.entries.clone(), before.missing.clone()),
        Some(before) => {
            let mut names: Vec<String> = before.entries.iter().map(|entry| entry.name().to_owned()).collect();
            names.extend(before.missing.iter().cloned());
            (Vec::new(), names)
        }
        None => (Vec::new(), Vec::new()),
    };
    Listed { entries, revision, until, failure: Some(why), missing }
}
