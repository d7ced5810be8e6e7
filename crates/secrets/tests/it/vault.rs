use domain::TenantId;
use secrecy::ExposeSecret;
use secrets::{Keys, Row, Rows, Scrubber, SecretError, VALUE_BYTES_MAX, Vault};

use crate::{CANARY, secret, vault};

#[tokio::test]
async fn what_was_set_opens_and_is_listed_without_its_value() {
    let (vault, rows, _) = vault();
    vault.set("github-token", secret(CANARY), &[]).await.unwrap();
    assert_eq!(vault.open("github-token").await.unwrap().expose_secret(), CANARY);
    let first = vault.list().await.unwrap();
    assert_eq!(first[0].name, "github-token");
    vault.set("github-token", secret("another value"), &[]).await.unwrap();
    let second = vault.list().await.unwrap();
    assert_eq!(second.len(), 1);
    assert_eq!(second[0].created_at, first[0].created_at);
    assert!(second[0].updated_at >= first[0].updated_at);
    for shown in [format!("{vault:?}"), format!("{first:?}"), serde_json::to_string(&second).unwrap()] {
        assert!(!shown.contains("canary") && !shown.contains("another"), "{shown}");
    }
    let sealed = rows.list(&TenantId::LOCAL).await.unwrap().remove(0).sealed;
    assert!(!String::from_utf8_lossy(&sealed).contains("another"));
    assert!(vault.remove("github-token").await.unwrap());
    assert!(!vault.remove("github-token").await.unwrap());
    let error = vault.open("github-token").await.unwrap_err();
    assert!(error.to_string().contains("`bailiwick secret set github-token`"), "{error}");
}

#[tokio::test]
async fn the_same_value_never_looks_the_same() {
    let (vault, rows, _) = vault();
    vault.set("a", secret(CANARY), &[]).await.unwrap();
    let first = rows.get(&TenantId::LOCAL, "a").await.unwrap().unwrap();
    vault.set("a", secret(CANARY), &[]).await.unwrap();
    assert_ne!(first.sealed, rows.get(&TenantId::LOCAL, "a").await.unwrap().unwrap().sealed);
}

#[tokio::test]
async fn rows_open_only_where_they_belong() {
    let (vault, rows, keys) = vault();
    vault.set("mine", secret(CANARY), &["a.example".to_owned()]).await.unwrap();
    vault.set("other", secret("something else"), &[]).await.unwrap();
    let row = rows.get(&TenantId::LOCAL, "mine").await.unwrap().unwrap();

    let renamed = Row { name: "other".to_owned(), ..row.clone() };
    rows.put(&TenantId::LOCAL, renamed).await.unwrap();
    assert_sealed(&vault, "other").await;

    let stranger = TenantId::new();
    rows.put(&stranger, row.clone()).await.unwrap();
    assert_sealed(&Vault::new(rows.clone(), stranger, keys, Scrubber::default()), "mine").await;

    let other_key = Keys::generate().unwrap();
    assert_sealed(&Vault::new(rows.clone(), TenantId::LOCAL, other_key, Scrubber::default()), "mine").await;

    // Every byte counts: version, key, hosts, nonce, value and tag.
    for at in 0..row.sealed.len() {
        let mut changed = row.clone();
        changed.sealed[at] ^= 1;
        rows.put(&TenantId::LOCAL, changed).await.unwrap();
        assert_sealed(&vault, "mine").await;
        let mut cut = row.clone();
        cut.sealed.truncate(at);
        rows.put(&TenantId::LOCAL, cut).await.unwrap();
        assert_sealed(&vault, "mine").await;
    }
    rows.put(&TenantId::LOCAL, row).await.unwrap();
    vault.open_for("mine", "a.example").await.unwrap();
}

async fn assert_sealed(vault: &Vault, name: &str) {
    for opened in [vault.open(name).await, vault.open_for(name, "a.example").await] {
        assert!(matches!(opened, Err(SecretError::Sealed(_))), "{opened:?}");
    }
}

#[tokio::test]
async fn a_bound_secret_goes_to_its_hosts_only() {
    let (vault, ..) = vault();
    let hosts = ["API.example.com.".to_owned(), "*.example.org".to_owned()];
    vault.set("bound", secret(CANARY), &hosts).await.unwrap();
    assert_eq!(vault.list().await.unwrap()[0].hosts, ["api.example.com", "*.example.org"]);
    for good in ["api.example.com", "Api.Example.COM.", "a.example.org", "a.b.example.org"] {
        vault.open_for("bound", good).await.unwrap_or_else(|error| panic!("{good}: {error}"));
    }
    for bad in [
        "example.com",
        "x.api.example.com",
        "example.org",
        ".example.org",
        "evilexample.org",
        "api.example.com.evil",
        "",
    ] {
        let error = vault.open_for("bound", bad).await.unwrap_err();
        assert!(matches!(error, SecretError::Bound { .. }), "{bad}: {error}");
        assert!(!error.to_string().contains("canary"));
    }
    assert!(matches!(vault.open("bound").await, Err(SecretError::Bound { .. })));
    vault.set("free", secret(CANARY), &[]).await.unwrap();
    vault.open_for("free", "anywhere.example").await.unwrap();
    for bad in ["", "https://x", "a b", "x/y", "host:80", "*", "a.*.b", "me@x"] {
        let error = vault.set("free", secret(CANARY), &[bad.to_owned()]).await.unwrap_err();
        assert!(matches!(error, SecretError::Host(_)), "{bad}: {error}");
    }
}

#[tokio::test]
async fn names_and_values_have_limits() {
    let (vault, ..) = vault();
    for bad in ["", "A", "a b", "-a", "a-", ".a", "a/b", "ä", &"a".repeat(65)] {
        let error = vault.set(bad, secret(CANARY), &[]).await.unwrap_err();
        assert!(matches!(error, SecretError::Name(_)), "{bad}");
        assert!(vault.open(bad).await.is_err() && vault.remove(bad).await.is_err());
    }
    for good in ["a", "github-token", "a.b_c-9", &"a".repeat(64)] {
        vault.set(good, secret(CANARY), &[]).await.unwrap();
    }
    for bad in [String::new(), "nul\0".to_owned(), "x".repeat(VALUE_BYTES_MAX + 1)] {
        let error = vault.set("a", secret(&bad), &[]).await.unwrap_err();
        assert!(matches!(error, SecretError::Value { .. }));
    }
    let largest = "x".repeat(VALUE_BYTES_MAX);
    vault.set("a", secret(&largest), &[]).await.unwrap();
    assert_eq!(vault.open("a").await.unwrap().expose_secret(), largest);
}

#[tokio::test]
async fn a_new_key_takes_over() {
    let (vault, rows, old) = vault();
    let hosts = ["a.example".to_owned()];
    for name in ["one", "two"] {
        vault.set(name, secret(CANARY), &hosts).await.unwrap();
    }
    let both = old.with_new().unwrap();
    assert_eq!(vault.rekey(both.clone()).await.unwrap(), 2);
    assert_eq!(vault.rekey(both.clone()).await.unwrap(), 0, "nothing is left to do");
    let with = |keys| Vault::new(rows.clone(), TenantId::LOCAL, keys, Scrubber::default());
    let opened = with(both.newest_only()).open_for("one", "a.example").await.unwrap();
    assert_eq!(opened.expose_secret(), CANARY);
    assert_sealed(&with(old.clone()), "one").await;
    // A key that cannot open what is there is refused before anything is written.
    let stranger = Keys::generate().unwrap();
    assert!(matches!(with(both.clone()).rekey(stranger).await, Err(SecretError::Sealed(_))));
    assert!(with(both).open_for("two", "a.example").await.is_ok());
}
