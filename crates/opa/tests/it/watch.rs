//! A policy is kept current, and never made worse.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use domain::decision::Verdict;
use opa::{Place, Source, Watch};
use policy::bundle::{Key, Keys, SigningKey};
use policy::{Config, PolicyFile};
use serde_json::json;

use crate::support::{BundleServer, allowing, archive, call, client};

/// Only looks when asked to.
fn source(place: Place) -> Source {
    Source { poll_seconds: 3_600.0, ..Source::new(place) }
}

async fn watch(source: Source) -> Watch {
    source.watch(Config::default(), client()).await
}

fn allows(watch: &Watch, tool: &str) -> bool {
    watch
        .active()
        .is_some_and(|active| active.policy.decide(&call(tool, json!({}))).verdict == Verdict::Allow)
}

async fn http(server: &BundleServer) -> Source {
    source(Place::Http { url: server.start().await, token: None })
}

#[tokio::test]
async fn a_new_bundle_is_taken_and_an_old_one_is_not_sent_twice() {
    let server = BundleServer::default();
    server.offer(archive(allowing("a"), "one", None), "e1");
    let watch = watch(http(&server).await).await;
    assert!(allows(&watch, "a") && !allows(&watch, "b"));
    let status = watch.status();
    assert_eq!((status.active_revision.as_deref(), status.etag.as_deref()), (Some("one"), Some("\"e1\"")));

    let unchanged = watch.look().await;
    assert_eq!(unchanged.last_activation, status.last_activation);
    assert!(unchanged.last_request > status.last_request && unchanged.last_error.is_none());

    let mut changes = watch.changes();
    changes.mark_unchanged();
    server.offer(archive(allowing("b"), "two", None), "e2");
    let status = watch.look().await;
    assert_eq!(status.active_revision.as_deref(), Some("two"));
    assert!(allows(&watch, "b") && !allows(&watch, "a"));
    assert!(changes.has_changed().unwrap());
    assert_eq!(server.answered(), [200, 304, 200]);
}

#[tokio::test]
async fn the_last_good_policy_stays_whatever_comes() {
    let server = BundleServer::default();
    server.offer(archive(allowing("a"), "good", None), "good");
    let watch = watch(http(&server).await).await;

    let failing_test = PolicyFile {
        path: "policy_test.rego".into(),
        text: "package bailiwick_test\n\ntest_never if 1 == 2\n".into(),
    };
    let broken =
        vec![PolicyFile { path: "p.rego".into(), text: "package bailiwick\n\nallow contains".into() }];
    for (bad, why) in [
        (archive(broken, "x", None), "does not compile"),
        (archive([allowing("b"), vec![failing_test]].concat(), "x", None), "test_never"),
        (b"no archive".to_vec(), "not a readable"),
        (Vec::new(), "not a readable"),
    ] {
        server.offer(bad, "bad");
        let status = watch.look().await;
        let error = status.last_error.unwrap();
        assert!(error.contains(why), "{error}");
        assert_eq!(status.active_revision.as_deref(), Some("good"));
        assert!(allows(&watch, "a"));
    }
    for (status, why) in [
        (StatusCode::INTERNAL_SERVER_ERROR, "500"),
        (StatusCode::NOT_FOUND, "404"),
        (StatusCode::FOUND, "redirects are not followed"),
        (StatusCode::NOT_MODIFIED, ""),
    ] {
        server.fail_with(status);
        let error = watch.look().await.last_error.unwrap_or_default();
        assert!(error.contains(why), "{error}");
        assert!(allows(&watch, "a"));
    }
    server.offer(archive(allowing("c"), "better", None), "better");
    let status = watch.look().await;
    assert_eq!((status.last_error, status.failures), (None, 0));
    assert!(allows(&watch, "c"));
}

#[tokio::test]
async fn a_server_that_is_not_there_leaves_nothing_in_force() {
    let place = Place::Http { url: "http://127.0.0.1:1/bundle.tar.gz".parse().unwrap(), token: None };
    let watch = watch(source(place)).await;
    assert!(watch.active().is_none());
    let status = watch.look().await;
    assert_eq!((status.failures, status.active_revision), (2, None));
    assert!(status.last_error.unwrap().contains("could not be asked"));
}

#[tokio::test]
async fn it_looks_by_itself() {
    let server = BundleServer::default();
    server.offer(archive(allowing("a"), "one", None), "e1");
    let mut source = http(&server).await;
    source.poll_seconds = 0.05;
    let watch = watch(source).await;
    let mut changes = watch.changes();
    changes.mark_unchanged();
    server.offer(archive(allowing("b"), "two", None), "e2");
    changes.changed().await.unwrap();
    assert!(allows(&watch, "b"));
}

#[tokio::test]
async fn tokens_are_sent_and_not_told() {
    let server = BundleServer::default();
    server.offer(archive(allowing("a"), "one", None), "e1");
    server.demand_token("s3cret");
    let url = server.start().await;
    let with = |token: Option<&str>| source(Place::Http { url: url.clone(), token: token.map(Into::into) });
    assert!(allows(&watch(with(Some("s3cret"))).await, "a"));
    let refused = watch(with(Some("wr0ng"))).await.status();
    assert!(refused.last_error.unwrap().contains("token"));
    assert!(!format!("{:?}", with(Some("s3cret"))).contains("s3cret"));
}

#[tokio::test]
async fn only_signed_bundles_are_taken_where_keys_are_configured() {
    let server = BundleServer::default();
    let key = |secret: &str| SigningKey {
        algorithm: "HS256".into(),
        key: secret.into(),
        id: "k".into(),
        scope: String::new(),
    };
    server.offer(archive(allowing("a"), "one", Some(&key("right"))), "e1");
    let mut source = http(&server).await;
    let right = Key { algorithm: "HS256".into(), key: "right".into() };
    source.verification = Some(Keys { keys: [("k".to_owned(), right)].into(), ..Keys::default() });
    let watch = watch(source).await;
    assert_eq!(watch.status().signed_by.as_deref(), Some("k"));

    for bad in [archive(allowing("b"), "two", Some(&key("wrong"))), archive(allowing("b"), "two", None)] {
        server.offer(bad, "bad");
        assert!(watch.look().await.last_error.unwrap().contains("signature"));
        assert!(allows(&watch, "a"));
    }
}

#[tokio::test]
async fn larger_downloads_than_the_limit_end_early() {
    let server = BundleServer::default();
    server.offer(vec![0; 100_000], "large");
    let mut source = http(&server).await;
    source.limits.archive_bytes_max = 50_000;
    let error = watch(source).await.status().last_error.unwrap();
    assert!(error.contains("policy.bundle.limits.archive_bytes_max"), "{error}");
}

fn write(folder: &Path, files: &[PolicyFile]) {
    for file in files {
        fs::write(folder.join(&file.path), &file.text).unwrap();
    }
}

#[tokio::test]
async fn a_folder_is_read_as_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    write(path, &allowing("a"));
    fs::create_dir(path.join(".git")).unwrap();
    fs::write(path.join(".git/x.rego"), "no Rego at all").unwrap();
    fs::write(path.join("README.md"), "about it").unwrap();
    let watch = watch(source(Place::Folder(path.into()))).await;
    assert!(allows(&watch, "a"), "{:?}", watch.status());
    let first = watch.status();

    assert_eq!(watch.look().await.last_activation, first.last_activation, "nothing changed");
    write(path, &allowing("b"));
    assert_eq!(watch.look().await.last_error, None);
    assert!(allows(&watch, "b"));

    fs::write(path.join("policy.rego"), "package bailiwick\n\nallow contains").unwrap();
    assert!(watch.look().await.last_error.unwrap().contains("policy.rego"));
    assert!(watch.look().await.last_error.is_some(), "what is still broken has not become better");
    assert!(allows(&watch, "b"));

    write(path, &allowing("c"));
    assert_eq!(watch.look().await.last_error, None);
    assert!(allows(&watch, "c"));

    fs::remove_dir_all(path).unwrap();
    assert!(watch.look().await.last_error.is_some());
    assert!(allows(&watch, "c"));
}

#[cfg(unix)]
#[tokio::test]
async fn links_are_followed_inside_the_folder_only() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("policies");
    // As a configuration that is mounted into a pod: the files are links into a hidden folder.
    fs::create_dir_all(path.join("..data")).unwrap();
    write(&path.join("..data"), &allowing("a"));
    symlink("..data/policy.rego", path.join("policy.rego")).unwrap();
    let watch = watch(source(Place::Folder(path.clone()))).await;
    assert!(allows(&watch, "a"), "{:?}", watch.status());

    fs::write(folder.path().join("outside.rego"), "package bailiwick\n").unwrap();
    symlink("../outside.rego", path.join("outside.rego")).unwrap();
    assert!(watch.look().await.last_error.unwrap().contains("leaves the folder"));
    assert!(allows(&watch, "a"));
}

#[tokio::test]
async fn an_archive_is_read_as_it_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bundle.tar.gz");
    fs::write(&path, archive(allowing("a"), "one", None)).unwrap();
    let watch = watch(source(Place::Archive(path.clone()))).await;
    assert_eq!(watch.status().active_revision.as_deref(), Some("one"));
    fs::write(&path, archive(allowing("a"), "two", None)).unwrap();
    assert_eq!(watch.look().await.active_revision.as_deref(), Some("two"));
    fs::write(&path, "no archive").unwrap();
    assert!(watch.look().await.last_error.is_some());
    assert!(allows(&watch, "a"));
}
