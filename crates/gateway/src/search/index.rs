//! BM25 over names, descriptions and names of parameters.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use bm25::{Embedder, EmbedderBuilder, Scorer, Tokenizer};

use crate::identify::{Catalogue, Entry};
use crate::search::SERVER;

/// The index of the catalogue that was searched last.
#[derive(Default)]
pub(crate) struct Indexes {
    last: Mutex<Option<(Weak<Catalogue>, Arc<Index>)>>,
}

impl Indexes {
    pub(crate) fn of(&self, catalogue: &Arc<Catalogue>) -> Arc<Index> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((of, index)) = &*last
            && Weak::as_ptr(of) == Arc::as_ptr(catalogue)
        {
            return index.clone();
        }
        let index = Arc::new(Index::new(&catalogue.entries));
        *last = Some((Arc::downgrade(catalogue), index.clone()));
        index
    }
}

pub(crate) struct Index {
    embedder: Embedder<u32, Words>,
    scorer: Scorer<usize>,
}

impl Index {
    fn new(entries: &[Arc<Entry>]) -> Self {
        let texts: Vec<String> = entries.iter().map(|entry| text(entry)).collect();
        let corpus: Vec<&str> = texts.iter().map(String::as_str).collect();
        let embedder =
            EmbedderBuilder::<u32, Words>::with_tokenizer_and_fit_to_corpus(Words, &corpus).build();
        let mut scorer = Scorer::new();
        for (place, text) in texts.iter().enumerate() {
            // Our own tools are listed anyway.
            if entries[place].slot.name != SERVER {
                scorer.upsert(&place, embedder.embed(text));
            }
        }
        Self { embedder, scorer }
    }

    /// Places in the catalogue, best first.
    pub(crate) fn find(&self, query: &str) -> Vec<usize> {
        let query = self.embedder.embed(query);
        self.scorer.matches(&query).into_iter().map(|found| found.id).collect()
    }
}

/// What is searched of a tool. Its name counts twice.
fn text(entry: &Entry) -> String {
    let tool = &entry.known.tool;
    let mut text = format!("{} {} {} {}", tool.name, tool.name, entry.slot.name, tool.description);
    if let Some(properties) = tool.input_schema.get("properties").and_then(|found| found.as_object()) {
        for name in properties.keys() {
            text.push(' ');
            text.push_str(name);
        }
    }
    text
}

/// Splits at everything that is no letter or digit, and inside `camelCase`; plurals lose their `s`.
struct Words;

impl Tokenizer for Words {
    fn tokenize(&self, text: &str) -> Vec<String> {
        let mut words = Vec::new();
        let mut word = String::new();
        let mut lower_before = false;
        for c in text.chars() {
            let begins = c.is_uppercase() && lower_before;
            if begins || !c.is_alphanumeric() {
                push(&mut words, &mut word);
            }
            if c.is_alphanumeric() {
                word.extend(c.to_lowercase());
            }
            lower_before = c.is_lowercase();
        }
        push(&mut words, &mut word);
        words
    }
}

fn push(words: &mut Vec<String>, word: &mut String) {
    if word.len() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
    if !word.is_empty() {
        words.push(std::mem::take(word));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_names_are_written() {
        assert_eq!(
            Words.tokenize("listOpenIssues of a_repo-name, v2 (Übersicht)"),
            ["list", "open", "issue", "of", "a", "repo", "name", "v2", "übersicht"]
        );
    }
}
