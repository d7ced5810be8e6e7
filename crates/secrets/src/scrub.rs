//! Takes known values out of texts.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use arc_swap::ArcSwapOption;
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::Value;

use crate::forms;

/// Knows every value that was opened in this process, in all its [forms](forms::of), and replaces them by
/// `[secret NAME]`. Values of fewer than eight bytes are not looked for: they would be found everywhere. Cheap
/// to clone; all clones know the same.
#[derive(Clone, Default)]
pub struct Scrubber {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    known: Mutex<Known>,
    finder: ArcSwapOption<Finder>,
}

#[derive(Default)]
struct Known {
    /// Form to name. Values that were replaced stay: they may be valid elsewhere still.
    forms: BTreeMap<String, String>,
    /// Digests of the values, to know again what was learned.
    values: HashSet<Vec<u8>>,
}

struct Finder {
    automaton: AhoCorasick,
    /// By pattern.
    replacements: Vec<String>,
}

impl Finder {
    /// A value that was found in several pieces is named once.
    fn replace(&self, text: &str) -> String {
        let mut replaced = String::with_capacity(text.len());
        let mut done = 0;
        let mut last = None;
        for found in self.automaton.find_iter(text) {
            let replacement = &self.replacements[found.pattern()];
            replaced.push_str(&text[done..found.start()]);
            if found.start() > done || last != Some(replacement) {
                replaced.push_str(replacement);
            }
            done = found.end();
            last = Some(replacement);
        }
        replaced.push_str(&text[done..]);
        replaced
    }
}

impl Scrubber {
    /// Makes a value known under a name. Costs nothing when it is known already.
    pub fn learn(&self, name: &str, value: &str) {
        let mut known = self.shared.known.lock().unwrap_or_else(PoisonError::into_inner);
        if value.len() < forms::FORM_BYTES_MIN
            || !known.values.insert(digest(&SHA256, value.as_bytes()).as_ref().to_vec())
        {
            return;
        }
        for form in forms::of(value) {
            known.forms.entry(form).or_insert_with(|| name.to_owned());
        }
        // Longest first, so that a value that contains another is replaced whole.
        let built = AhoCorasick::builder()
            .match_kind(MatchKind::LeftmostLongest)
            .kind(Some(AhoCorasickKind::ContiguousNFA))
            .build(known.forms.keys());
        if let Ok(automaton) = built {
            let replacements = known.forms.values().map(|name| format!("[secret {name}]")).collect();
            self.shared.finder.store(Some(Arc::new(Finder { automaton, replacements })));
        }
    }

    /// True when something was replaced.
    pub fn scrub(&self, text: &mut String) -> bool {
        let finder = self.shared.finder.load();
        let Some(finder) = finder.as_deref().filter(|finder| finder.automaton.is_match(text.as_str())) else {
            return false;
        };
        *text = finder.replace(text);
        true
    }

    /// The same for every string of a JSON value, names of members included. True when something was replaced.
    pub fn scrub_json(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) => self.scrub(text),
            Value::Array(items) => items.iter_mut().fold(false, |any, item| self.scrub_json(item) | any),
            Value::Object(members) => {
                let mut any = false;
                if members.keys().any(|key| self.contains(key)) {
                    any = true;
                    *members = std::mem::take(members)
                        .into_iter()
                        .map(|(mut key, value)| {
                            self.scrub(&mut key);
                            (key, value)
                        })
                        .collect();
                }
                members.values_mut().fold(any, |any, member| self.scrub_json(member) | any)
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => false,
        }
    }

    /// Whether there is anything to replace: what need not be changed need not be parsed.
    pub fn contains(&self, text: impl AsRef<[u8]>) -> bool {
        self.shared.finder.load().as_deref().is_some_and(|finder| finder.automaton.is_match(text.as_ref()))
    }
}

impl fmt::Debug for Scrubber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrubber(hidden)")
    }
}
