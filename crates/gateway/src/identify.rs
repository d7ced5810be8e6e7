//! Which tool a name means.

use std::collections::HashMap;
use std::sync::Arc;

use domain::digest::Digest;
use domain::tool::Tool;
use jsonschema::Validator;

use crate::ports::ToolServer;
use crate::schema;

/// Joins server and tool where the tool's name alone would be ambiguous.
const SEPARATOR: &str = "__";
/// Names offered when a name means no tool.
const NEAREST_MAX: usize = 3;

/// A tool with what is made once of it.
pub(crate) struct KnownTool {
    pub(crate) tool: Tool,
    pub(crate) digest: Digest,
    /// The error is why the schema cannot be used.
    pub(crate) validator: Result<Validator, String>,
}

impl KnownTool {
    pub(crate) fn new(tool: Tool) -> Self {
        let digest = tool.digest();
        let validator = schema::validator(&tool.input_schema);
        Self { tool, digest, validator }
    }
}

/// The tools of one server, as it listed them.
pub(crate) type KnownTools = Arc<Vec<Arc<KnownTool>>>;

/// A tool as a caller can name it.
#[derive(Clone)]
pub(crate) struct Entry {
    pub(crate) exposed: String,
    pub(crate) server: Arc<dyn ToolServer>,
    pub(crate) known: Arc<KnownTool>,
}

/// All tools of all servers.
pub(crate) struct Catalogue {
    pub(crate) entries: Vec<Entry>,
}

impl Catalogue {
    pub(crate) fn new(listed: Vec<(Arc<dyn ToolServer>, KnownTools)>) -> Self {
        let mut count: HashMap<&str, usize> = HashMap::new();
        for known in listed.iter().flat_map(|(_, tools)| tools.iter()) {
            *count.entry(&known.tool.name).or_default() += 1;
        }
        let entry = |server: &Arc<dyn ToolServer>, known: &Arc<KnownTool>| {
            let name = &known.tool.name;
            let exposed = match count[name.as_str()] {
                1 => name.clone(),
                _ => format!("{}{SEPARATOR}{name}", server.name()),
            };
            Entry { exposed, server: server.clone(), known: known.clone() }
        };
        let entries = listed
            .iter()
            .flat_map(|(server, tools)| tools.iter().map(move |known| entry(server, known)))
            .collect();
        Self { entries }
    }

    /// By the exposed name, or by `server__tool` in any case. A name that two tools answer to means neither.
    pub(crate) fn find(&self, name: &str) -> Option<&Entry> {
        let whole = |entry: &Entry| {
            name.strip_prefix(entry.server.name()).and_then(|rest| rest.strip_prefix(SEPARATOR))
                == Some(&entry.known.tool.name)
        };
        let mut found = self.entries.iter().filter(|entry| entry.exposed == name || whole(entry));
        found.next().filter(|_| found.next().is_none())
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
        let names: Vec<&str> = match near.is_empty() {
            true => self.entries.iter().map(|entry| entry.exposed.as_str()).collect(),
            false => near.into_iter().take(NEAREST_MAX).map(|(_, name)| name).collect(),
        };
        match names.as_slice() {
            [] => "there are no tools at all".into(),
            [one] => format!("the nearest is `{one}`"),
            many => format!("there are `{}`", many.join("`, `")),
        }
    }
}
