//! Shell text, down to its simple commands.
//!
//! The text is run by `/bin/sh`, which may be dash or bash; it is read as bash. Where the two differ in what they would
//! run (`[[ … ]]`, `((…))`, `$'…'`, `{a,b}`), the text is opaque.

use std::panic::{AssertUnwindSafe, catch_unwind};

use brush_parser::ast::{
    AndOr, AssignmentName, AssignmentValue, Command, CommandPrefixOrSuffixItem, CompoundCommand,
    CompoundList, IoFileRedirectKind, IoFileRedirectTarget, IoRedirect, Pipeline, SimpleCommand,
    Word as AstWord,
};
use brush_parser::word::{Parameter, ParameterExpr, SpecialParameter, WordPiece, WordPieceWithSource};
use brush_parser::{Parser, ParserOptions};

use super::commands::{Commands, Word};
use super::globs;

/// Brackets and keywords that open something; more and the text is opaque. The parser goes down one call for each.
const OPENERS_MAX: usize = 48;
/// Round brackets among them: the parser tries each in several ways, twice as long for each one that is nested.
const ROUND_BRACKETS_MAX: usize = 12;

/// The text could not be parsed.
#[derive(Debug)]
pub(super) struct Unparsable;

/// Tells the simple commands of the text to `commands`, in order.
pub(super) fn visit(text: &str, commands: &mut Commands) -> Result<(), Unparsable> {
    let round = text.bytes().filter(|byte| *byte == b'(').count();
    if openers(text) > OPENERS_MAX || round > ROUND_BRACKETS_MAX || text.contains('\0') {
        return Err(Unparsable);
    }
    let options = ParserOptions::default();
    let parsed = catch_unwind(AssertUnwindSafe(|| Parser::new(text.as_bytes(), &options).parse_program()));
    let program = parsed.map_err(|_| Unparsable)?.map_err(|_| Unparsable)?;
    let mut visitor = Visitor { options: &options, commands, numbers: false };
    for list in &program.complete_commands {
        visitor.list(list);
    }
    Ok(())
}

fn openers(text: &str) -> usize {
    const KEYWORDS: &[&str] =
        &["if", "elif", "while", "until", "for", "case", "do", "then", "function", "coproc", "!"];
    let brackets = text.bytes().filter(|byte| matches!(byte, b'(' | b'{' | b'`' | b'[')).count();
    let keywords =
        text.split(|c: char| c.is_whitespace() || c == ';').filter(|word| KEYWORDS.contains(word)).count();
    brackets + keywords
}

struct Visitor<'a> {
    options: &'a ParserOptions,
    commands: &'a mut Commands,
    /// A word since this was last reset holds a number that is not known, such as `$?`.
    numbers: bool,
}

impl Visitor<'_> {
    fn list(&mut self, list: &CompoundList) {
        for item in &list.0 {
            self.pipeline(&item.0.first);
            for next in &item.0.additional {
                let (AndOr::And(pipeline) | AndOr::Or(pipeline)) = next;
                self.pipeline(pipeline);
            }
        }
    }

    fn pipeline(&mut self, pipeline: &Pipeline) {
        for command in &pipeline.seq {
            self.command(command);
        }
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::Simple(simple) => self.simple(simple),
            Command::Compound(compound, redirects) => {
                self.compound(compound);
                self.redirects(redirects.as_ref().map(|list| list.0.as_slice()));
            }
            Command::Function(function) => {
                self.compound(&function.body.0);
                self.redirects(function.body.1.as_ref().map(|list| list.0.as_slice()));
            }
            Command::ExtendedTest(..) => self.commands.opaque(),
        }
    }

    fn compound(&mut self, compound: &CompoundCommand) {
        match compound {
            CompoundCommand::BraceGroup(group) => self.list(&group.list),
            CompoundCommand::Subshell(subshell) => self.list(&subshell.list),
            CompoundCommand::ForClause(clause) => {
                self.commands.assignment(&clause.variable_name);
                for value in clause.values.iter().flatten() {
                    self.word(value);
                }
                self.list(&clause.body.list);
            }
            CompoundCommand::CaseClause(clause) => {
                self.word(&clause.value);
                for case in &clause.cases {
                    for pattern in &case.patterns {
                        self.word(pattern);
                    }
                    if let Some(list) = &case.cmd {
                        self.list(list);
                    }
                }
            }
            CompoundCommand::IfClause(clause) => {
                self.list(&clause.condition);
                self.list(&clause.then);
                for other in clause.elses.iter().flatten() {
                    if let Some(condition) = &other.condition {
                        self.list(condition);
                    }
                    self.list(&other.body);
                }
            }
            CompoundCommand::WhileClause(clause) | CompoundCommand::UntilClause(clause) => {
                self.list(&clause.0);
                self.list(&clause.1.list);
            }
            // In dash the first two are subshells that run commands, and the last is a program's name.
            CompoundCommand::Arithmetic(_)
            | CompoundCommand::ArithmeticForClause(_)
            | CompoundCommand::Coprocess(_) => self.commands.opaque(),
        }
    }

    fn simple(&mut self, simple: &SimpleCommand) {
        let prefix = simple.prefix.iter().flat_map(|prefix| &prefix.0);
        let suffix = simple.suffix.iter().flat_map(|suffix| &suffix.0);
        // What follows `&>file` is the next command for dash, which takes the `&` for itself.
        let both = |item: &&CommandPrefixOrSuffixItem| {
            matches!(item, CommandPrefixOrSuffixItem::IoRedirect(IoRedirect::OutputAndError(..)))
        };
        if prefix.clone().any(|item| both(&item))
            || suffix.clone().skip_while(|item| !both(item)).nth(1).is_some()
        {
            self.commands.opaque();
        }
        let mut words = Vec::new();
        for item in prefix {
            self.item(item, &mut words, true);
        }
        self.numbers = false;
        if let Some(name) = &simple.word_or_name {
            words.extend(self.word(name));
        }
        for item in suffix {
            self.item(item, &mut words, false);
        }
        // Shown or compared, a number is a number; elsewhere it may complete a name (`store.p$?2`).
        let shows =
            |word: &Word| matches!(word.text.as_str(), "echo" | "printf" | "exit" | "return" | "test" | "[");
        if self.numbers && !words.first().is_some_and(shows) {
            self.commands.opaque();
        }
        self.commands.simple(words);
    }

    fn item(&mut self, item: &CommandPrefixOrSuffixItem, words: &mut Vec<Word>, before_name: bool) {
        match item {
            CommandPrefixOrSuffixItem::IoRedirect(redirect) => self.redirect(redirect),
            CommandPrefixOrSuffixItem::Word(word) => words.extend(self.word(word)),
            CommandPrefixOrSuffixItem::AssignmentWord(assignment, word) if before_name => {
                match &assignment.name {
                    AssignmentName::VariableName(name) => self.commands.assignment(name),
                    AssignmentName::ArrayElementName(..) => self.commands.opaque(),
                }
                match &assignment.value {
                    // Its substitutions run; its value matters only where it is used, which is opaque.
                    AssignmentValue::Scalar(value) => {
                        self.word(value);
                    }
                    AssignmentValue::Array(_) => self.commands.opaque(),
                }
                let _ = word;
            }
            CommandPrefixOrSuffixItem::AssignmentWord(_, word) => words.extend(self.word(word)),
            CommandPrefixOrSuffixItem::ProcessSubstitution(_, subshell) => {
                self.commands.opaque();
                self.list(&subshell.list);
            }
        }
    }

    fn redirects(&mut self, redirects: Option<&[IoRedirect]>) {
        for redirect in redirects.into_iter().flatten() {
            self.redirect(redirect);
        }
    }

    fn redirect(&mut self, redirect: &IoRedirect) {
        match redirect {
            IoRedirect::File(_, kind, target) => self.redirect_to(kind, target),
            IoRedirect::OutputAndError(target, _) => self.open(target, "write"),
            IoRedirect::HereString(_, word) => {
                self.word(word);
            }
            IoRedirect::HereDocument(_, document) => {
                if document.requires_expansion {
                    let mut text = Text::default();
                    match brush_parser::word::parse_heredoc(&document.doc.value, self.options) {
                        Ok(pieces) => self.pieces(&pieces, &document.doc.value, true, &mut text),
                        Err(_) => text.unknown = true,
                    }
                    if text.unknown {
                        self.commands.opaque();
                    }
                }
            }
        }
    }

    fn redirect_to(&mut self, kind: &IoFileRedirectKind, target: &IoFileRedirectTarget) {
        let access = match kind {
            IoFileRedirectKind::Read => "read",
            IoFileRedirectKind::Write
            | IoFileRedirectKind::Append
            | IoFileRedirectKind::Clobber
            | IoFileRedirectKind::ReadAndWrite
            | IoFileRedirectKind::DuplicateInput
            | IoFileRedirectKind::DuplicateOutput => "write",
        };
        match target {
            IoFileRedirectTarget::Fd(_) => {}
            IoFileRedirectTarget::Filename(word) => self.open(word, access),
            // `2>&1` and `>&-`, or a file in bash.
            IoFileRedirectTarget::Duplicate(word) => {
                let number = word.value.strip_suffix('-').unwrap_or(&word.value);
                if !number.chars().all(|c| c.is_ascii_digit()) {
                    // bash reads `>&-x` as `>&- x`, and takes quotes off such a file's name twice.
                    if word.value.starts_with('-') || word.value.contains(['\\', '"', '\'']) {
                        self.commands.opaque();
                    }
                    self.open(word, access);
                }
            }
            IoFileRedirectTarget::ProcessSubstitution(_, subshell) => {
                self.commands.opaque();
                self.list(&subshell.list);
            }
        }
    }

    fn open(&mut self, word: &AstWord, access: &str) {
        let before = std::mem::take(&mut self.numbers);
        for target in self.word(word) {
            self.commands.redirect(&target, access);
        }
        if self.numbers {
            self.commands.opaque();
        }
        self.numbers = before;
    }

    /// The words that one word of the text becomes; several when it is a pattern of file names.
    fn word(&mut self, word: &AstWord) -> Vec<Word> {
        let Ok(pieces) = brush_parser::word::parse(&word.value, self.options) else {
            return vec![Word { text: word.value.clone(), known: false }];
        };
        let mut text = Text::default();
        self.pieces(&pieces, &word.value, false, &mut text);
        self.numbers |= text.number;
        if text.unknown || names_descriptor(&word.value) {
            self.commands.opaque();
            return vec![Word { text: word.value.clone(), known: false }];
        }
        if text.is_pattern {
            return match globs::expand(&text.plain, &text.pattern, &mut self.commands.paths) {
                Some(names) => names.into_iter().map(Word::known).collect(),
                None => vec![Word { text: text.plain, known: false }],
            };
        }
        vec![Word::known(text.plain)]
    }

    fn pieces(&mut self, pieces: &[WordPieceWithSource], source: &str, quoted: bool, text: &mut Text) {
        for piece in pieces {
            let written = source.get(piece.start_index..piece.end_index).unwrap_or_default();
            match &piece.piece {
                WordPiece::Text(plain) if quoted => text.literal(plain),
                WordPiece::Text(plain) => text.unquoted(plain),
                WordPiece::SingleQuotedText(plain) => text.literal(plain),
                WordPiece::EscapeSequence(escape) => text.escape(escape, quoted),
                WordPiece::TildeExpansion(_) => text.literal(written),
                WordPiece::DoubleQuotedSequence(inner) => self.pieces(inner, source, true, text),
                WordPiece::ParameterExpansion(parameter) if is_number(parameter) => {
                    text.number = true;
                    text.literal(written);
                }
                WordPiece::CommandSubstitution(command)
                | WordPiece::BackquotedCommandSubstitution(command) => {
                    self.commands.shell(command);
                    text.unknown = true;
                }
                WordPiece::AnsiCQuotedText(_)
                | WordPiece::GettextDoubleQuotedSequence(_)
                | WordPiece::ParameterExpansion(_)
                | WordPiece::ArithmeticExpression(_) => text.unknown = true,
            }
        }
    }
}

/// `{fd}` before a redirect is the name of a variable for bash, and a word for dash.
fn names_descriptor(word: &str) -> bool {
    let name = word.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')).unwrap_or_default();
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// `$?`, `$#` and `$$` are numbers whatever happens.
fn is_number(parameter: &ParameterExpr) -> bool {
    matches!(
        parameter,
        ParameterExpr::Parameter {
            parameter: Parameter::Special(
                SpecialParameter::LastExitStatus
                    | SpecialParameter::ProcessId
                    | SpecialParameter::PositionalParameterCount
            ),
            indirect: false,
        }
    )
}

/// A word being put together.
#[derive(Default)]
struct Text {
    plain: String,
    /// The same as a pattern, with what was quoted escaped.
    pattern: String,
    is_pattern: bool,
    opens_brace: bool,
    has_list: bool,
    /// Holds `$?` or the like.
    number: bool,
    unknown: bool,
}

impl Text {
    fn unquoted(&mut self, plain: &str) {
        self.plain.push_str(plain);
        self.pattern.push_str(plain);
        self.is_pattern |= plain.contains(['*', '?', '[']);
        self.opens_brace |= plain.contains('{');
        self.has_list |= plain.contains(',') || plain.contains("..");
        // `{a,b}` is several words for bash and one for dash; `@(a|b)` is a pattern for bash alone.
        self.unknown |= (self.opens_brace && self.has_list) || plain.contains('(');
    }

    fn literal(&mut self, plain: &str) {
        self.plain.push_str(plain);
        for c in plain.chars() {
            if matches!(c, '*' | '?' | '[' | ']' | '{' | '}' | '\\') {
                self.pattern.push('\\');
            }
            self.pattern.push(c);
        }
    }

    fn escape(&mut self, escape: &str, quoted: bool) {
        let escaped = escape.strip_prefix('\\').unwrap_or(escape);
        if escaped == "\n" {
            return;
        }
        // Inside double quotes a backslash stands for itself before most characters.
        if quoted && !matches!(escaped, "$" | "`" | "\"" | "\\") {
            self.literal("\\");
        }
        self.literal(escaped);
    }
}
