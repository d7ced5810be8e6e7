//! What a search looks for and in which files.

use globset::{GlobBuilder, GlobMatcher};
use grep::matcher::Matcher;
use grep::regex::{RegexMatcher, RegexMatcherBuilder};

use super::{Arguments, SearchIn};
use crate::error::ToolError;
use crate::path::RelPath;

/// Memory that a pattern may take once it is compiled, bytes, and the same again while it searches. By itself the
/// engine would stop at a hundred megabytes and at a gigabyte.
const PATTERN_BYTES_MAX: usize = 32 << 20;

pub(super) struct Filter {
    pub(super) matcher: RegexMatcher,
    glob: Option<Glob>,
}

struct Glob {
    matcher: GlobMatcher,
    /// The glob has a slash, so it is about paths; otherwise about names.
    of_paths: bool,
    /// Paths are matched from the workspace and from the folder that is searched.
    start: RelPath,
}

impl Filter {
    pub(super) fn new(arguments: &Arguments, start: &RelPath) -> Result<Self, ToolError> {
        let mut builder = RegexMatcherBuilder::new();
        builder.case_insensitive(arguments.ignore_case).fixed_strings(arguments.literal);
        builder.size_limit(PATTERN_BYTES_MAX).dfa_size_limit(PATTERN_BYTES_MAX);
        if arguments.search_in == SearchIn::Content {
            // So that `$` also stands before the `\r\n` of Windows.
            builder.crlf(true).multi_line(true);
        }
        let matcher = builder
            .build(&arguments.pattern)
            .map_err(|error| ToolError::BadPattern { error: error.to_string() })?;
        let glob = arguments.glob.as_deref().map(|glob| Glob::new(glob, start)).transpose()?;
        Ok(Self { matcher, glob })
    }

    pub(super) fn selects(&self, path: &RelPath, name: &str) -> bool {
        self.glob.as_ref().is_none_or(|glob| glob.selects(path, name))
    }

    pub(super) fn matches_text(&self, text: &str) -> bool {
        self.matcher.is_match(text.as_bytes()).unwrap_or(false)
    }
}

impl Glob {
    fn new(text: &str, start: &RelPath) -> Result<Self, ToolError> {
        let relative = text.trim_start_matches("./").trim_start_matches('/');
        let glob = GlobBuilder::new(relative)
            .literal_separator(true)
            .build()
            .map_err(|error| ToolError::BadGlob { glob: text.to_owned(), error: error.kind().to_string() })?;
        Ok(Self { matcher: glob.compile_matcher(), of_paths: relative.contains('/'), start: start.clone() })
    }

    fn selects(&self, path: &RelPath, name: &str) -> bool {
        if !self.of_paths {
            return self.matcher.is_match(name);
        }
        let from_start = path.as_str().strip_prefix(self.start.as_str()).and_then(|p| p.strip_prefix('/'));
        self.matcher.is_match(path.as_str()) || from_start.is_some_and(|path| self.matcher.is_match(path))
    }
}
