//! Results as servers wrote them.

use mcp::message::Json;
use serde_json::Value;
use serde_json::value::RawValue;

use super::strict;
use crate::gateway::Gateway;

/// A result that was read to be judged.
pub(crate) struct ResultRead {
    pub(crate) value: Value,
    /// As the server wrote it, values of secrets taken out.
    pub(crate) text: Json,
    /// The text holds a name twice: what is handed over is written anew from the value.
    pub(crate) rewrite: bool,
}

/// The error is a sentence without a full stop.
pub(crate) fn read_result(gateway: &Gateway, result: Json) -> Result<ResultRead, String> {
    let mut text = result;
    if let Some(scrubber) = gateway.scrubber() {
        let mut string = String::from(Box::<str>::from(text));
        scrubber.scrub(&mut string);
        text = RawValue::from_string(string).map_err(|error| format!("it cannot be read: {error}"))?;
    }
    let read = strict::read(&text)?;
    Ok(ResultRead { rewrite: read.twin.is_some(), value: read.value, text })
}
