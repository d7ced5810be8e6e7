//! Arguments of tools: every reader of the text sees what was judged, and what they name is listed soundly.
#![no_main]

use bailiwick_fuzz::{named, strict};
use domain::tool::ServerKind;
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use serde_json::value::RawValue;

fuzz_target!(|text: &str| {
    let Ok(raw) = serde_json::from_str::<&RawValue>(text) else { return };
    let Ok(value) = strict(raw) else { return };
    let plain: Value = serde_json::from_str(text).expect("what the strict reader takes, every reader takes");
    assert_eq!(plain, value);
    // Another reader writes it, and it is still the same to ours.
    let again = serde_json::value::to_raw_value(&value).expect("JSON");
    assert_eq!(strict(&again).expect("readable"), value);
    let builtin = named(ServerKind::Builtin, &value);
    let foreign = named(ServerKind::Stdio, &value);
    // A foreign tool names at least as much: addresses under any name count.
    assert!(foreign.hosts.len() >= builtin.hosts.len() || foreign.opaque, "{builtin:?} {foreign:?}");
});
