//! The pack of `policies/`, compiled in.

use std::sync::LazyLock;

use crate::{Policy, PolicyFile};

macro_rules! pack {
    ($($name:literal),* $(,)?) => {
        &[$(($name, include_str!(concat!("../../../policies/", $name)))),*]
    };
}

const RULES: &[(&str, &str)] = pack![
    "bailiwick.rego",
    "commands.rego",
    "labels.rego",
    "models.rego",
    "network.rego",
    "private.rego",
    "reads.rego",
    "requests.rego",
    "results.rego",
    "secrets.rego",
    "writes.rego",
];

const TESTS: &[(&str, &str)] = pack![
    "bailiwick_test.rego",
    "commands_test.rego",
    "labels_test.rego",
    "models_test.rego",
    "network_test.rego",
    "private_test.rego",
    "reads_test.rego",
    "requests_test.rego",
    "results_test.rego",
    "secrets_test.rego",
    "writes_test.rego",
];

impl Policy {
    /// The pack that comes with Bailiwick.
    #[expect(clippy::expect_used, reason = "the pack is part of the program, and a test compiles it")]
    pub fn shipped() -> Self {
        static SHIPPED: LazyLock<Policy> =
            LazyLock::new(|| Policy::compile(shipped_files()).expect("the shipped pack compiles"));
        SHIPPED.clone()
    }
}

/// The rules that come with Bailiwick, as files.
pub fn shipped_files() -> Vec<PolicyFile> {
    files(RULES)
}

/// The tests of the shipped rules, as files: to be given to [`crate::test`] together with the rules.
pub fn shipped_tests() -> Vec<PolicyFile> {
    files(TESTS)
}

fn files(pack: &[(&str, &str)]) -> Vec<PolicyFile> {
    pack.iter().map(|(path, text)| PolicyFile { path: (*path).into(), text: (*text).into() }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_file_of_the_folder_is_compiled_in() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../policies");
        let mut on_disk: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".rego"))
            .collect();
        on_disk.sort();
        let mut compiled_in: Vec<String> =
            RULES.iter().chain(TESTS).map(|(name, _)| (*name).to_owned()).collect();
        compiled_in.sort();
        assert_eq!(on_disk, compiled_in);
    }
}
