//! Texts with references to secrets: every reference is found, and nothing else is taken for one.
#![no_main]

use libfuzzer_sys::fuzz_target;
use secrets::{NAME_CHARS_MAX, SCHEME, Template, check_name};

fuzz_target!(|text: &str| {
    let Ok(template) = Template::parse(text) else {
        assert!(text.to_ascii_lowercase().contains(SCHEME), "a text without references is always good");
        return;
    };
    let names: Vec<&str> = template.names().collect();
    // Also in another case: what looks like a reference must not be sent as it stands.
    let found: Vec<&str> = text.split(SCHEME).skip(1).collect();
    assert_eq!(text.to_ascii_lowercase().matches(SCHEME).count(), found.len());
    assert_eq!(names.len(), found.len());
    for (name, rest) in names.iter().zip(found) {
        assert!(check_name(name).is_ok(), "{name:?}");
        let after = rest.strip_prefix(name).expect("the name stands behind the scheme");
        assert!(
            !after.starts_with(|c: char| c.is_alphanumeric() || "-_./".contains(c)),
            "{name:?} was cut short"
        );
    }
    // Somebody may have written a value into the settings.
    let plain = text.split(SCHEME).next().unwrap_or_default();
    if plain.len() > NAME_CHARS_MAX {
        assert!(!format!("{template:?}").contains(plain));
    }
});
