use secrecy::ExposeSecret;
use secrets::{SecretError, Template};

use crate::{CANARY, secret, vault};

#[tokio::test]
async fn references_are_filled_wherever_they_stand() {
    let (vault, ..) = vault();
    vault.set("user", secret("me"), &[]).await.unwrap();
    vault.set("pass.word_1-x", secret(CANARY), &[]).await.unwrap();
    for (text, names, filled) in [
        ("plain", vec![], "plain".to_owned()),
        ("", vec![], String::new()),
        ("secret://user", vec!["user"], "me".to_owned()),
        ("Bearer secret://pass.word_1-x", vec!["pass.word_1-x"], format!("Bearer {CANARY}")),
        ("secret://user secret://user", vec!["user", "user"], "me me".to_owned()),
        (
            "a=secret://user;b=\"secret://pass.word_1-x\"!",
            vec!["user", "pass.word_1-x"],
            format!("a=me;b=\"{CANARY}\"!"),
        ),
        ("ünï secret://user, ünï", vec!["user"], "ünï me, ünï".to_owned()),
    ] {
        let template = Template::parse(text).unwrap();
        assert_eq!(template.names().collect::<Vec<_>>(), names, "{text}");
        assert_eq!(template.resolve(&vault).await.unwrap().expose_secret(), filled, "{text}");
    }
}

#[test]
fn what_looks_like_a_reference_and_is_none_is_an_error() {
    for text in [
        "secret://",
        "x secret:// y",
        "secret://A",
        "secret://token/extra",
        "secret://token?x",
        "secret://user:pass",
        "secret://tokeN",
        "secret://token%20",
        "secret://-token",
        "secret://token-",
        "see secret://token.",
        "SECRET://token",
        "Secret://token",
        "mysecret://token",
        "x.secret://token",
        "secret://tokenä",
        &format!("secret://{}", "a".repeat(65)),
    ] {
        let error = Template::parse(text).unwrap_err();
        assert!(matches!(error, SecretError::Reference { .. }), "{text}: {error}");
        assert!(error.to_string().contains("secret://name"), "{error}");
    }
}

#[tokio::test]
async fn an_unknown_name_says_how_to_store_it() {
    let (vault, ..) = vault();
    let error = Template::parse("Bearer secret://nope").unwrap().resolve(&vault).await.unwrap_err();
    assert!(error.to_string().contains("`bailiwick secret set nope`"), "{error}");
}

#[tokio::test]
async fn bound_secrets_go_to_their_hosts_only() {
    let (vault, ..) = vault();
    vault.set("token", secret(CANARY), &["api.example".to_owned()]).await.unwrap();
    let template = Template::parse("Bearer secret://token").unwrap();
    template.resolve_for(&vault, "api.example").await.unwrap();
    assert!(template.resolve_for(&vault, "evil.example").await.is_err());
    assert!(template.resolve(&vault).await.is_err(), "a child may send it anywhere");
}

#[test]
fn debug_shows_names_and_no_text() {
    let shown = format!("{:?}", Template::parse("typed-by-mistake secret://token").unwrap());
    assert!(shown.contains("token") && !shown.contains("mistake"), "{shown}");
}
