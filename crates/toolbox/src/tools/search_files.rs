//! `search_files`: lines that match, or files by name, with ripgrep's engine and ignore rules.

mod content;
mod filter;

use domain::tool::{Tool, ToolOutcome};
use rustix::fs::FileType;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::content::{Content, FileMatches};
use self::filter::Filter;
use super::list_directory::here;
use crate::Inner;
use crate::error::ToolError;
use crate::path::RelPath;
use crate::reply::{count, reply};
use crate::schema::{Effects, describe};
use crate::stop::Stop;
use crate::walk::{Options, walk};

pub(super) const NAME: &str = "search_files";

/// Folders inside folders that a search goes down.
const DEPTH_MAX: usize = 256;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// What to search for: a regular expression (Rust syntax), or with literal a piece of text. With search_in
    /// "names" it is matched against paths; empty, it matches all.
    pattern: String,
    /// Folder or file to search, relative to the workspace.
    #[serde(default = "here")]
    #[schemars(length(min = 1))]
    path: String,
    /// Search the lines of files, or the names of files and folders.
    #[serde(default)]
    search_in: SearchIn,
    /// Take the pattern as it stands, not as a regular expression.
    #[serde(default)]
    literal: bool,
    #[serde(default)]
    ignore_case: bool,
    /// Only files whose name matches this glob, like "*.rs", or with a slash whose path does, like "src/**/*.ts".
    #[schemars(length(min = 1))]
    glob: Option<String>,
    /// Lines to show before and after each match.
    #[serde(default)]
    #[schemars(range(max = 20))]
    context_lines: usize,
    /// Also search what .gitignore and .ignore leave out, and .git folders.
    #[serde(default)]
    include_ignored: bool,
    /// Matches to give back at most.
    #[schemars(range(min = 1))]
    max_results: Option<usize>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum SearchIn {
    #[default]
    Content,
    Names,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
struct Report {
    /// Matching lines, or matching names, that are given back.
    matches: u64,
    /// Files with matching lines.
    files: Vec<FileMatches>,
    /// Matching paths, folders with a slash at the end.
    names: Vec<String>,
    /// Files that were looked into.
    files_searched: u64,
    /// Files that were not: unreadable, or with hard links that may lead outside.
    files_omitted: u64,
    /// Folders that could not be opened or had too many entries.
    folders_omitted: u64,
    /// Binary files; those are searched no further than to their first zero byte.
    binary_files: u64,
    /// There are more matches than given back.
    truncated: bool,
}

pub(super) fn tool() -> Tool {
    describe::<Arguments, Report>(
        NAME,
        "Search files",
        "Searches the files of the workspace for lines that match a regular expression or a literal text, or \
         with search_in \"names\" for files and folders by name. Rules of .gitignore apply unless include_ignored \
         is set; binary files are left out.",
        Effects::READS,
    )
}

pub(super) fn run(inner: &Inner, arguments: Arguments, stop: &Stop) -> Result<ToolOutcome, ToolError> {
    let start = RelPath::parse(&arguments.path, inner.root.path())?;
    let filter = Filter::new(&arguments, &start)?;
    let limit = arguments.max_results.unwrap_or(usize::MAX).min(inner.config.entries_max);
    let mut search = Search {
        inner,
        names: arguments.search_in == SearchIn::Names,
        content: Content::new(arguments.context_lines, limit, inner.config.result_bytes_max),
        filter,
        limit,
        stop,
        report: Report::default(),
    };

    match inner.root.open_folder(&start) {
        Ok(_) => {
            let options = Options { depth_max: DEPTH_MAX, include_ignored: arguments.include_ignored };
            let omitted = walk(&inner.root, &start, options, stop, |found| {
                if found.name_is_lossy && found.kind == FileType::RegularFile {
                    search.report.files_omitted += 1;
                    return Ok(true);
                }
                search.entry(&found.path, &found.name, found.kind)
            })?;
            search.report.folders_omitted = omitted.folders;
        }
        // A single file: asked for by name, so a failure to open it is an error.
        Err(ToolError::NotFolder(_)) => {
            inner.root.open_file(&start, &inner.config.hard_link_folders)?;
            let name = start.split().map(|(_, name)| name.to_owned()).unwrap_or_default();
            search.entry(&start, &name, FileType::RegularFile)?;
        }
        Err(error) => return Err(error),
    }

    let report = search.report;
    let why = if report.matches as usize >= limit { "entries_max" } else { "result_bytes_max" };
    reply(render(&report, why), &report)
}

struct Search<'a> {
    inner: &'a Inner,
    /// Names are searched, not content.
    names: bool,
    content: Content,
    filter: Filter,
    limit: usize,
    stop: &'a Stop,
    report: Report,
}

impl Search<'_> {
    /// False when enough was found.
    fn entry(&mut self, path: &RelPath, name: &str, kind: FileType) -> Result<bool, ToolError> {
        if !self.filter.selects(path, name) {
            return Ok(true);
        }
        if self.names {
            return Ok(self.name(path, kind));
        }
        if kind != FileType::RegularFile {
            return Ok(true);
        }
        let Ok((file, _)) = self.inner.root.open_file(path, &self.inner.config.hard_link_folders) else {
            self.report.files_omitted += 1;
            return Ok(true);
        };
        let Ok(found) = self.content.search(&self.filter.matcher, self.stop.reader(file)) else {
            self.stop.check()?;
            self.report.files_omitted += 1;
            return Ok(true);
        };
        self.report.files_searched += 1;
        self.report.binary_files += u64::from(found.binary);
        self.report.matches += found.matches;
        self.report.truncated |= found.truncated;
        if !found.lines.is_empty() {
            self.report.files.push(FileMatches { path: path.to_string(), lines: found.lines });
        }
        Ok(!self.report.truncated)
    }

    fn name(&mut self, path: &RelPath, kind: FileType) -> bool {
        if !self.filter.matches_text(path.as_str()) {
            return true;
        }
        if self.report.names.len() == self.limit {
            self.report.truncated = true;
            return false;
        }
        let slash = if kind == FileType::Directory { "/" } else { "" };
        self.report.names.push(format!("{path}{slash}"));
        self.report.matches += 1;
        true
    }
}

/// As `rg --heading` shows it: `12:` for a match, `12-` for context.
fn render(report: &Report, limited_by: &str) -> String {
    let mut text = String::new();
    for file in &report.files {
        text.push_str(&format!("{}\n", file.path));
        let mut before = None;
        for line in &file.lines {
            if before.is_some_and(|before| line.line > before + 1) && file.lines.iter().any(|l| !l.is_match) {
                text.push_str("--\n");
            }
            text.push_str(&format!("{}{}{}\n", line.line, if line.is_match { ':' } else { '-' }, line.text));
            before = Some(line.line);
        }
        text.push('\n');
    }
    for name in &report.names {
        text.push_str(&format!("{name}\n"));
    }
    if report.matches == 0 {
        text.push_str("No matches");
        if report.names.is_empty() && report.files_searched > 0 {
            text.push_str(&format!(" in {}", count(report.files_searched, "file")));
        }
        text.push_str(".\n");
    }
    if report.truncated {
        text.push_str(&format!(
            "[Only {} are shown; there are more. Narrow the search, or a person can raise `{limited_by}` in [toolbox].]\n",
            count(report.matches, "match")
        ));
    }
    for (number, noun, why) in [
        (report.binary_files, "binary file", "not searched as text"),
        (report.files_omitted, "file", "left out: unreadable, or with hard links that may lead outside"),
        (report.folders_omitted, "folder", "left out: unreadable, too full or on another file system"),
    ] {
        if number > 0 {
            text.push_str(&format!("[{}: {why}.]\n", count(number, noun)));
        }
    }
    text
}
