//! Named detectors: what they find in texts is replaced wherever it stands.
//!
//! They look at every text of a result or a notification: content, structured content, texts of resources, progress
//! and log messages. Base64 (`data` of images and audio, `blob` of resources) is left alone: it is not text, and a
//! policy that fears what hides there denies the result. Names of members are left alone too.

mod shipped;
mod walk;

use std::collections::BTreeMap;
use std::sync::Arc;

use regex::{Captures, Regex, RegexBuilder};
use serde_json::Value;

/// Size one compiled expression of the configuration may have, bytes.
const COMPILED_BYTES_MAX: usize = 1 << 20;

/// What can be asked for by name.
pub(crate) struct Detectors {
    /// The error is why an expression of the configuration cannot be used.
    named: BTreeMap<String, Result<Arc<Detector>, String>>,
}

/// One detector: expressions, and what makes a find a true one.
struct Detector {
    marker: String,
    patterns: Vec<Regex>,
    /// False for a find that only looks like one.
    counts: fn(&str) -> bool,
}

impl Detectors {
    /// The shipped ones and those of the configuration, which may replace a shipped one. An expression that cannot be
    /// used is kept as its error: whatever the policy wants it for is withheld.
    pub(crate) fn new(configured: &BTreeMap<String, String>) -> Self {
        let mut named: BTreeMap<_, _> = shipped::all()
            .into_iter()
            .map(|(name, detector)| (name.to_owned(), Ok(Arc::new(detector))))
            .collect();
        for (name, pattern) in configured {
            let made = compile(pattern).map(|pattern| Arc::new(Detector::new(name, vec![pattern])));
            if let Err(why) = &made {
                tracing::error!(
                    detector = name,
                    why,
                    "gateway.detectors has an expression that cannot be used"
                );
            }
            named.insert(name.clone(), made);
        }
        Self { named }
    }

    /// The detectors of these names. The error is a sentence without a full stop.
    pub(crate) fn chosen<'a>(&self, names: impl IntoIterator<Item = &'a String>) -> Result<Chosen, String> {
        let mut detectors: Vec<Arc<Detector>> = Vec::new();
        for name in names {
            match self.named.get(name) {
                Some(Ok(detector)) if detectors.iter().any(|other| Arc::ptr_eq(other, detector)) => {}
                Some(Ok(detector)) => detectors.push(detector.clone()),
                Some(Err(why)) => return Err(format!("the detector {name} cannot be used: {why}")),
                None => {
                    let known: Vec<&str> = self.named.keys().map(String::as_str).collect();
                    return Err(format!(
                        "the policy asks for the detector {name}, which is none of {}; add it under \
                         gateway.detectors",
                        known.join(", ")
                    ));
                }
            }
        }
        Ok(Chosen { detectors })
    }
}

impl Detector {
    fn new(name: &str, patterns: Vec<Regex>) -> Self {
        Self { marker: format!("[redacted {name}]"), patterns, counts: |_| true }
    }
}

/// Whether an expression of the configuration can be used. The error is a sentence without a full stop.
pub(crate) fn check(pattern: &str) -> Result<(), String> {
    compile(pattern).map(drop)
}

/// Checks an expression as the configuration gives it. The error is a sentence without a full stop.
fn compile(pattern: &str) -> Result<Regex, String> {
    let regex = RegexBuilder::new(pattern)
        .size_limit(COMPILED_BYTES_MAX)
        .dfa_size_limit(COMPILED_BYTES_MAX)
        .build()
        .map_err(|error| error.to_string())?;
    if regex.is_match("") {
        return Err("it matches the empty text, so it would match everywhere".into());
    }
    Ok(regex)
}

/// Detectors that apply to one call.
#[derive(Clone, Default)]
pub(crate) struct Chosen {
    detectors: Vec<Arc<Detector>>,
}

impl Chosen {
    pub(crate) fn is_empty(&self) -> bool {
        self.detectors.is_empty()
    }

    /// Replaces finds in every text of a value. True when there were any.
    pub(crate) fn clean(&self, value: &mut Value) -> bool {
        !self.is_empty() && walk::texts(value, &mut |text| self.clean_text(text))
    }

    pub(crate) fn clean_text(&self, text: &mut String) -> bool {
        let mut found = false;
        for detector in &self.detectors {
            for pattern in &detector.patterns {
                if !pattern.is_match(text) {
                    continue;
                }
                let replaced = pattern.replace_all(text, |captures: &Captures<'_>| {
                    let whole = &captures[0];
                    // Where an expression names the part that is secret, the rest stays to be read.
                    let secret = captures.name("secret").map_or(whole, |secret| secret.as_str());
                    if !(detector.counts)(secret) {
                        return whole.to_owned();
                    }
                    found = true;
                    whole.replacen(secret, &detector.marker, 1)
                });
                let replaced = replaced.into_owned();
                *text = replaced;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests;
