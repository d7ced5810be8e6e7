//! `edit_file`: exact replacement of a piece of text.

use std::io::Read;

use domain::tool::{Tool, ToolOutcome};
use rustix::fs::Stat;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Inner;
use crate::diff;
use crate::error::ToolError;
use crate::path::RelPath;
use crate::reply::{count, reply};
use crate::schema::{Effects, describe};
use crate::stop::Stop;
use crate::text::{self, Format};

pub(super) const NAME: &str = "edit_file";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// File to edit, relative to the workspace.
    #[schemars(length(min = 1))]
    path: String,
    /// The text to replace, exactly as it stands in the file, white space included. It has to occur once.
    #[schemars(length(min = 1))]
    old_text: String,
    /// The text to put in its place.
    new_text: String,
    /// Replace every occurrence.
    #[serde(default)]
    replace_all: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Report {
    path: String,
    replacements: u64,
    /// Unified diff.
    diff: String,
}

pub(super) fn tool() -> Tool {
    describe::<Arguments, Report>(
        NAME,
        "Edit a file",
        "Replaces old_text by new_text in a text file of the workspace. old_text has to match exactly and to \
         occur exactly once, unless replace_all is set. Line endings, encoding and permissions are kept. Gives \
         back a unified diff.",
        // Text is taken away; a second run replaces again (`a` by `aa`) or finds nothing.
        Effects { read_only: false, destructive: true, idempotent: false, open_world: false },
    )
}

pub(super) fn run(inner: &Inner, arguments: Arguments, stop: &Stop) -> Result<ToolOutcome, ToolError> {
    let path = RelPath::parse(&arguments.path, inner.root.path())?;
    let old = read(inner, &path, stop)?;
    let target = inner.root.target(&path, false)?;

    let newlines = Newlines::of(&old.text);
    let wanted = newlines.fit(&arguments.old_text);
    let replacement = newlines.fit(&arguments.new_text);
    if wanted == replacement {
        return Err(ToolError::NothingToChange);
    }
    let places: Vec<usize> = old.text.match_indices(&wanted).map(|(at, _)| at).collect();
    match places.len() {
        0 => return Err(ToolError::NoMatch { path: path.to_string(), hint: near_miss(&old.text, &wanted) }),
        1 => {}
        _ if arguments.replace_all => {}
        count => {
            let lines = line_numbers(&old.text, &places);
            return Err(ToolError::Ambiguous { path: path.to_string(), count, lines });
        }
    }
    check_size(inner, &path, old.text.len(), places.len(), wanted.len(), replacement.len())?;
    let new = old.text.replace(&wanted, &replacement);
    let mut bytes = old.mark;
    bytes.extend(text::encode(&new, old.format.encoding).map_err(|character| ToolError::Unencodable {
        path: path.to_string(),
        encoding: old.format.encoding.name(),
        character,
    })?);
    target.write(&bytes, Some(&old.stat), stop)?;

    let diff = diff::unified(path.as_str(), &old.text, &new, inner.config.result_bytes_max);
    let replacements = places.len() as u64;
    let summary = format!("Edited {path}: {}.\n{diff}", count(replacements, "replacement"));
    reply(summary, &Report { path: path.to_string(), replacements, diff })
}

/// Many places and a long replacement could come to more than there is memory.
fn check_size(
    inner: &Inner,
    path: &RelPath,
    text: usize,
    places: usize,
    wanted: usize,
    replacement: usize,
) -> Result<(), ToolError> {
    let bytes = (text - places * wanted) as u64 + (places as u64).saturating_mul(replacement as u64);
    let max = inner.config.file_bytes_max;
    // A text that gets shorter may still be over the limit, because decoded it can be longer than its file.
    if bytes <= max || bytes <= text as u64 {
        return Ok(());
    }
    let what = "edit_file leaves behind";
    Err(ToolError::TooLarge { path: format!("The new {path}"), bytes, max, what, setting: "file_bytes_max" })
}

/// A text as it was read, with all that is needed to write it back the same way.
struct Old {
    text: String,
    format: Format,
    /// Its byte order mark, or nothing.
    mark: Vec<u8>,
    stat: Stat,
}

fn read(inner: &Inner, path: &RelPath, stop: &Stop) -> Result<Old, ToolError> {
    let (file, stat) = inner.root.open_file(path, &inner.config.hard_link_folders)?;
    let max = inner.config.file_bytes_max;
    let mut bytes = Vec::new();
    stop.reader(file).take(max + 1).read_to_end(&mut bytes).map_err(|error| match stop.check() {
        Err(stopped) => stopped,
        Ok(()) => ToolError::at(path, error),
    })?;
    if bytes.len() as u64 > max {
        return Err(ToolError::TooLarge {
            path: path.to_string(),
            bytes: u64::try_from(stat.st_size).unwrap_or_default(),
            max,
            what: "edit_file takes",
            setting: "file_bytes_max",
        });
    }
    let format = match text::sniff(&bytes, true) {
        text::Kind::Text(format) => format,
        text::Kind::Image(mime) | text::Kind::Binary(mime) => {
            return Err(ToolError::BinaryEdit { path: path.to_string(), mime: mime.to_owned() });
        }
    };
    let (text, lossy) = text::decode(&bytes[format.bom_bytes..], format.encoding, false);
    // Some encodings have two ways to write one character; what would come back different is not touched.
    let same_way_back = || text::encode(&text, format.encoding).as_deref() == Ok(&bytes[format.bom_bytes..]);
    if lossy || (format != Format::UTF_8 && !same_way_back()) {
        return Err(ToolError::LossyEdit { path: path.to_string(), encoding: format.encoding.name() });
    }
    bytes.truncate(format.bom_bytes);
    Ok(Old { text, format, mark: bytes, stat })
}

/// How a file ends its lines, as far as an edit has to care.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Newlines {
    /// Every line ends with `\r\n`; models write `\n`.
    Crlf,
    AsTheyAre,
}

impl Newlines {
    fn of(text: &str) -> Self {
        if text::line_endings(text) == "crlf" { Self::Crlf } else { Self::AsTheyAre }
    }

    fn fit(self, text: &str) -> String {
        match self {
            Self::Crlf => text.replace("\r\n", "\n").replace('\n', "\r\n"),
            Self::AsTheyAre => text.to_owned(),
        }
    }
}

/// Where the text would match if white space at the ends of lines did not count.
fn near_miss(text: &str, wanted: &str) -> String {
    // Searched as one piece of text, which takes linear time whatever the lines are.
    let trimmed = |text: &str| text.lines().fold(String::from("\n"), |all, line| all + line.trim() + "\n");
    let text = trimmed(text);
    match text.find(&trimmed(wanted.trim())) {
        Some(at) => format!(
            " At line {} it would match but for indentation or other white space; read the file and copy the text exactly.",
            memchr::memchr_iter(b'\n', &text.as_bytes()[..=at]).count()
        ),
        None => " Read the file again: it may have changed, or the text was not copied exactly.".into(),
    }
}

fn line_numbers(text: &str, places: &[usize]) -> String {
    const SHOWN_MAX: usize = 10;
    let mut shown: Vec<String> = places
        .iter()
        .take(SHOWN_MAX)
        .map(|at| (memchr::memchr_iter(b'\n', &text.as_bytes()[..*at]).count() + 1).to_string())
        .collect();
    if places.len() > SHOWN_MAX {
        shown.push("…".into());
    }
    shown.join(", ")
}
