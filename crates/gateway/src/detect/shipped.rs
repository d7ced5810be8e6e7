//! The detectors that come with the program.

use std::sync::LazyLock;

use regex::Regex;

use super::Detector;

/// Digits of a payment card, least and most.
const CARD_DIGITS: std::ops::RangeInclusive<usize> = 13..=19;

pub(super) fn all() -> [(&'static str, Detector); 4] {
    let of =
        |name: &str, patterns: &LazyLock<Vec<Regex>>| Detector::new(name, LazyLock::force(patterns).clone());
    [
        ("keys", of("keys", &KEYS)),
        ("tokens", of("tokens", &TOKENS)),
        ("cards", Detector { counts: is_card, ..of("cards", &CARDS) }),
        ("emails", of("emails", &EMAILS)),
    ]
}

/// Private keys, and keys of clouds and services.
static KEYS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    expressions(&[
        r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----[\s\S]*?(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY(?: BLOCK)?-----|\z)",
        r"\b(?:AKIA|ASIA|AGPA|AIDA|AROA|ANPA|ANVA)[A-Z0-9]{16}\b",
        r"(?i)\baws_?secret_?(?:access_?)?key\b[^\n]{0,10}?[=:][\s\x22']*(?P<secret>[A-Za-z0-9/+]{40})",
        r"\bAIza[0-9A-Za-z_-]{35}",
        r"\b(?:sk|rk|pk)_(?:live|test)_[0-9A-Za-z]{16,}",
        r"\bsk-(?:ant-|proj-|svcacct-|or-v1-)?[0-9A-Za-z_-]{20,}",
        r"\bSG\.[0-9A-Za-z_-]{16,}\.[0-9A-Za-z_-]{16,}",
        r"\bAccountKey=(?P<secret>[0-9A-Za-z+/]{60,}={0,2})",
        r"(?i)\b(?:api|access|secret|private|encryption|signing)[_-]?key\b[\x22']?\s*[=:]\s*[\x22']?(?P<secret>[0-9A-Za-z_\-/+.]{16,})",
    ])
});

/// Bearer tokens, tokens of forges and registries, signed tokens, passwords in addresses.
static TOKENS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    expressions(&[
        r"\bgh[pousr]_[0-9A-Za-z]{30,}",
        r"\bgithub_pat_[0-9A-Za-z_]{40,}",
        r"\bgl(?:pat|dt|ptt|rt|cbt|agent|oas|soat|ft|imt|ffct)-[0-9A-Za-z_-]{16,}",
        r"\bxox[abeoprs]-[0-9A-Za-z-]{10,}",
        r"\bxapp-[0-9]-[0-9A-Za-z-]{20,}",
        r"https://hooks\.slack\.com/services/(?P<secret>[0-9A-Za-z/]{20,})",
        r"\bnpm_[0-9A-Za-z]{30,}",
        r"\bpypi-[0-9A-Za-z_-]{30,}",
        r"\bdop_v1_[0-9a-f]{40,}",
        r"\bhf_[0-9A-Za-z]{30,}",
        r"\bya29\.[0-9A-Za-z_-]{20,}",
        r"\beyJ[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]{8,}\.[0-9A-Za-z_-]*",
        r"(?i)\bbearer\s+(?P<secret>[0-9A-Za-z._~+/-]{16,}=*)",
        r"(?i)\b(?:(?:access|auth|refresh|session|id)[_-]?token|token|secret|passwd|password)\b[\x22']?\s*[=:]\s*[\x22']?(?P<secret>[^\s\x22',;&]{8,})",
        r"(?i)\b[a-z][a-z0-9+.-]{1,20}://[^\s/:@]{0,100}:(?P<secret>[^\s/@]{3,200})@",
    ])
});

static CARDS: LazyLock<Vec<Regex>> =
    LazyLock::new(|| expressions(&[r"\b[2-6][0-9](?:[ -]?[0-9]){10,16}[0-9]\b"]));

static EMAILS: LazyLock<Vec<Regex>> = LazyLock::new(|| {
    expressions(&[
        r"(?i)[\p{L}\p{N}._%+'-]{1,64}(?:@|%40)(?:[\p{L}\p{N}](?:[\p{L}\p{N}-]{0,61}[\p{L}\p{N}])?\.)+\p{L}{2,63}\b",
    ])
});

fn expressions(patterns: &[&str]) -> Vec<Regex> {
    patterns.iter().map(|pattern| Regex::new(pattern).expect("the expressions here are right")).collect()
}

/// The right number of digits, and the check digit of Luhn.
fn is_card(text: &str) -> bool {
    let digits: Vec<u32> = text.chars().filter_map(|c| c.to_digit(10)).collect();
    let sum: u32 = digits
        .iter()
        .rev()
        .enumerate()
        .map(|(place, digit)| match (place % 2, digit * 2) {
            (0, _) => *digit,
            (_, double) if double > 9 => double - 9,
            (_, double) => double,
        })
        .sum();
    let all_same = digits.windows(2).all(|pair| pair[0] == pair[1]);
    CARD_DIGITS.contains(&digits.len()) && sum.is_multiple_of(10) && !all_same
}
