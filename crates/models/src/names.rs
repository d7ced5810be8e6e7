//! Names a person mistyped: the nearest known one.

/// The known name nearest to `name`, when it is near enough to be what was meant.
pub(crate) fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Below this likeness (0 to 1, Jaro-Winkler) a suggestion confuses more than it helps.
    const LIKENESS_MIN: f64 = 0.75;
    known
        .into_iter()
        .map(|candidate| (likeness(name, candidate), candidate))
        .filter(|(score, _)| *score >= LIKENESS_MIN)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, candidate)| candidate)
}

/// Likeness to the whole name or, for someone who left the provider out, to what follows it.
fn likeness(name: &str, candidate: &str) -> f64 {
    let name = name.to_lowercase();
    let tail = candidate.split_once('/').map_or(candidate, |(_, tail)| tail);
    strsim::jaro_winkler(&name, candidate).max(strsim::jaro_winkler(&name, tail))
}

/// `Did you mean …? ` or nothing, for the middle of an error text.
pub(crate) fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(name, known).map(|near| format!("Did you mean `{near}`? ")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_found_and_a_far_one_is_not() {
        let known = ["anthropic/claude-sonnet-5-5", "openai/gpt-6-sol", "demo"];
        assert_eq!(nearest("anthropic/claude-sonet-5.5", known), Some(known[0]));
        assert_eq!(nearest("gpt-6-soul", known), Some(known[1]));
        assert_eq!(nearest("Demo", known), Some("demo"));
        assert_eq!(nearest("zzz", known), None);
    }
}
