//! Tokens of an issuer: what a good one opens, and every way in which one can be bad.

use std::sync::Arc;

use chrono::Utc;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use serde_json::{Value, json};

use super::fixture::{ISSUER, Published, RESOURCE, app, auth, challenge, list, who};
use super::issuer::{Key, claims, claims_with};
use crate::support::{LOCAL_TOKEN, TestApp, json as get_json, problem};

struct Desk {
    app: TestApp,
    key: Key,
    published: Arc<Published>,
}

async fn desk() -> Desk {
    let key = Key::p256("one");
    let published = Arc::new(Published::default());
    published.keys.lock().unwrap().push(key.public());
    Desk { app: app(Some(auth()), published.clone()).await, key, published }
}

impl Desk {
    async fn refused(&self, token: &str) -> (String, Value) {
        let response = list(&self.app).bearer_auth(token).send().await.unwrap();
        let challenge = challenge(&response);
        (challenge, problem(401, response).await)
    }
}

#[tokio::test]
async fn a_good_token_opens_as_its_subject() {
    let desk = desk().await;
    let me = who(list(&desk.app).bearer_auth(desk.key.sign(&claims()))).await;
    assert_eq!(me["label"], "editor");
    assert_eq!(me["roles"], json!([]));
    // A renewed token of the same program is the same caller; one of another person is not.
    let again =
        who(list(&desk.app).bearer_auth(desk.key.sign(&claims_with("scope", json!("tools admin"))))).await;
    assert_eq!((&again["id"], &again["conversation"]), (&me["id"], &me["conversation"]));
    assert_eq!(again["roles"], json!(["admin", "approver"]));
    let bob = who(list(&desk.app).bearer_auth(desk.key.sign(&claims_with("sub", json!("bob"))))).await;
    assert_ne!(bob["id"], me["id"]);
    assert_ne!(bob["conversation"], me["conversation"]);
    // A list of audiences and of scopes, as some issuers write them.
    let mut lists = claims_with("aud", json!(["https://other.example", RESOURCE]));
    lists["scope"] = Value::Null;
    lists["scp"] = json!(["tools"]);
    who(list(&desk.app).bearer_auth(desk.key.sign(&lists))).await;
    assert_eq!(desk.published.fetched(), 1);
    who(list(&desk.app).bearer_auth(LOCAL_TOKEN)).await;
}

#[tokio::test]
async fn a_client_is_told_where_to_get_a_token() {
    let desk = desk().await;
    let response = list(&desk.app).send().await.unwrap();
    assert_eq!(
        challenge(&response),
        "Bearer resource_metadata=\"https://desk.example/.well-known/oauth-protected-resource/mcp\", \
         scope=\"admin tools\""
    );
    problem(401, response).await;
    for path in ["", "/mcp"] {
        let path = format!("/.well-known/oauth-protected-resource{path}");
        let metadata = get_json(200, desk.app.bare(Method::GET, &path)).await;
        assert_eq!(metadata["resource"], RESOURCE);
        assert_eq!(metadata["authorization_servers"], json!([ISSUER]));
        assert_eq!(metadata["scopes_supported"], json!(["admin", "tools"]));
    }
}

#[tokio::test]
async fn claims_that_are_not_right_are_refused() {
    let desk = desk().await;
    let now = Utc::now().timestamp();
    for (name, value, why) in [
        ("aud", json!("https://other.example/mcp"), "another resource"),
        ("aud", json!([]), "another resource"),
        ("aud", Value::Null, "lacks"),
        ("exp", json!(now - 31), "expired"),
        ("exp", Value::Null, ""),
        ("nbf", json!(now + 120), "not valid yet"),
        ("iss", json!("https://evil.example"), "issuer"),
        ("iss", json!("https://auth.example/"), "issuer"),
        ("sub", Value::Null, ""),
        ("cnf", json!({"jkt": "abc"}), "bound to a key"),
    ] {
        let (challenge, problem) = desk.refused(&desk.key.sign(&claims_with(name, value.clone()))).await;
        assert!(challenge.contains("error=\"invalid_token\""), "{name} {value}: {challenge}");
        assert!(challenge.contains("resource_metadata="), "{challenge}");
        assert!(problem["detail"].as_str().unwrap().contains(why), "{name} {value}: {problem}");
    }
    // Within the difference that clocks may have.
    who(list(&desk.app).bearer_auth(desk.key.sign(&claims_with("exp", json!(now - 5))))).await;
    who(list(&desk.app).bearer_auth(desk.key.sign(&claims_with("nbf", json!(now + 10))))).await;
}

#[tokio::test]
async fn a_token_without_the_scope_is_told_which() {
    let desk = desk().await;
    let token = desk.key.sign(&claims_with("scope", json!("admin")));
    let response = list(&desk.app).bearer_auth(token).send().await.unwrap();
    let challenge = challenge(&response);
    assert!(
        challenge.contains("error=\"insufficient_scope\"") && challenge.contains("scope=\"tools\""),
        "{challenge}"
    );
    assert_eq!(problem(403, response).await["code"], "insufficient_scope");
}

#[tokio::test]
async fn signatures_that_prove_nothing_are_refused() {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD as BASE64;
    let desk = desk().await;
    let good = desk.key.sign(&claims());
    let (signed, signature) = good.rsplit_once('.').unwrap();
    let (_, body) = signed.split_once('.').unwrap();

    let mut forged = Vec::new();
    // No signature at all.
    for header in [r#"{"alg":"none","kid":"one"}"#, r#"{"alg":"None"}"#] {
        forged.push(format!("{}.{body}.", BASE64.encode(header)));
        forged.push(format!("{}.{body}.{signature}", BASE64.encode(header)));
    }
    // The public key taken for a shared secret.
    let public = desk.key.public().to_string();
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some("one".into());
    let x = BASE64.decode(desk.key.public()["x"].as_str().unwrap()).unwrap();
    for secret in [public.as_bytes(), &x] {
        let key = EncodingKey::from_secret(secret);
        forged.push(jsonwebtoken::encode(&header, &claims(), &key).unwrap());
    }
    // Another's key: under the known id, and brought along in the header.
    let stranger = Key::p256("one");
    forged.push(stranger.sign(&claims()));
    let mut header = Header { kid: Some("one".into()), ..Header::new(Algorithm::ES256) };
    header.jwk = Some(serde_json::from_value(stranger.public()).unwrap());
    header.jku = Some("https://evil.example/keys".into());
    forged.push(stranger.sign_as(&header, &claims()));
    header.kid = None;
    forged.push(stranger.sign_as(&header, &claims()));
    // Changed claims, a changed algorithm, a cut token.
    forged.push(format!(
        "{}.{}.{signature}",
        BASE64.encode(r#"{"alg":"ES256","kid":"one"}"#),
        BASE64.encode(claims_with("sub", json!("root")).to_string())
    ));
    forged.push(format!("{}.{body}.{signature}", BASE64.encode(r#"{"alg":"RS256","kid":"one"}"#)));
    forged.push(signed.to_owned());
    forged.push(format!("{signed}."));
    forged.push("a.b.c".into());
    forged.push("x".repeat(20_000));
    // A header that makes demands, and a token that is no access token.
    forged.push(desk.key.sign_as(
        &Header { crit: Some(vec!["exp".into()]), kid: Some("one".into()), ..Header::new(Algorithm::ES256) },
        &claims(),
    ));
    forged.push(desk.key.sign_as(
        &Header { typ: Some("logout+jwt".into()), kid: Some("one".into()), ..Header::new(Algorithm::ES256) },
        &claims(),
    ));
    for token in &forged {
        let (challenge, problem) = desk.refused(token).await;
        assert!(challenge.contains("error=\"invalid_token\""), "{token}: {challenge}");
        assert!(!problem.to_string().contains(signature));
    }
    // None of them asked for keys elsewhere or again: a stranger's token must not make us busy.
    assert!(desk.published.fetched() <= 1);
    who(list(&desk.app).bearer_auth(good)).await;
}

#[tokio::test]
async fn a_key_that_is_not_for_signing_or_not_of_the_kind_is_not_used() {
    let (ours, rsa) = (Key::p256("ours"), Key::rsa("rsa"));
    let published = Arc::new(Published::default());
    let mut sealing = ours.public();
    sealing["use"] = "enc".into();
    let shared = json!({"kty": "oct", "kid": "shared", "k": "c2VjcmV0"});
    published.keys.lock().unwrap().extend([sealing, shared, rsa.public()]);
    let desk = Desk { app: app(Some(auth()), published.clone()).await, key: ours, published };
    desk.refused(&desk.key.sign(&claims())).await;
    let header = Header { kid: Some("shared".into()), ..Header::new(Algorithm::HS256) };
    desk.refused(&jsonwebtoken::encode(&header, &claims(), &EncodingKey::from_secret(b"secret")).unwrap())
        .await;
    who(list(&desk.app).bearer_auth(rsa.sign(&claims()))).await;
    // With one key of the kind a token need not name it.
    who(list(&desk.app).bearer_auth(rsa.sign_as(&Header::new(Algorithm::RS256), &claims()))).await;
}

#[tokio::test]
async fn a_new_key_is_fetched_once() {
    let desk = desk().await;
    let next = Key::p256("two");
    // The first token of all meets the new key: fetching is due anyway.
    desk.published.keys.lock().unwrap().push(next.public());
    who(list(&desk.app).bearer_auth(next.sign(&claims()))).await;
    who(list(&desk.app).bearer_auth(desk.key.sign(&claims()))).await;
    assert_eq!(desk.published.fetched(), 1);
    // Tokens with made-up key ids do not make us ask the issuer each time.
    for number in 0..20 {
        let stranger = Key::p256(&format!("made-up-{number}"));
        desk.refused(&stranger.sign(&claims())).await;
    }
    assert!(desk.published.fetched() <= 2, "{}", desk.published.fetched());
}

#[tokio::test]
async fn an_issuer_out_of_reach_lets_nobody_in_and_says_so() {
    let desk = desk().await;
    desk.published.keys.lock().unwrap().clear();
    let response = list(&desk.app).bearer_auth(desk.key.sign(&claims())).send().await.unwrap();
    let problem = problem(503, response).await;
    assert_eq!(problem["code"], "unavailable");
    // Our own tokens need no issuer.
    who(list(&desk.app).bearer_auth(LOCAL_TOKEN)).await;
}
