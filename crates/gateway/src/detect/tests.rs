use serde_json::json;

use super::*;

fn chosen(names: &[&str]) -> Chosen {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    Detectors::new(&BTreeMap::new()).chosen(&names).unwrap_or_else(|why| panic!("{why}"))
}

fn cleaned(detector: &str, text: &str) -> String {
    let mut value = json!(text);
    chosen(&[detector]).clean(&mut value);
    value.as_str().unwrap().to_owned()
}

#[test]
fn secrets_are_found() {
    for (detector, text, after) in [
        ("keys", "x AKIAIOSFODNN7EXAMPLE y", "x [redacted keys] y"),
        ("keys", "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nz", "[redacted keys]\nz"),
        ("keys", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3Bl", "[redacted keys]"),
        ("keys", "API_KEY=abcdefghijklmnop1234", "API_KEY=[redacted keys]"),
        ("tokens", "ghp_0123456789012345678901234567890123456789", "[redacted tokens]"),
        ("tokens", "Authorization: Bearer abcdefghijklmnopqrst", "Authorization: Bearer [redacted tokens]"),
        ("tokens", "postgres://me:hunter22@db/x", "postgres://me:[redacted tokens]@db/x"),
        ("tokens", "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc", "[redacted tokens]"),
        ("tokens", "{\"password\": \"correct-horse\"}", "{\"password\": \"[redacted tokens]\"}"),
        ("cards", "pay 4111 1111 1111 1111 now", "pay [redacted cards] now"),
        ("cards", "5500-0000-0000-0004", "[redacted cards]"),
        ("emails", "Write to Jane.Doe+x@mail.example.org.", "Write to [redacted emails]."),
        ("emails", "a@b.example, c@d.example", "[redacted emails], [redacted emails]"),
    ] {
        assert_eq!(cleaned(detector, text), after);
    }
    // Put together here: a key in one piece would alarm the detectors of others.
    for prefix in ["sk-ant-", "sk-proj-", "sk_live_"] {
        assert_eq!(cleaned("keys", &format!("{prefix}{}", "a1B2".repeat(8))), "[redacted keys]");
    }
}

#[test]
fn what_is_none_stays() {
    for (detector, text) in [
        ("keys", "The key is under the mat; keyboard=mechanical"),
        ("tokens", "the token was parsed, token: 5"),
        ("cards", "4111 1111 1111 1112"),
        ("cards", "order 1234567890123456"),
        ("emails", "user@host and @name and a@b"),
    ] {
        assert_eq!(cleaned(detector, text), text);
    }
}

#[test]
fn all_texts_are_read_and_base64_is_not() {
    let mut value = json!({
        "content": [
            {"type": "text", "text": "a@b.example"},
            {"type": "image", "mimeType": "image/png", "data": "AKIAIOSFODNN7EXAMPLE"},
            {"type": "image", "mimeType": "image/png", "data": "no base64: a@b.example"},
            {"type": "resource", "resource": {"uri": "x:a@b.example", "text": "a@b.example"}},
            {"type": "resource", "resource": {"uri": "x:y", "blob": "AKIAIOSFODNN7EXAMPLE"}},
        ],
        "structuredContent": {"deep": [{"er": "a@b.example"}], "data": "AKIAIOSFODNN7EXAMPLE"},
        "_meta": {"x": "a@b.example"},
    });
    assert!(chosen(&["emails", "keys"]).clean(&mut value));
    let text = value.to_string();
    assert!(!text.contains("a@b"), "{text}");
    assert_eq!(text.matches("AKIAIOSFODNN7EXAMPLE").count(), 2, "{text}");
    assert!(!chosen(&["emails"]).clean(&mut json!({"a": [1, null, "b"]})));
}

#[test]
fn the_configuration_adds_detectors_and_a_wrong_one_is_an_error_where_it_is_used() {
    let configured = BTreeMap::from([
        ("badges".to_owned(), r"\bB-\d{6}\b".to_owned()),
        ("broken".to_owned(), "(".to_owned()),
        ("empty".to_owned(), "x*".to_owned()),
        ("huge".to_owned(), r"\w{1000}{1000}".to_owned()),
    ]);
    let detectors = Detectors::new(&configured);
    let mut value = json!(["B-123456"]);
    assert!(detectors.chosen(&["badges".to_owned()]).unwrap_or_default().clean(&mut value));
    assert_eq!(value, json!(["[redacted badges]"]));
    for name in ["broken", "empty", "huge", "absent"] {
        let why = detectors.chosen(&[name.to_owned()]).err().unwrap_or_default();
        assert!(why.contains(name), "{why}");
    }
}
