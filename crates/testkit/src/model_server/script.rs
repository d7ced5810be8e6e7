//! What the server will answer: its JSON form is the script file.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// Everything the server will say. Turns are taken in order; of several that fit, the first.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Script {
    pub turns: Vec<Turn>,
    /// The only key accepted. Without one, any is, and OpenAI Chat Completions needs none (as local servers).
    pub key: Option<String>,
    /// The only models known; empty: any.
    pub models: Vec<String>,
}

/// One answer. Used once, unless `repeat`.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Turn {
    /// The turn waits for a request like this; `null` fits any.
    pub when: Option<When>,
    pub repeat: bool,
    pub reply: Reply,
    /// Goes wrong in this way instead, or in the middle.
    pub fault: Option<Fault>,
    /// Wait before the first byte.
    pub delay_ms: u64,
    /// Wait before each event of a stream.
    pub pause_ms: u64,
}

/// What the last message of a request must be like.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct When {
    /// Text that the last message holds, be it the person's or a tool's.
    pub last_contains: Option<String>,
    pub last_role: Option<LastRole>,
}

/// Whose the last message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LastRole {
    User,
    Tool,
}

/// A good answer.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Reply {
    pub text: String,
    /// Thoughts, as the vendor shows them, with a signature that must come back with the calls.
    pub reasoning: String,
    /// All in one answer: parallel.
    pub calls: Vec<Call>,
    /// What is counted; by default a quarter of the characters.
    pub usage: Option<Usage>,
    pub stop: Stop,
    /// Size of a streamed piece of text or arguments.
    pub chunk_chars: usize,
}

impl Default for Reply {
    fn default() -> Self {
        Self {
            text: String::new(),
            reasoning: String::new(),
            calls: Vec::new(),
            usage: None,
            stop: Stop::End,
            chunk_chars: 12,
        }
    }
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Call {
    /// By default one as the vendor makes them; Gemini gives none.
    pub id: Option<String>,
    pub name: String,
    pub arguments: Value,
    /// Sent as it is instead of `arguments`: for arguments that are no JSON. Gemini, which sends JSON only, ends
    /// with `MALFORMED_FUNCTION_CALL`.
    pub arguments_text: Option<String>,
}

/// Tokens by kind; `input` and `output` are sums that hold the others, whatever the vendor makes of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, default)]
pub struct Usage {
    pub input: u64,
    pub output: u64,
    pub cache_read: u64,
    /// OpenAI and Gemini do not count this.
    pub cache_write: u64,
    /// Anthropic does not count this.
    pub reasoning: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Stop {
    #[default]
    End,
    MaxTokens,
    Refused,
}

/// What goes wrong. `after_events`: so many events of the good answer are streamed before it.
#[derive(Clone, Debug, PartialEq, Deserialize, Serialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Fault {
    /// 401, for Gemini 400.
    WrongKey,
    /// 403.
    Forbidden,
    /// 404.
    UnknownModel,
    /// 429, with `Retry-After` when given.
    RateLimited { retry_after_seconds: Option<u64> },
    /// 429 of the kind that waiting does not help, for Anthropic 400.
    QuotaExhausted,
    /// 500.
    ServerError,
    /// 529 of Anthropic, 503 of the others.
    Overloaded,
    /// 400.
    ContextTooLong,
    /// 200 and a page of HTML.
    Garbage,
    /// The stream ends: without a word (`clean`), or with the connection torn down.
    Cut {
        after_events: usize,
        #[serde(default)]
        clean: bool,
    },
    /// Nothing for so long, then the rest.
    Idle { after_events: usize, seconds: f64 },
    /// An event with bytes that are no text.
    InvalidUtf8 { after_events: usize },
    /// An event that holds half of its JSON.
    TruncatedJson { after_events: usize },
    /// The vendor's own error event, as for an overload in the middle of an answer.
    ErrorEvent { after_events: usize },
}

/// Which wire format a request came in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Api {
    OpenaiChat,
    OpenaiResponses,
    Anthropic,
    Gemini,
}

impl Api {
    pub const ALL: [Api; 4] = [Api::OpenaiChat, Api::OpenaiResponses, Api::Anthropic, Api::Gemini];
}

impl Script {
    pub fn new(turns: impl IntoIterator<Item = Turn>) -> Self {
        Self { turns: turns.into_iter().collect(), ..Self::default() }
    }

    /// From the text of a script file.
    pub fn parse(text: &str) -> serde_json::Result<Self> {
        serde_json::from_str(text)
    }
}

impl Turn {
    pub fn text(text: impl Into<String>) -> Self {
        Self::reply(Reply { text: text.into(), ..Reply::default() })
    }

    pub fn call(name: impl Into<String>, arguments: Value) -> Self {
        Self::calls([Call::new(name, arguments)])
    }

    /// Parallel calls.
    pub fn calls(calls: impl IntoIterator<Item = Call>) -> Self {
        Self::reply(Reply { calls: calls.into_iter().collect(), ..Reply::default() })
    }

    pub fn reply(reply: Reply) -> Self {
        Self { reply, ..Self::default() }
    }

    pub fn fault(fault: Fault) -> Self {
        Self::text("This answer goes wrong on its way.").with_fault(fault)
    }

    pub fn with_fault(self, fault: Fault) -> Self {
        Self { fault: Some(fault), ..self }
    }

    pub fn with_text(mut self, text: impl Into<String>) -> Self {
        self.reply.text = text.into();
        self
    }

    pub fn with_usage(mut self, usage: Usage) -> Self {
        self.reply.usage = Some(usage);
        self
    }

    /// Only for a request whose last message holds this text.
    pub fn when(self, last_contains: impl Into<String>) -> Self {
        let when = When { last_contains: Some(last_contains.into()), last_role: None };
        Self { when: Some(when), ..self }
    }

    /// May be used any number of times.
    pub fn repeated(self) -> Self {
        Self { repeat: true, ..self }
    }
}

impl Call {
    pub fn new(name: impl Into<String>, arguments: Value) -> Self {
        Self { name: name.into(), arguments, ..Self::default() }
    }

    /// A call whose arguments are this text, JSON or not.
    pub fn raw(name: impl Into<String>, arguments_text: impl Into<String>) -> Self {
        Self { name: name.into(), arguments_text: Some(arguments_text.into()), ..Self::default() }
    }

    /// The arguments as text.
    pub(super) fn text(&self) -> String {
        self.arguments_text.clone().unwrap_or_else(|| self.json().to_string())
    }

    /// The arguments as JSON; none given is an empty object.
    pub(super) fn json(&self) -> Value {
        if self.arguments.is_null() { json!({}) } else { self.arguments.clone() }
    }
}

impl Fault {
    /// How many events go before it; `None` for one that needs no good beginning.
    pub(super) fn after_events(&self) -> Option<usize> {
        match self {
            Self::Cut { after_events, .. }
            | Self::Idle { after_events, .. }
            | Self::InvalidUtf8 { after_events }
            | Self::TruncatedJson { after_events }
            | Self::ErrorEvent { after_events } => Some(*after_events),
            _ => None,
        }
    }
}
