//! Asking a server for a list, all its pages.

use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use mcp::exchange::{Client, Outbox, Request};
use mcp::message::{Json, code, json};
use mcp::version::Version;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json as value};

use super::lists::{Item, KnownTool};
use super::slot::{Kind, Server, Slot};
use crate::ports::{McpServer, ServerError, ServerFailure};

/// Kept when the server does not say how long its list holds.
const KEEP: Duration = Duration::from_secs(300);
/// However short or long the server says.
const KEEP_MIN: Duration = Duration::from_secs(1);
const KEEP_MAX: Duration = Duration::from_secs(3_600);
/// A list of this process is only read anew when its revision says so.
const KEEP_LOCAL: Duration = Duration::from_secs(86_400);

/// Entries and how long they hold; the error is a sentence.
pub(crate) type Fetched<T> = Result<(Vec<T>, Duration), String>;

impl Slot {
    pub(crate) async fn fetch_tools(&self) -> Fetched<KnownTool> {
        match &self.server {
            Server::Local(server) => {
                let tools = server.tools().await.map_err(|ServerError(why)| why)?;
                Ok((tools.into_iter().map(KnownTool::new).collect(), KEEP_LOCAL))
            }
            Server::Mcp(server) => self.in_time(server, Kind::Tools, KnownTool::foreign).await,
            Server::Own => Ok((Vec::new(), KEEP_LOCAL)),
        }
    }

    pub(crate) async fn fetch_items(&self, kind: Kind) -> Fetched<Item> {
        match &self.server {
            Server::Local(_) | Server::Own => Ok((Vec::new(), KEEP_LOCAL)),
            Server::Mcp(server) => {
                self.in_time(server, kind, |definition| Item::new(definition, kind.key())).await
            }
        }
    }
}

impl Slot {
    async fn in_time<T>(
        &self,
        server: &Arc<dyn McpServer>,
        kind: Kind,
        entry: impl Fn(Value) -> Result<T, String>,
    ) -> Fetched<T> {
        let limit = Duration::from_millis(server.limits().list_ms_max);
        match tokio::time::timeout(limit, self.all_pages(server, kind, entry)).await {
            Ok(fetched) => fetched,
            Err(_) => Err(format!(
                "its {} took longer than {} ms; raise limits.list_ms_max of the server {} if it is only slow",
                kind.method(),
                limit.as_millis(),
                server.name()
            )),
        }
    }

    async fn all_pages<T>(
        &self,
        server: &Arc<dyn McpServer>,
        kind: Kind,
        entry: impl Fn(Value) -> Result<T, String>,
    ) -> Fetched<T> {
        let discovery = server.discovery(&ITSELF.conversation).await.map_err(sentence)?;
        self.discovered(discovery.clone());
        if discovery.result.pointer(&format!("/capabilities/{}", kind.capability())).is_none() {
            return Ok((Vec::new(), KEEP));
        }
        let began = Instant::now();
        let entries_max = server.limits().list_entries_max as usize;
        let (mut entries, mut keep, mut cursor) = (Vec::new(), KEEP, None::<String>);
        loop {
            let params =
                cursor.as_ref().map(|cursor| value!({"cursor": cursor})).unwrap_or_else(|| value!({}));
            let params = json(&params).map_err(|error| error.message)?;
            let request =
                Request { method: kind.method().into(), params: Some(params), client: ITSELF.clone() };
            let page = match server.request(request, Outbox::closed()).await {
                Ok(page) => page,
                // It declares the capability and has no such list: some servers have resources and no templates.
                Err(ServerFailure::Rpc(error)) if error.code == code::METHOD_NOT_FOUND => break,
                Err(failure) => return Err(sentence(failure)),
            };
            let page = Page::read(&page, kind)?;
            for definition in page.entries {
                if entries.len() == entries_max {
                    return Err(format!(
                        "it lists more than {entries_max} {}; raise limits.list_entries_max of the server {}",
                        kind.member(),
                        server.name()
                    ));
                }
                entries.push(entry(definition)?);
            }
            if let Some(ttl) = page.ttl {
                keep = ttl.clamp(KEEP_MIN, KEEP_MAX);
            }
            match page.next {
                // A server that gives the same cursor again would be asked for ever.
                Some(next) if cursor.as_ref() != Some(&next) => cursor = Some(next),
                _ => break,
            }
        }
        Ok((entries, keep.saturating_sub(began.elapsed()).max(KEEP_MIN)))
    }
}

impl Kind {
    pub(crate) fn method(self) -> &'static str {
        match self {
            Kind::Tools => "tools/list",
            Kind::Resources => "resources/list",
            Kind::Templates => "resources/templates/list",
            Kind::Prompts => "prompts/list",
        }
    }

    /// Member of the result that holds the entries.
    pub(crate) fn member(self) -> &'static str {
        match self {
            Kind::Tools => "tools",
            Kind::Resources => "resources",
            Kind::Templates => "resourceTemplates",
            Kind::Prompts => "prompts",
        }
    }

    /// Member of an entry that tells it from others.
    pub(crate) fn key(self) -> &'static str {
        match self {
            Kind::Tools | Kind::Prompts => "name",
            Kind::Resources => "uri",
            Kind::Templates => "uriTemplate",
        }
    }

    /// The capability a server declares that has such a list.
    fn capability(self) -> &'static str {
        match self {
            Kind::Tools => "tools",
            Kind::Resources | Kind::Templates => "resources",
            Kind::Prompts => "prompts",
        }
    }
}

struct Page {
    entries: Vec<Value>,
    next: Option<String>,
    ttl: Option<Duration>,
}

impl Page {
    fn read(page: &Json, kind: Kind) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Whole<'a> {
            #[serde(rename = "nextCursor", default)]
            next: Option<String>,
            #[serde(rename = "ttlMs", default)]
            ttl: Option<i64>,
            #[serde(borrow, default)]
            tools: Option<&'a RawValue>,
            #[serde(borrow, default)]
            resources: Option<&'a RawValue>,
            #[serde(borrow, default, rename = "resourceTemplates")]
            templates: Option<&'a RawValue>,
            #[serde(borrow, default)]
            prompts: Option<&'a RawValue>,
        }
        let wrong = |error| format!("its answer to {} cannot be read: {error}", kind.method());
        let whole: Whole<'_> = serde_json::from_str(page.get()).map_err(wrong)?;
        let entries = match kind {
            Kind::Tools => whole.tools,
            Kind::Resources => whole.resources,
            Kind::Templates => whole.templates,
            Kind::Prompts => whole.prompts,
        };
        let entries = match entries {
            Some(entries) => serde_json::from_str(entries.get()).map_err(wrong)?,
            None => Vec::new(),
        };
        let ttl = whole.ttl.map(|ttl| Duration::from_millis(u64::try_from(ttl).unwrap_or(0)));
        Ok(Self { entries, next: whole.next, ttl })
    }
}

fn sentence(failure: ServerFailure) -> String {
    failure.to_string()
}

/// The gateway as a client of its servers, when it asks for itself.
static ITSELF: LazyLock<Arc<Client>> = LazyLock::new(|| Arc::new(itself("bailiwick")));

/// The gateway as a client, in a conversation. It can answer nothing that a server may ask.
pub(crate) fn itself(conversation: &str) -> Client {
    Client {
        version: Version::LATEST,
        info: value!({"name": "bailiwick", "version": env!("CARGO_PKG_VERSION")}),
        capabilities: value!({}),
        conversation: conversation.to_owned(),
        extensions: Default::default(),
    }
}
