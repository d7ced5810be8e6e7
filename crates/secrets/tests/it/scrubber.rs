use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use secrets::Scrubber;
use serde_json::json;

use crate::{CANARY, secret, vault};

fn scrubbed(scrubber: &Scrubber, text: &str) -> String {
    let mut text = text.to_owned();
    scrubber.scrub(&mut text);
    text
}

#[tokio::test]
async fn every_form_of_what_was_opened_is_found() {
    let (vault, ..) = vault();
    vault.set("token", secret(CANARY), &[]).await.unwrap();
    let untouched = format!("before: {CANARY}");
    assert_eq!(scrubbed(vault.scrubber(), &untouched), untouched, "not opened yet");
    vault.open("token").await.unwrap();
    let json_text = serde_json::to_string(CANARY).unwrap();
    let mut forms = vec![
        CANARY.to_owned(),
        json_text.clone(),
        serde_json::to_string(&json_text).unwrap(),
        "canary%2F7f3a%2B%22zebra%22%3D%3D91c4".to_owned(),
        "canary%2f7f3a%2b%22zebra%22%3d%3d91c4".to_owned(),
        CANARY.bytes().map(|byte| format!("{byte:02x}")).collect(),
        CANARY.bytes().map(|byte| format!("{byte:02X}")).collect(),
    ];
    // As in basic authentication, behind names of all lengths.
    for user in ["", "u", "us", "user"] {
        for after in ["", "x", "xy"] {
            let text = format!("{user}{CANARY}{after}");
            forms.extend([STANDARD.encode(&text), URL_SAFE_NO_PAD.encode(&text)]);
        }
    }
    for form in forms {
        let text = scrubbed(vault.scrubber(), &format!("error: {form} was refused"));
        assert!(text.contains("[secret token]"), "{form}: {text}");
        assert!(!text.contains("zebra") && !text.contains("7f3a"), "{text}");
    }
}

#[test]
fn a_value_within_another_does_not_leave_a_rest() {
    let scrubber = Scrubber::default();
    scrubber.learn("short", "abcdefgh");
    scrubber.learn("long", "abcdefgh-and-more");
    assert_eq!(scrubbed(&scrubber, "x abcdefgh-and-more y abcdefgh"), "x [secret long] y [secret short]");
}

#[test]
fn short_values_are_left_alone() {
    let scrubber = Scrubber::default();
    scrubber.learn("tiny", "1234567");
    assert_eq!(scrubbed(&scrubber, "1234567"), "1234567");
}

#[test]
fn lines_of_a_key_are_found_on_their_own() {
    let scrubber = Scrubber::default();
    let key = "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBgkqhkiG9w0B\nAQEFAASCBKcwggSjAgEAAoIB\n-----END PRIVATE KEY-----\n";
    scrubber.learn("pem", key);
    let text = scrubbed(
        &scrubber,
        "  MIIEvQIBADANBgkqhkiG9w0B\r\n  AQEFAASCBKcwggSjAgEAAoIB -----BEGIN PRIVATE KEY-----",
    );
    assert!(!text.contains("MIIE") && !text.contains("AQEF") && text.contains("BEGIN"), "{text}");
    assert!(!scrubbed(&scrubber, &json!({ "key": key }).to_string()).contains("MIIE"));
}

#[test]
fn json_is_scrubbed_in_names_and_values_at_any_depth() {
    let scrubber = Scrubber::default();
    scrubber.learn("token", CANARY);
    let mut value = json!({"a": [1, {"b": format!("x{CANARY}")}], CANARY: null, "c": true});
    assert!(scrubber.contains("{\"a\":\"canary/7f3a+\\\"zebra\\\"==91c4\"}"));
    assert!(scrubber.scrub_json(&mut value));
    assert_eq!(value, json!({"a": [1, {"b": "x[secret token]"}], "[secret token]": null, "c": true}));
    assert!(!scrubber.scrub_json(&mut value));
    assert!(!format!("{scrubber:?}").contains("canary"));
}

#[test]
fn large_values_are_found_in_pieces_and_named_once() {
    let scrubber = Scrubber::default();
    let varied: String = (0..1000).map(|n| format!("{:x}ä", n * 7919)).collect();
    scrubber.learn("varied", &varied);
    // Repeats itself, which must not take long to prepare for.
    let uniform = "xy".repeat(4000);
    scrubber.learn("uniform", &uniform);
    assert_eq!(
        scrubbed(&scrubber, &format!("a {varied}b{uniform} c")),
        "a [secret varied]b[secret uniform] c"
    );
    assert!(scrubbed(&scrubber, &varied[..1000]).starts_with("[secret varied]"));
}
