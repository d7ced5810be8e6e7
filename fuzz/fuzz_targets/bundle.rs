//! Policy bundles: limits hold, names stay inside, what was read can be written and read again, and nothing that is
//! not signed passes for signed.
#![no_main]

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::sync::LazyLock;

use flate2::Compression;
use flate2::write::GzEncoder;
use libfuzzer_sys::fuzz_target;
use policy::bundle::{Key, Keys, Limits, read, write};

const LIMITS: Limits = Limits { archive_bytes_max: 1 << 20, unpacked_bytes_max: 1 << 20, entries_max: 50 };

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    keys: BTreeMap::from([(
        "one".into(),
        Key { algorithm: "HS256".into(), key: "a shared secret that the seeds do not know".into() },
    )]),
    key_id: None,
    scope: String::new(),
});

fuzz_target!(|bytes: &[u8]| {
    // Compressed here unless it is already: no mutation gets past a checksum.
    let packed;
    let archive = if bytes.starts_with(&[0x1f, 0x8b]) {
        bytes
    } else {
        packed = gzip(bytes);
        &packed
    };
    assert!(read(archive, Some(&KEYS), &LIMITS).is_err(), "a signature was forged");
    let Ok(bundle) = read(archive, None, &LIMITS) else { return };
    assert_eq!(bundle.signed_by, None);
    assert!(bundle.data.is_object());
    let texts: usize = bundle.files.iter().map(|file| file.text.len()).sum();
    assert!(texts as u64 <= LIMITS.unpacked_bytes_max && bundle.files.len() as u64 <= LIMITS.entries_max);
    let names: BTreeSet<&str> = bundle.files.iter().map(|file| file.path.as_str()).collect();
    assert_eq!(names.len(), bundle.files.len());
    for name in names {
        assert!(name.split('/').all(|part| !matches!(part, "" | "." | "..")), "{name:?}");
    }
    let again = write(&bundle, None).expect("what was read can be written");
    let other = read(&again, None, &Limits::default()).expect("what was written can be read");
    assert_eq!((other.files, other.data), (bundle.files, bundle.data));
});

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    gzip.write_all(bytes).expect("memory");
    gzip.finish().expect("memory")
}
