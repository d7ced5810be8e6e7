//! Writing a bundle.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, Header};

use super::assemble::assemble;
use super::sign::sign;
use super::verify::SIGNATURES;
use super::{Bundle, BundleError, Entry, Limits, SigningKey};

/// Writes the archive, signed if there is a key. The same bundle makes the same bytes: no times, no names of users.
pub fn write(bundle: &Bundle, key: Option<&SigningKey>) -> Result<Vec<u8>, BundleError> {
    let mut manifest = bundle.manifest.clone();
    manifest.rego_version = Some(1);
    let json = |value: Result<Vec<u8>, serde_json::Error>| {
        value.map_err(|error| BundleError::Data(error.to_string()))
    };
    let mut entries = vec![
        Entry { path: "data.json".into(), bytes: json(serde_json::to_vec(&bundle.data))? },
        Entry { path: ".manifest".into(), bytes: json(serde_json::to_vec(&manifest))? },
    ];
    entries.extend(
        bundle
            .files
            .iter()
            .map(|file| Entry { path: file.path.clone(), bytes: file.text.clone().into_bytes() }),
    );
    // What is written must be readable: the same rules as for what comes in.
    assemble(entries.clone(), None, &Limits::default())?;
    if let Some(key) = key {
        entries.push(Entry { path: SIGNATURES.into(), bytes: sign(&entries, key)? });
    }
    archive(&entries).map_err(|error| BundleError::Archive(error.to_string()))
}

fn archive(entries: &[Entry]) -> std::io::Result<Vec<u8>> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    for entry in entries {
        let mut header = Header::new_gnu();
        header.set_size(entry.bytes.len() as u64);
        header.set_mode(0o600);
        tar.append_data(&mut header, &entry.path, entry.bytes.as_slice())?;
    }
    let mut gzip = tar.into_inner()?;
    gzip.flush()?;
    gzip.finish()
}
