//! `write_file`: a whole file, new or in place of another, in one step.

use std::io::Read;

use domain::tool::{Tool, ToolOutcome};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Inner;
use crate::diff;
use crate::error::ToolError;
use crate::path::RelPath;
use crate::reply::{count, reply};
use crate::root::{Target, Written};
use crate::schema::{Effects, describe};
use crate::stop::Stop;
use crate::text::{self, Format};

pub(super) const NAME: &str = "write_file";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// File to write, relative to the workspace. Missing folders are made.
    #[schemars(length(min = 1))]
    path: String,
    /// The whole new content, stored as UTF-8.
    content: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Report {
    path: String,
    outcome: Outcome,
    bytes_written: u64,
    /// Unified diff against the text that was there; absent for new files and when it was not text.
    #[serde(skip_serializing_if = "Option::is_none")]
    diff: Option<String>,
}

#[derive(Clone, Copy, Debug, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Outcome {
    Created,
    Replaced,
    /// It held exactly this already.
    Unchanged,
}

pub(super) fn tool() -> Tool {
    describe::<Arguments, Report>(
        NAME,
        "Write a file",
        "Writes a whole file of the workspace, making its folders, or replaces the file that is there, keeping \
         its permissions. It happens in one step: nobody sees half a file. Gives back a diff when it replaced \
         text. To change a part of a file, use edit_file.",
        // Replaces what was there; doing it twice leaves the same.
        Effects { read_only: false, destructive: true, idempotent: true, open_world: false },
    )
}

pub(super) fn run(inner: &Inner, arguments: Arguments, stop: &Stop) -> Result<ToolOutcome, ToolError> {
    let path = RelPath::parse(&arguments.path, inner.root.path())?;
    let target = inner.root.target(&path, true)?;
    let new = arguments.content;
    let bytes = new.len() as u64;
    let links = target.links();
    let old = old_bytes(inner, &path, &target, stop);
    if old.as_deref() == Some(new.as_bytes()) {
        let report =
            Report { path: path.to_string(), outcome: Outcome::Unchanged, bytes_written: 0, diff: None };
        return reply(format!("{path} already holds exactly this; nothing was written."), &report);
    }

    let written = target.write(new.as_bytes(), None, stop)?;
    let old_text = old.and_then(|bytes| match text::sniff(&bytes, true) {
        text::Kind::Text(format) => {
            Some((text::decode(&bytes[format.bom_bytes..], format.encoding, false).0, format))
        }
        _ => None,
    });
    let mut summary = match written {
        Written::Created => format!("Created {path} ({}).", count(bytes, "byte")),
        Written::Replaced => format!("Replaced {path} ({}).", count(bytes, "byte")),
    };
    if links > 1 {
        summary.push_str(" The old file had other hard links; they still hold the old content.");
    }
    if let Some((_, format)) = &old_text
        && *format != Format::UTF_8
    {
        summary.push_str(&format!(" It was {} before and is UTF-8 now.", format.name()));
    }
    let diff = old_text
        .map(|(old, _)| diff::unified(path.as_str(), &old, &new, inner.config.result_bytes_max))
        .filter(|diff| !diff.is_empty());
    if let Some(diff) = &diff {
        summary.push_str(&format!("\n{diff}"));
    }
    let outcome = match written {
        Written::Created => Outcome::Created,
        Written::Replaced => Outcome::Replaced,
    };
    reply(summary, &Report { path: path.to_string(), outcome, bytes_written: bytes, diff })
}

/// What is there now, as far as it may be read and is small enough to compare. The write does not depend on
/// it: a file that may be written and not read is replaced without a diff.
fn old_bytes(inner: &Inner, path: &RelPath, target: &Target, stop: &Stop) -> Option<Vec<u8>> {
    if !target.exists() {
        return None;
    }
    let (file, stat) = inner.root.open_file(path, &inner.config.hard_link_folders).ok()?;
    let max = inner.config.file_bytes_max;
    if u64::try_from(stat.st_size).is_ok_and(|size| size > max) {
        return None;
    }
    let mut bytes = Vec::new();
    stop.reader(file).take(max).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}
