//! From a [`Question`] to the `input` that rules see.
//!
//! Built by hand and not through JSON text: the conversion is a third of a decision's time otherwise.

use std::sync::{Arc, LazyLock};

use domain::tool::{ServerKind, ToolAnnotations};
use regorus::Value;
use serde_json::Value as Json;

use crate::Question;

/// The question grew beyond the limit.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooLarge;

/// Converts the question. `bytes_max` bounds the text it holds, keys and structure counted in.
pub(crate) fn input_of(question: &Question, bytes_max: usize) -> Result<Value, TooLarge> {
    let mut make = Make { left: bytes_max };
    make.question(question)
}

macro_rules! keys {
    ($($field:ident = $name:literal),* $(,)?) => {
        struct Keys { $($field: Value),* }
        /// Made once: every question has the same keys.
        static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys { $($field: Value::from($name)),* });
    };
}

keys! {
    session = "session", client = "client", point = "point", tenant = "tenant", principal = "principal", task = "task", server = "server", tool = "tool",
    arguments = "arguments", resources = "resources", result = "result", id = "id", plan = "plan", kind = "kind",
    roles = "roles", step = "step", cost_usd = "cost_usd", labels = "labels", name = "name",
    annotations = "annotations", digest = "digest", pinned = "pinned", paths = "paths", hosts = "hosts",
    commands = "commands", opaque = "opaque", given = "given", inside = "inside", access = "access",
    title = "title", read_only = "readOnlyHint", destructive = "destructiveHint", idempotent = "idempotentHint",
    open_world = "openWorldHint",
}

/// What one value costs besides its text.
const VALUE_OVERHEAD_BYTES: usize = 8;

struct Make {
    left: usize,
}

type Made = Result<Value, TooLarge>;

impl Make {
    fn question(&mut self, q: &Question) -> Made {
        let k = &*KEYS;
        let task = match &q.task {
            None => Value::Null,
            Some(task) => object([
                (&k.id, self.text(&task.id)?),
                (&k.step, Value::from(u64::from(task.step))),
                (&k.cost_usd, Value::from(task.cost_usd)),
                (&k.labels, self.texts(&task.labels)?),
            ]),
        };
        let mut members = vec![
            (&k.point, self.text(q.point.as_str())?),
            (&k.tenant, object([(&k.id, self.text(&q.tenant.id)?), (&k.plan, self.text(&q.tenant.plan)?)])),
            (
                &k.principal,
                object([
                    (&k.id, self.text(&q.principal.id)?),
                    (&k.kind, self.text(&q.principal.kind)?),
                    (&k.roles, self.texts(&q.principal.roles)?),
                ]),
            ),
            (&k.task, task),
            (
                &k.server,
                object([
                    (&k.name, self.text(&q.server.name)?),
                    (&k.kind, self.text(server_kind(q.server.kind))?),
                ]),
            ),
            (
                &k.tool,
                object([
                    (&k.name, self.text(&q.tool.name)?),
                    (&k.annotations, self.annotations(&q.tool.annotations)?),
                    (&k.digest, self.text(&q.tool.digest.0)?),
                    (&k.pinned, Value::from(q.tool.pinned)),
                ]),
            ),
            (&k.arguments, self.json(&q.arguments)?),
            (&k.resources, self.resources(q)?),
        ];
        if let Some(session) = &q.session {
            let session = object([
                (&k.id, self.text(&session.id)?),
                (&k.client, self.text(&session.client)?),
                (&k.labels, self.texts(&session.labels)?),
            ]);
            members.push((&k.session, session));
        }
        if let Some(result) = &q.result {
            members.push((&k.result, self.json(result)?));
        }
        Ok(object(members))
    }

    fn annotations(&mut self, a: &ToolAnnotations) -> Made {
        let k = &*KEYS;
        let mut members = Vec::with_capacity(5);
        if let Some(title) = &a.title {
            members.push((&k.title, self.text(title)?));
        }
        for (key, hint) in [
            (&k.read_only, a.read_only_hint),
            (&k.destructive, a.destructive_hint),
            (&k.idempotent, a.idempotent_hint),
            (&k.open_world, a.open_world_hint),
        ] {
            if let Some(hint) = hint {
                members.push((key, Value::from(hint)));
            }
        }
        Ok(object(members))
    }

    fn resources(&mut self, q: &Question) -> Made {
        let k = &*KEYS;
        let r = &q.resources;
        let mut paths = Vec::with_capacity(r.paths.len());
        for path in &r.paths {
            let inside = match &path.inside {
                Some(inside) => self.text(inside)?,
                None => Value::Null,
            };
            paths.push(object([
                (&k.given, self.text(&path.given)?),
                (&k.inside, inside),
                (&k.access, self.text(&path.access)?),
            ]));
        }
        let mut commands = Vec::with_capacity(r.commands.len());
        for command in &r.commands {
            commands.push(self.texts(command)?);
        }
        Ok(object([
            (&k.paths, Value::from(paths)),
            (&k.hosts, self.texts(&r.hosts)?),
            (&k.commands, Value::from(commands)),
            (&k.opaque, Value::from(r.opaque)),
        ]))
    }

    fn json(&mut self, json: &Json) -> Made {
        Ok(match json {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => {
                self.take(0)?;
                number(n)
            }
            Json::String(s) => self.text(s)?,
            Json::Array(items) => {
                self.take(0)?;
                let mut values = Vec::with_capacity(items.len());
                for item in items {
                    values.push(self.json(item)?);
                }
                Value::from(values)
            }
            Json::Object(members) => {
                self.take(0)?;
                let mut values = std::collections::BTreeMap::new();
                for (key, value) in members {
                    values.insert(self.text(key)?, self.json(value)?);
                }
                Value::from(values)
            }
        })
    }

    fn texts(&mut self, texts: &[String]) -> Made {
        let mut values = Vec::with_capacity(texts.len());
        for text in texts {
            values.push(self.text(text)?);
        }
        Ok(Value::from(values))
    }

    fn text(&mut self, text: &str) -> Made {
        self.take(text.len())?;
        Ok(Value::String(Arc::from(text)))
    }

    fn take(&mut self, bytes: usize) -> Result<(), TooLarge> {
        self.left = self.left.checked_sub(bytes + VALUE_OVERHEAD_BYTES).ok_or(TooLarge)?;
        Ok(())
    }
}

fn object<'k>(members: impl IntoIterator<Item = (&'k Value, Value)>) -> Value {
    let map: std::collections::BTreeMap<Value, Value> =
        members.into_iter().map(|(key, value)| (key.clone(), value)).collect();
    Value::from(map)
}

fn number(n: &serde_json::Number) -> Value {
    if let Some(n) = n.as_u64() {
        Value::from(n)
    } else if let Some(n) = n.as_i64() {
        Value::from(n)
    } else {
        Value::from(n.as_f64().unwrap_or_default())
    }
}

fn server_kind(kind: ServerKind) -> &'static str {
    match kind {
        ServerKind::Builtin => "builtin",
        ServerKind::Stdio => "stdio",
        ServerKind::Http => "http",
    }
}

#[cfg(test)]
mod tests {
    use domain::decision::Point;
    use domain::digest::Digest;
    use serde_json::json;

    use super::*;
    use crate::{
        PathFact, PrincipalFacts, Resources, ServerFacts, SessionFacts, TaskFacts, TenantFacts, ToolFacts,
    };

    fn full() -> Question {
        Question {
            point: Point::ToolResult,
            tenant: TenantFacts { id: "t".into(), plan: "desk".into() },
            principal: PrincipalFacts { id: "p".into(), kind: "agent".into(), roles: vec!["r".into()] },
            task: Some(TaskFacts { id: "k".into(), step: 4, cost_usd: 0.125, labels: vec!["l".into()] }),
            session: Some(SessionFacts { id: "s".into(), client: "c".into(), labels: vec!["l".into()] }),
            server: ServerFacts { name: "s".into(), kind: ServerKind::Stdio },
            tool: ToolFacts {
                name: "tool".into(),
                annotations: ToolAnnotations {
                    title: Some("T".into()),
                    read_only_hint: Some(true),
                    destructive_hint: Some(false),
                    idempotent_hint: Some(true),
                    open_world_hint: Some(false),
                },
                digest: Digest::of(&1),
                pinned: true,
            },
            arguments: json!({"z": [1, -2, 3.5, null, true], "a": {"b": "ü"}, "big": u64::MAX}),
            resources: Resources {
                paths: vec![
                    PathFact { given: "a".into(), inside: Some("a".into()), access: "read".into() },
                    PathFact { given: "/x".into(), inside: None, access: "unknown".into() },
                ],
                hosts: vec!["h".into()],
                commands: vec![vec!["c".into(), "d".into()], vec![]],
                opaque: true,
            },
            result: Some(json!({"content": []})),
        }
    }

    #[test]
    fn rules_see_what_serde_writes() {
        let mut bare = full();
        bare.task = None;
        bare.session = None;
        bare.result = None;
        bare.tool.annotations = ToolAnnotations::default();
        for question in [full(), bare] {
            let text = serde_json::to_string(&question).unwrap();
            assert_eq!(input_of(&question, usize::MAX).unwrap(), Value::from_json_str(&text).unwrap());
        }
    }

    #[test]
    fn the_size_is_bounded() {
        assert_eq!(input_of(&full(), 100), Err(TooLarge));
    }
}
