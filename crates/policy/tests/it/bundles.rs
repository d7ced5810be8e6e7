//! Bundles: ours, OPA's, and those that must be refused.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use domain::decision::Verdict;
use flate2::Compression;
use flate2::write::GzEncoder;
use policy::bundle::{self, Bundle, BundleError, Entry, Key, Keys, Limits, Manifest, SigningKey};
use policy::{Config, PolicyFile};
use serde_json::{Value, json};
use tar::{Builder, EntryType, Header};

use crate::questions::call;

/// The real OPA, built once.
pub fn opa() -> &'static Path {
    static OPA: OnceLock<PathBuf> = OnceLock::new();
    OPA.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/opa/build.sh");
        let built = Command::new(script).output().expect("tests/opa/build.sh runs");
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        Path::new(String::from_utf8(built.stdout).unwrap().trim()).join("opa")
    })
}

fn run_opa(arguments: &[&str], folder: &Path) -> Result<String, String> {
    let run = Command::new(opa()).args(arguments).current_dir(folder).output().unwrap();
    let said = [run.stdout, run.stderr].map(|said| String::from_utf8(said).unwrap());
    if run.status.success() { Ok(said.concat()) } else { Err(said.concat()) }
}

const RULES: &str = "package bailiwick\n\nallow contains \"known\" if input.tool.name in data.tools.known\n";
const TESTS: &str = "package bailiwick_test\n\nimport data.bailiwick\n\ntest_known if {\n\tcount(bailiwick.allow) == 1 with input as {\"tool\": {\"name\": \"a\"}}\n}\n";

fn example() -> Bundle {
    Bundle {
        manifest: Manifest {
            revision: "r1".into(),
            roots: Some(vec!["bailiwick".into(), "bailiwick_test".into(), "tools".into()]),
            ..Manifest::default()
        },
        files: vec![
            PolicyFile { path: "rules/tools.rego".into(), text: RULES.into() },
            PolicyFile { path: "rules/tools_test.rego".into(), text: TESTS.into() },
        ],
        data: json!({"tools": {"known": ["a", "b"], "odd": {"ü<&>\u{2028}": [1.50, 1e3, null]}}}),
        signed_by: None,
    }
}

fn pem(kind: &str, der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let lines: Vec<&str> =
        text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {kind}-----\n{}\n-----END {kind}-----\n", lines.join("\n"))
}

/// A private and a public key as PEM; twice the same secret for HMAC.
fn key_pair(algorithm: &str) -> (String, String) {
    match algorithm {
        "RS256" | "PS512" => {
            let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
            let private: Pkcs8V1Der<'_> = pair.as_der().unwrap();
            let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
            (pem("PRIVATE KEY", private.as_ref()), pem("PUBLIC KEY", public.as_ref()))
        }
        "ES256" => {
            let private =
                EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, private.as_ref()).unwrap();
            let public: PublicKeyX509Der<'_> = pair.public_key().as_der().unwrap();
            (pem("PRIVATE KEY", private.as_ref()), pem("PUBLIC KEY", public.as_ref()))
        }
        _ => ("a shared secret of some length".into(), "a shared secret of some length".into()),
    }
}

fn keys(algorithm: &str, key: &str) -> Keys {
    let key = Key { algorithm: algorithm.into(), key: key.into() };
    Keys { keys: [("ours".to_owned(), key)].into(), ..Keys::default() }
}

fn signing(algorithm: &str, key: &str) -> SigningKey {
    SigningKey { algorithm: algorithm.into(), key: key.into(), id: "ours".into(), scope: String::new() }
}

fn read(archive: &[u8]) -> Result<Bundle, BundleError> {
    bundle::read(archive, None, &Limits::default())
}

#[test]
fn what_was_written_is_read() {
    let archive = bundle::write(&example(), None).unwrap();
    assert_eq!(archive, bundle::write(&example(), None).unwrap(), "the same bundle makes the same bytes");
    let back = read(&archive).unwrap();
    let mut wanted = example();
    wanted.manifest.rego_version = Some(1);
    assert_eq!(back, wanted);
    assert_eq!(back.test().unwrap().passed, ["bailiwick_test.test_known"]);
}

#[test]
fn rules_see_the_data_of_the_bundle() {
    let known = example().compile(Config::default()).unwrap();
    assert_eq!(known.decide(&call("a", json!({}))).verdict, Verdict::Allow);
    assert_eq!(known.decide(&call("c", json!({}))).verdict, Verdict::Deny);
    assert!(known.files().iter().all(|file| !file.is_test()));

    let mut other = example();
    other.data["tools"]["known"] = json!(["c"]);
    let other = other.compile(Config::default()).unwrap();
    assert_eq!(other.decide(&call("c", json!({}))).verdict, Verdict::Allow);
    assert_ne!(known.revision(), other.revision(), "data belongs to what a revision names");
}

#[test]
fn data_may_not_stand_where_rules_speak() {
    let mut hidden = example();
    hidden.data["bailiwick"] = json!({"allow": ["everything"]});
    let error = hidden.compile(Config::default()).unwrap_err().to_string();
    assert!(error.contains("allow"), "{error}");
}

#[test]
fn the_real_opa_reads_what_we_write() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("bundle.tar.gz"), bundle::write(&example(), None).unwrap()).unwrap();
    std::fs::write(folder.path().join("input.json"), r#"{"tool": {"name": "b"}}"#).unwrap();
    let said = run_opa(
        &[
            "eval",
            "--bundle",
            "bundle.tar.gz",
            "--input",
            "input.json",
            "--format",
            "raw",
            "data.bailiwick.allow",
        ],
        folder.path(),
    );
    assert_eq!(said.unwrap().trim(), r#"["known"]"#);
}

#[test]
fn the_real_opa_verifies_what_we_sign_and_we_what_it_signs() {
    for algorithm in ["HS256", "RS256", "PS512", "ES256"] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let (private, public) = key_pair(algorithm);
        std::fs::write(folder.join("private.pem"), &private).unwrap();
        std::fs::write(folder.join("public.pem"), &public).unwrap();

        let ours = bundle::write(&example(), Some(&signing(algorithm, &private))).unwrap();
        std::fs::write(folder.join("ours.tar.gz"), &ours).unwrap();
        let read = bundle::read(&ours, Some(&keys(algorithm, &public)), &Limits::default()).unwrap();
        assert_eq!(read.signed_by.as_deref(), Some("ours"));

        let verification: &[&str] = &[
            "--verification-key",
            "public.pem",
            "--verification-key-id",
            "ours",
            "--signing-alg",
            algorithm,
        ];
        let signing: &[&str] = &["--signing-key", "private.pem"];
        let built = ["build", "--bundle", "ours.tar.gz", "--output", "theirs.tar.gz"];
        run_opa(&[&built, verification, signing].concat(), folder).unwrap();

        // With another key it must fail, or nothing was verified above.
        let (_, wrong) =
            if algorithm == "HS256" { (String::new(), "wrong".into()) } else { key_pair(algorithm) };
        std::fs::write(folder.join("public.pem"), &wrong).unwrap();
        let refused = ["build", "--bundle", "ours.tar.gz", "--output", "never.tar.gz"];
        assert!(run_opa(&[&refused, verification].concat(), folder).is_err());
        assert!(bundle::read(&ours, Some(&keys(algorithm, &wrong)), &Limits::default()).is_err());

        let theirs = std::fs::read(folder.join("theirs.tar.gz")).unwrap();
        let by = Keys { key_id: Some("ours".into()), ..keys(algorithm, &public) };
        let read = bundle::read(&theirs, Some(&by), &Limits::default()).unwrap();
        assert_eq!(read.data, example().data);
        assert_eq!(read.manifest.revision, "r1");
        assert!(
            bundle::read(&theirs, None, &Limits::default()).is_err(),
            "signed, and no key to check it by"
        );
    }
}

#[test]
fn a_folder_that_opa_signed_is_taken() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    std::fs::create_dir_all(folder.join("b/tools")).unwrap();
    for (name, text) in [
        ("b/tools.rego", RULES),
        ("b/tools/data.yaml", "known: [a]\nodd: {z: 1.50, a: yes please}\n"),
        ("b/.manifest", r#"{"revision": "x", "roots": ["bailiwick", "tools"]}"#),
    ] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let (private, public) = key_pair("ES256");
    std::fs::write(folder.join("private.pem"), private).unwrap();
    run_opa(
        &["sign", "--bundle", ".", "--signing-key", "../private.pem", "--signing-alg", "ES256"],
        &folder.join("b"),
    )
    .unwrap();
    let mut entries: Vec<Entry> = ["tools.rego", "tools/data.yaml", ".manifest"]
        .map(|path| Entry { path: path.into(), bytes: std::fs::read(folder.join("b").join(path)).unwrap() })
        .to_vec();
    let signatures = std::fs::read(folder.join("b/.signatures.json")).unwrap();
    entries.push(Entry { path: ".signatures.json".into(), bytes: signatures });

    let by = Keys { key_id: Some("ours".into()), ..keys("ES256", &public) };
    let read = bundle::assemble(entries.clone(), Some(&by), &Limits::default()).unwrap();
    assert_eq!(read.data, json!({"tools": {"known": ["a"], "odd": {"z": 1.5, "a": "yes please"}}}));

    // Changed, added, removed: each is found.
    for change in [
        |entries: &mut Vec<Entry>| entries[0].bytes.push(b'\n'),
        |entries: &mut Vec<Entry>| entries.push(Entry { path: "more.rego".into(), bytes: RULES.into() }),
        |entries: &mut Vec<Entry>| drop(entries.remove(1)),
    ] {
        let mut changed = entries.clone();
        change(&mut changed);
        let error = bundle::assemble(changed, Some(&by), &Limits::default()).unwrap_err();
        assert!(matches!(error, BundleError::Signature(_)), "{error}");
    }
}

#[test]
fn only_the_configured_algorithm_scope_and_key_hold() {
    let (private, public) = key_pair("RS256");
    let signed = bundle::write(&example(), Some(&signing("RS256", &private))).unwrap();
    let limits = Limits::default();
    let refused = |keys: &Keys| bundle::read(&signed, Some(keys), &limits).unwrap_err().to_string();

    // A public key taken for a shared secret is the oldest trick there is.
    let forged = bundle::write(&example(), Some(&signing("HS256", &public))).unwrap();
    assert!(bundle::read(&forged, Some(&keys("RS256", &public)), &limits).is_err());
    let scoped = Keys { scope: "write".into(), ..keys("RS256", &public) };
    assert!(refused(&scoped).contains("scope"));
    let renamed = Keys { key_id: Some("theirs".into()), ..keys("RS256", &public) };
    assert!(refused(&renamed).contains("theirs"));
    let unsigned = bundle::write(&example(), None).unwrap();
    assert!(bundle::read(&unsigned, Some(&keys("RS256", &public)), &limits).is_err());
}

#[test]
fn keys_are_not_shown() {
    let shown = format!("{:?} {:?}", keys("HS256", "s3cret"), signing("HS256", "s3cret"));
    assert!(!shown.contains("s3cret"), "{shown}");
}

/// An archive of files and whatever else.
fn archive(add: impl FnOnce(&mut Builder<GzEncoder<Vec<u8>>>)) -> Vec<u8> {
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    add(&mut tar);
    tar.into_inner().unwrap().finish().unwrap()
}

/// Puts a name into a header as it is, which `tar` itself would refuse.
fn raw(tar: &mut Builder<GzEncoder<Vec<u8>>>, name: &str, kind: EntryType, bytes: &[u8]) {
    let mut header = Header::new_gnu();
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_cksum();
    tar.append(&header, bytes).unwrap();
}

#[test]
fn names_that_leave_the_bundle_links_and_doubles_are_refused() {
    for (name, kind) in [
        ("../../etc/cron.d/x.rego", EntryType::Regular),
        ("a/../../x.rego", EntryType::Regular),
        ("x.rego", EntryType::Symlink),
        ("x.rego", EntryType::Link),
        ("x", EntryType::Fifo),
        ("x", EntryType::Block),
        ("a\\b.rego", EntryType::Regular),
        ("patch.json", EntryType::Regular),
        ("policy.wasm", EntryType::Regular),
        ("sub/.manifest", EntryType::Regular),
    ] {
        let bad = archive(|tar| raw(tar, name, kind, b"{}"));
        assert!(matches!(read(&bad), Err(BundleError::Entry { .. })), "{name} {kind:?}: {:?}", read(&bad));
    }
    let doubled = archive(|tar| {
        raw(tar, "x.rego", EntryType::Regular, RULES.as_bytes());
        raw(tar, "/./x.rego", EntryType::Regular, RULES.as_bytes());
    });
    assert!(matches!(read(&doubled), Err(BundleError::Entry { .. })));
}

#[test]
fn sizes_are_counted_while_unpacking() {
    let limits = Limits { archive_bytes_max: 512 << 10, unpacked_bytes_max: 1 << 20, entries_max: 10 };
    let too_large = |archive: &[u8], setting: &str| match bundle::read(archive, None, &limits) {
        Err(BundleError::TooLarge { setting: named, .. }) => assert_eq!(named, setting),
        other => panic!("{other:?}"),
    };
    let bomb = archive(|tar| raw(tar, "data.json", EntryType::Regular, &vec![b' '; 30 << 20]));
    assert!(bomb.len() < 512 << 10, "{}", bomb.len());
    too_large(&bomb, "policy.bundle.unpacked_bytes_max");
    too_large(&vec![0; 513 << 10], "policy.bundle.archive_bytes_max");
    let crowd = archive(|tar| {
        for number in 0..11 {
            raw(tar, &format!("{number}.txt"), EntryType::Regular, b"");
        }
    });
    too_large(&crowd, "policy.bundle.entries_max");
}

#[test]
fn broken_archives_are_errors() {
    let good = bundle::write(&example(), None).unwrap();
    for bad in [&b""[..], b"no archive", &good[..good.len() / 2], &good[..20]] {
        assert!(matches!(read(bad), Err(BundleError::Archive(_))), "{:?}", read(bad));
    }
}

#[test]
fn files_outside_of_the_roots_are_refused() {
    let roots = |roots: &[&str]| {
        let mut bundle = example();
        bundle.manifest.roots = Some(roots.iter().map(|root| (*root).to_owned()).collect());
        bundle::write(&bundle, None)
    };
    assert!(roots(&["bailiwick", "bailiwick_test", "tools/known", "tools/odd"]).is_ok());
    assert!(matches!(roots(&["bailiwick", "bailiwick_test", "tools/known"]), Err(BundleError::Data(_))));
    assert!(matches!(roots(&["bailiwick", "tools"]), Err(BundleError::Entry { .. })));
    assert!(matches!(roots(&["bailiwick", "tools", "tools/known"]), Err(BundleError::Manifest(_))));
}

#[test]
fn data_of_several_files_is_joined_and_never_overwritten() {
    let entry = |path: &str, text: &str| Entry { path: path.into(), bytes: text.into() };
    let joined = |entries: Vec<Entry>| bundle::assemble(entries, None, &Limits::default()).map(|b| b.data);
    let data: Value = joined(vec![
        entry("/data.json", r#"{"a": {"x": 1}, "b": 2}"#),
        entry("/a/y/data.json", "[3]"),
        entry("/c/data.yml", "- 4\n"),
    ])
    .unwrap();
    assert_eq!(data, json!({"a": {"x": 1, "y": [3]}, "b": 2, "c": [4]}));
    for twice in [
        vec![entry("data.json", r#"{"a": 1}"#), entry("a/data.json", "2")],
        vec![entry("a/data.json", "1"), entry("a/data.yaml", "1")],
        vec![entry("data.json", "[1]")],
        vec![entry("data.json", "{")],
    ] {
        assert!(matches!(joined(twice), Err(BundleError::Data(_))));
    }
}

/// Nine levels of nine references each: a small text that would fill any memory.
#[test]
fn yaml_that_unfolds_without_end_is_refused() {
    let mut text = "a0: &a0 [x,x,x,x,x,x,x,x,x]\n".to_owned();
    for level in 1..10 {
        let below = level - 1;
        let references = vec![format!("*a{below}"); 9].join(",");
        text.push_str(&format!("a{level}: &a{level} [{references}]\n"));
    }
    let entry = Entry { path: "data.yaml".into(), bytes: text.into_bytes() };
    assert!(bundle::assemble(vec![entry], None, &Limits::default()).is_err());
}
