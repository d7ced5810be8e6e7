//! Tokens back to text.

use std::collections::{BTreeMap, BTreeSet};

use super::marks::{Item, Marks};
use super::tokens::{Kind, Token};

/// How a bracket is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Layout {
    /// `a[b]`, and brackets around an expression.
    Tight,
    /// A list on one line.
    Inline,
    /// Conditions in braces on one line.
    Padded,
    /// Elements on lines of their own, as they were grouped.
    Lines,
    /// Conditions on lines of their own.
    Conditions,
}

#[derive(Clone, Debug)]
struct Bracket {
    layout: Layout,
    close: usize,
    /// Tokens that begin an element on a new line.
    breaks: BTreeSet<usize>,
}

pub(super) fn print(tokens: &[Token<'_>], marks: &Marks) -> String {
    let brackets = brackets(tokens, marks);
    let mut printer = Printer {
        tokens,
        marks,
        commas: commas(tokens, &brackets),
        brackets,
        open: Vec::new(),
        out: String::new(),
        continued: false,
        last_item: None,
        with_line: 0,
    };
    let mut previous = None;
    for index in 0..tokens.len() {
        if printer.commas.dropped.contains(&index) {
            continue;
        }
        printer.token(index, previous);
        previous = Some(index);
    }
    let text = printer.out.trim_end();
    if text.is_empty() { String::new() } else { format!("{text}\n") }
}

struct Printer<'t> {
    tokens: &'t [Token<'t>],
    marks: &'t Marks,
    brackets: BTreeMap<usize, Bracket>,
    commas: Commas,
    /// Brackets around the place, by their opening token.
    open: Vec<usize>,
    out: String,
    /// A line of the statement began below its first.
    continued: bool,
    last_item: Option<usize>,
    /// The line on which the last `with` stood.
    with_line: usize,
}

impl Printer<'_> {
    fn token(&mut self, index: usize, previous: Option<usize>) {
        let token = &self.tokens[index];
        if token.kind == Kind::Comment {
            self.comment(index, previous);
            return;
        }
        if self.closes_now(index) {
            self.close(previous);
        } else {
            self.separate(index, previous);
        }
        self.out.push_str(token.text);
        if self.brackets.contains_key(&index) {
            self.open.push(index);
        }
        if self.commas.added.contains(&index) {
            self.out.push(',');
        }
    }

    fn close(&mut self, previous: Option<usize>) {
        let Some(open) = self.open.pop() else { return };
        match self.brackets[&open].layout {
            Layout::Lines | Layout::Conditions => {
                self.continued = false;
                self.line();
            }
            Layout::Padded => self.out.push(' '),
            // A comment ends its line.
            Layout::Tight | Layout::Inline if self.after_comment(previous) => self.line(),
            Layout::Tight | Layout::Inline => {}
        }
    }

    /// What stands between the token before and this one.
    fn separate(&mut self, index: usize, previous: Option<usize>) {
        let Some(before) = previous else {
            self.begin_item(index);
            return;
        };
        if self.marks.stmts.contains(&index) {
            self.with_line = 0;
        }
        let (token, last) = (&self.tokens[index], &self.tokens[before]);
        if self.open.is_empty() && self.marks.items.contains_key(&index) {
            self.item(index, before);
            return;
        }
        if self.marks.elses.contains(&index) {
            match token.line == last.line_end && last.kind != Kind::Comment {
                true => self.out.push(' '),
                false => {
                    self.continued = false;
                    if last.kind == Kind::Comment { self.line() } else { self.blank() }
                }
            }
            return;
        }
        if let Some(open) = self.open.last().copied() {
            let bracket = &self.brackets[&open];
            let is_first = self.first_in(open) == Some(index);
            match bracket.layout {
                Layout::Conditions if self.begins_condition(open, index) => {
                    self.continued = false;
                    let apart = token.line > last.line_end + 1 && before != open;
                    if apart {
                        self.blank()
                    } else {
                        self.line()
                    }
                    return;
                }
                Layout::Lines if bracket.breaks.contains(&index) => {
                    self.continued = false;
                    self.line();
                    return;
                }
                Layout::Padded if is_first => {
                    self.out.push(' ');
                    return;
                }
                _ => {}
            }
        }
        if self.is_word(index, "with") {
            let below = match self.with_line {
                0 => token.line > last.line_end,
                line => token.line > line,
            };
            self.with_line = token.line;
            if below {
                self.continued = true;
                self.line();
                return;
            }
        }
        if last.kind == Kind::Comment {
            self.continued = true;
            self.line();
        } else if self.spaced(index, before) {
            self.out.push(' ');
        }
    }

    fn comment(&mut self, index: usize, previous: Option<usize>) {
        let token = &self.tokens[index];
        let text = token.text.trim_end();
        match previous {
            None => {}
            Some(before)
                if self.tokens[before].line_end == token.line
                    && self.tokens[before].kind != Kind::Comment =>
            {
                self.out.push(' ');
            }
            Some(before) => {
                let last = &self.tokens[before];
                let opened = self.open.last() == Some(&before);
                let in_list =
                    self.open.last().is_some_and(|open| self.brackets[open].layout == Layout::Lines);
                let next = self.next_of(index);
                if next.is_none_or(|next| self.marks.stmts.contains(&next) || self.closes_now(next)) {
                    self.continued = false;
                }
                let apart = token.line > last.line_end + 1 && !opened && !in_list;
                let at_top = self.open.is_empty();
                // Above a rule, a comment belongs to it, and is apart from the rule before.
                let begins = next.is_none_or(|next| {
                    self.marks.items.contains_key(&next) || self.marks.elses.contains(&next)
                });
                let begins_block = at_top && last.kind != Kind::Comment && begins;
                if apart || begins_block { self.blank() } else { self.line() }
            }
        }
        self.out.push_str(text);
    }

    /// `package`, an import or a rule.
    fn item(&mut self, index: usize, before: usize) {
        let (token, last) = (&self.tokens[index], &self.tokens[before]);
        self.continued = false;
        let apart = token.line > last.line_end + 1;
        let item = self.marks.items.get(&index);
        let earlier = self.last_item.and_then(|index| self.marks.items.get(&index));
        let together = match (earlier, item) {
            _ if last.kind == Kind::Comment && !self.trails(before) => !apart,
            (Some(Item::Import), Some(Item::Import)) => !apart,
            (Some(Item::Rule { groupable: true }), Some(Item::Rule { groupable: true })) => {
                self.last_item.is_some_and(|index| self.tokens[index].line + 1 == token.line)
            }
            _ => false,
        };
        if together {
            self.line()
        } else {
            self.blank()
        }
        self.begin_item(index);
    }

    fn begin_item(&mut self, index: usize) {
        self.last_item = Some(index);
        self.with_line = 0;
    }

    fn line(&mut self) {
        self.out.truncate(self.out.trim_end_matches([' ', '\t']).len());
        self.out.push('\n');
        let deep = self
            .open
            .iter()
            .filter(|open| matches!(self.brackets[open].layout, Layout::Lines | Layout::Conditions));
        let tabs = deep.count() + usize::from(self.continued);
        self.out.extend(std::iter::repeat_n('\t', tabs));
    }

    fn blank(&mut self) {
        self.out.truncate(self.out.trim_end().len());
        self.out.push('\n');
        self.line();
    }

    fn after_comment(&self, previous: Option<usize>) -> bool {
        previous.is_some_and(|before| self.tokens[before].kind == Kind::Comment)
    }

    /// Whether a comment stands behind something on its line.
    fn trails(&self, comment: usize) -> bool {
        comment > 0 && self.tokens[comment - 1].line_end == self.tokens[comment].line
    }

    /// The token behind comments.
    fn next_of(&self, index: usize) -> Option<usize> {
        (index + 1..self.tokens.len()).find(|next| self.tokens[*next].kind != Kind::Comment)
    }

    fn closes_now(&self, index: usize) -> bool {
        self.open.last().is_some_and(|open| self.brackets[open].close == index)
    }

    fn first_in(&self, open: usize) -> Option<usize> {
        self.next_of(open)
    }

    /// A condition directly in this bracket, not in one inside of it.
    fn begins_condition(&self, open: usize, index: usize) -> bool {
        self.marks.stmts.contains(&index) && self.brackets[&open].breaks.contains(&index)
    }

    fn is_word(&self, index: usize, word: &str) -> bool {
        self.tokens[index].text == word && !is_field(self.tokens, index)
    }

    /// Whether a space stands between two tokens on a line.
    fn spaced(&self, index: usize, before: usize) -> bool {
        let (token, last) = (self.tokens[index].text, self.tokens[before].text);
        let opens_before = self.brackets.contains_key(&before);
        if opens_before || matches!(token, "," | ";" | "." | ")" | "]" | "}") || last == "." {
            return false;
        }
        match token {
            "(" => !is_attached(self.tokens, index),
            "[" => !is_attached(self.tokens, index),
            ":" => false,
            _ => !(last == "-" && is_unary(self.tokens, before)),
        }
    }
}

/// Commas that come and go with line breaks, and semicolons that a line break replaces.
#[derive(Default)]
struct Commas {
    dropped: BTreeSet<usize>,
    /// Behind these tokens.
    added: BTreeSet<usize>,
}

fn commas(tokens: &[Token<'_>], brackets: &BTreeMap<usize, Bracket>) -> Commas {
    let mut commas = Commas::default();
    for (open, bracket) in brackets {
        let last = (*open + 1..bracket.close).rev().find(|index| tokens[*index].kind != Kind::Comment);
        match (bracket.layout, last) {
            (Layout::Lines, Some(last)) if tokens[last].text != "," => {
                commas.added.insert(last);
            }
            (Layout::Inline, Some(last)) if tokens[last].text == "," => {
                commas.dropped.insert(last);
            }
            (Layout::Conditions, _) => commas
                .dropped
                .extend(directly_in(tokens, *open, bracket.close).filter(|index| tokens[*index].text == ";")),
            _ => {}
        }
    }
    commas
}

/// Tokens in a bracket that are not in one inside of it; the inner brackets themselves are.
fn directly_in<'t>(tokens: &'t [Token<'t>], open: usize, close: usize) -> impl Iterator<Item = usize> + 't {
    let mut depth = 0_usize;
    (open + 1..close).filter(move |index| {
        let outer = depth == 0;
        match tokens[*index] {
            Token { kind: Kind::Symbol, text: "(" | "[" | "{", .. } => depth += 1,
            Token { kind: Kind::Symbol, text: ")" | "]" | "}", .. } => {
                depth = depth.saturating_sub(1);
                return depth == 0;
            }
            _ => {}
        }
        outer
    })
}

fn brackets(tokens: &[Token<'_>], marks: &Marks) -> BTreeMap<usize, Bracket> {
    let mut brackets = BTreeMap::new();
    let mut open = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.text {
            "(" | "[" | "{" => open.push(index),
            ")" | "]" | "}" => {
                if let Some(open) = open.pop() {
                    brackets.insert(open, bracket(tokens, marks, open, index));
                }
            }
            _ => {}
        }
    }
    brackets
}

fn bracket(tokens: &[Token<'_>], marks: &Marks, open: usize, close: usize) -> Bracket {
    let inside: Vec<usize> = directly_in(tokens, open, close).collect();
    let has_comment = inside.iter().any(|index| tokens[*index].kind == Kind::Comment);
    let bar = inside.iter().copied().find(|index| marks.bars.contains(index));
    let conditions = |from: usize| -> BTreeSet<usize> {
        inside.iter().copied().filter(|index| *index > from && marks.stmts.contains(index)).collect()
    };
    if marks.bodies.contains(&open) {
        return Bracket { layout: Layout::Conditions, close, breaks: conditions(open) };
    }
    if marks.every.contains(&open) {
        let breaks = conditions(open);
        let one_line = breaks.len() == 1
            && !has_comment
            && breaks.iter().all(|first| tokens[*first].line == tokens[open].line);
        let layout = if one_line { Layout::Padded } else { Layout::Conditions };
        return Bracket { layout, close, breaks };
    }
    if let Some(bar) = bar {
        let breaks = conditions(bar);
        let first = inside.iter().copied().find(|index| tokens[*index].kind != Kind::Comment).unwrap_or(bar);
        let several = has_comment || breaks.iter().any(|begin| tokens[*begin].line > tokens[first].line);
        let layout = if several { Layout::Conditions } else { Layout::Tight };
        return Bracket { layout, close, breaks };
    }
    let attached = is_attached(tokens, open);
    if tokens[open].text == "[" && attached || tokens[open].text == "(" && !attached {
        return Bracket { layout: Layout::Tight, close, breaks: BTreeSet::new() };
    }
    list(tokens, open, close, &inside, has_comment)
}

fn list(tokens: &[Token<'_>], open: usize, close: usize, inside: &[usize], has_comment: bool) -> Bracket {
    let mut elements = Vec::new();
    let mut begins = true;
    for &index in inside.iter().filter(|index| tokens[**index].kind != Kind::Comment) {
        if begins {
            elements.push(index);
        }
        begins = tokens[index].text == ",";
    }
    let mut breaks: BTreeSet<usize> = elements
        .windows(2)
        .filter(|pair| tokens[pair[1]].line > tokens[pair[0]].line)
        .map(|pair| pair[1])
        .collect();
    let Some(&first) = elements.first() else {
        let layout = if has_comment { Layout::Lines } else { Layout::Inline };
        return Bracket { layout, close, breaks };
    };
    let several = has_comment || !breaks.is_empty() || tokens[first].line > tokens[open].line_end;
    if several {
        breaks.insert(first);
    }
    Bracket { layout: if several { Layout::Lines } else { Layout::Inline }, close, breaks }
}

const KEYWORDS: [&str; 12] =
    ["as", "contains", "default", "else", "every", "if", "import", "in", "not", "package", "some", "with"];

/// A name behind a dot, whatever it is called.
fn is_field(tokens: &[Token<'_>], index: usize) -> bool {
    index > 0 && tokens[index - 1].text == "." && tokens[index - 1].end() == tokens[index].start
}

/// Whether a value ends with the token.
fn ends_value(tokens: &[Token<'_>], index: usize) -> bool {
    match tokens[index].kind {
        Kind::Word => {
            is_field(tokens, index) || !KEYWORDS.contains(&tokens[index].text) || is_called(tokens, index)
        }
        Kind::Number | Kind::Text => true,
        Kind::Symbol => matches!(tokens[index].text, ")" | "]" | "}"),
        Kind::Comment => false,
    }
}

/// `contains(…)` is the built-in of that name.
fn is_called(tokens: &[Token<'_>], index: usize) -> bool {
    tokens[index].text == "contains"
        && tokens.get(index + 1).is_some_and(|next| next.text == "(" && next.start == tokens[index].end())
}

/// Whether a bracket belongs to the value right before it: a call, or a member.
fn is_attached(tokens: &[Token<'_>], index: usize) -> bool {
    index > 0 && tokens[index - 1].end() == tokens[index].start && ends_value(tokens, index - 1)
}

/// A minus before a number, not between two.
fn is_unary(tokens: &[Token<'_>], index: usize) -> bool {
    index == 0 || !ends_value(tokens, index - 1)
}
