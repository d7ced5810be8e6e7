//! `read_file`: lines of a text in whatever encoding, an image, or the news that it is neither.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};

use base64::Engine as _;
use domain::tool::{Content, Tool, ToolOutcome};
use encoding_rs::{UTF_8, UTF_16BE, UTF_16LE};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::Inner;
use crate::error::ToolError;
use crate::lines::{self, ByteOrder, Wanted};
use crate::path::RelPath;
use crate::reply::{count, reply, reply_with};
use crate::schema::{Effects, describe};
use crate::stop::Stop;
use crate::text::{self, Format, HEAD_BYTES};

pub(super) const NAME: &str = "read_file";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// File to read, relative to the workspace.
    #[schemars(length(min = 1))]
    path: String,
    /// First line to read, from 1.
    #[serde(default = "first")]
    #[schemars(range(min = 1))]
    offset: u64,
    /// Lines to read; without it, as many as fit.
    #[schemars(range(min = 1))]
    limit: Option<u64>,
}

fn first() -> u64 {
    1
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct FileRead {
    path: String,
    kind: Kind,
    size_bytes: u64,
    /// The lines that were read, when it is a text.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// Like UTF-8, UTF-8 with BOM, UTF-16LE, windows-1252.
    #[serde(skip_serializing_if = "Option::is_none")]
    encoding: Option<String>,
    /// Of the lines that were read: lf, crlf, mixed or none.
    #[serde(skip_serializing_if = "Option::is_none")]
    line_endings: Option<String>,
    /// First line that was read.
    #[serde(skip_serializing_if = "Option::is_none")]
    first_line: Option<u64>,
    /// Last line that was read; before first_line when there was none.
    #[serde(skip_serializing_if = "Option::is_none")]
    last_line: Option<u64>,
    /// Lines of the whole file; absent when it is too large to be counted.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_lines: Option<u64>,
    /// There is more after what was read.
    truncated: bool,
    /// Some bytes are not valid in the encoding and are shown as U+FFFD.
    lossy: bool,
    /// Of images and binary files.
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<String>,
}

#[derive(Clone, Copy, Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Kind {
    #[default]
    Text,
    Image,
    Binary,
}

pub(super) fn tool() -> Tool {
    describe::<Arguments, FileRead>(
        NAME,
        "Read a file",
        "Reads a text file of the workspace, whole or a range of lines (offset, limit), in any encoding. PNG, \
         JPEG, GIF and WebP come back as images; of other binary files only kind and size are told.",
        Effects::READS,
    )
}

pub(super) fn run(inner: &Inner, arguments: Arguments, stop: &Stop) -> Result<ToolOutcome, ToolError> {
    let path = RelPath::parse(&arguments.path, inner.root.path())?;
    let (mut file, stat) = inner.root.open_file(&path, &inner.config.hard_link_folders)?;
    let size_bytes = u64::try_from(stat.st_size).unwrap_or_default();
    let failed = |error: std::io::Error| match stop.check() {
        Err(stopped) => stopped,
        Ok(()) => ToolError::at(&path, error),
    };
    let mut head = Vec::new();
    stop.reader(&file).take(HEAD_BYTES as u64).read_to_end(&mut head).map_err(failed)?;

    let found = FileRead { path: path.to_string(), size_bytes, ..FileRead::default() };
    match text::sniff(&head, head.len() as u64 >= size_bytes) {
        text::Kind::Text(format) => {
            file.seek(SeekFrom::Start(format.bom_bytes as u64)).map_err(failed)?;
            read_text(inner, &arguments, found, format, stop.reader(file)).map_err(failed)?
        }
        text::Kind::Image(mime) => image(inner, found, mime, file, stop).map_err(failed)?,
        text::Kind::Binary(mime) => binary(found, mime),
    }
}

/// The outer error is the file's, the inner one ours.
type Answer = Result<ToolOutcome, ToolError>;

fn read_text(
    inner: &Inner,
    arguments: &Arguments,
    found: FileRead,
    format: Format,
    file: impl Read,
) -> std::io::Result<Answer> {
    let config = &inner.config;
    let utf16 = match format.encoding {
        encoding if encoding == UTF_16LE => Some(ByteOrder::Little),
        encoding if encoding == UTF_16BE => Some(ByteOrder::Big),
        _ => None,
    };
    // A byte of another encoding becomes three of UTF-8 at worst.
    let growth = if format.encoding == UTF_8 { 1 } else { 3 };
    let range = lines::read(
        file,
        Wanted {
            first: arguments.offset,
            count: arguments.limit.unwrap_or(u64::MAX),
            bytes_max: config.result_bytes_max / growth,
            count_all: found.size_bytes <= config.file_bytes_max,
            utf16,
        },
    )?;
    let (text, lossy) = text::decode(&range.bytes, format.encoding, range.cut);
    let last_line = (arguments.offset - 1).saturating_add(range.lines);
    let read = FileRead {
        encoding: Some(format.name()),
        line_endings: Some(text::line_endings(&text).into()),
        first_line: Some(arguments.offset),
        last_line: Some(last_line),
        total_lines: range.total,
        truncated: range.more,
        lossy,
        ..found
    };
    let notes = notes(&read, range.cut, arguments, config.result_bytes_max);
    let mut content = vec![Content::text(text.clone())];
    if !notes.is_empty() {
        content.push(Content::text(format!("[{}]", notes.join(" "))));
    }
    Ok(reply_with(content, &FileRead { text: Some(text), ..read }))
}

/// What a reader of the text alone would not know.
fn notes(read: &FileRead, cut: bool, arguments: &Arguments, bytes_max: usize) -> Vec<String> {
    let (first, last) = (arguments.offset, read.last_line.unwrap_or_default());
    let of = read.total_lines.map(|total| format!(" of {total}")).unwrap_or_default();
    let mut notes = Vec::new();
    if last < first {
        match read.total_lines {
            Some(0) => notes.push("The file is empty.".into()),
            Some(total) => notes.push(format!("The file has only {}.", count(total, "line"))),
            None => notes.push("Nothing there.".into()),
        }
    } else if cut {
        notes.push(format!(
            "Line {first}{of} is cut: it is longer than the {bytes_max} bytes that one call gives back (`result_bytes_max` in [toolbox])."
        ));
    } else if read.truncated || first > 1 {
        notes.push(format!("Lines {first} to {last}{of}."));
    }
    if read.truncated && !cut {
        notes.push(format!("Go on with offset {}.", last + 1));
    }
    if read.total_lines.is_none() {
        notes.push(format!(
            "The file has {} bytes, so its lines were not counted (`file_bytes_max` in [toolbox]).",
            read.size_bytes
        ));
    }
    match read.encoding.as_deref() {
        None | Some("UTF-8") => {}
        Some(encoding) => notes.push(format!("The encoding is {encoding}.")),
    }
    if read.lossy {
        notes.push("Some bytes are not valid in it and are shown as \u{fffd}.".into());
    }
    notes
}

fn image(
    inner: &Inner,
    found: FileRead,
    mime: &'static str,
    mut file: File,
    stop: &Stop,
) -> std::io::Result<Answer> {
    let max = inner.config.image_bytes_max;
    if found.size_bytes > max {
        return Ok(Err(ToolError::TooLarge {
            path: found.path,
            bytes: found.size_bytes,
            max,
            what: "read_file gives back as an image",
            setting: "image_bytes_max",
        }));
    }
    let mut bytes = Vec::new();
    file.rewind()?;
    // One more than allowed, in case it grew meanwhile: then it is cut, never unbounded.
    stop.reader(file).take(max + 1).read_to_end(&mut bytes)?;
    let note = format!("{} is an image ({mime}, {}).", found.path, count(bytes.len() as u64, "byte"));
    let data = base64::engine::general_purpose::STANDARD.encode(&bytes);
    let read = FileRead { kind: Kind::Image, mime_type: Some(mime.into()), ..found };
    Ok(reply_with(vec![Content::image(data, mime), Content::text(note)], &read))
}

fn binary(found: FileRead, mime: &'static str) -> Answer {
    let text = format!(
        "{} is a binary file ({mime}, {}); there is no text to show. To look into it, use run_command with a \
         program for that kind of file.",
        found.path,
        count(found.size_bytes, "byte")
    );
    reply(text, &FileRead { kind: Kind::Binary, mime_type: Some(mime.into()), ..found })
}
