//! `bailiwick policy build`: a folder as an OPA bundle.

use std::path::Path;

use policy::bundle::{self, Bundle, SigningKey};

use super::files::from_disk;
use crate::exit::Failure;

/// Name under which verifiers keep the key when nobody says otherwise, as in `opa sign`.
const KEY_ID: &str = "default";

pub fn build(
    folder: &Path,
    output: &Path,
    signing_key: Option<&Path>,
    algorithm: &str,
    revision: &str,
) -> Result<(), Failure> {
    let rules = from_disk(folder)?;
    let bundle = Bundle { data: rules.data, ..Bundle::of(rules.files, revision) };
    let key = match signing_key {
        None => None,
        Some(file) => {
            let key = std::fs::read_to_string(file)
                .map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
            let (algorithm, id) = (algorithm.to_owned(), KEY_ID.to_owned());
            Some(SigningKey { algorithm, key, id, scope: String::new() })
        }
    };
    let bytes = bundle::write(&bundle, key.as_ref())?;
    std::fs::write(output, bytes)
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", output.display())))
}
