//! OPA's own conformance cases against the embedded engine.
//!
//! Each case is a policy with a query for one document. It is put into a policy of ours that says the document as a
//! label, compiled and asked as any other. What is lost is listed in `tests/opa/lost.txt`, and told in `docs/REGO.md`;
//! the test fails when the list is wrong in either direction. `BAILIWICK_UPDATE=1` writes both anew.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use policy::{Config, Policy, PolicyFile};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::opa_server::folder;
use crate::questions::call;

const LOST: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/opa/lost.txt");
const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/REGO.md");

#[derive(Deserialize)]
struct Cases {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    note: String,
    query: String,
    #[serde(default)]
    modules: Option<Vec<String>>,
    #[serde(default)]
    data: Option<Value>,
    #[serde(default)]
    input: Option<Value>,
    #[serde(default)]
    input_term: Option<String>,
    #[serde(default)]
    want_result: Option<Value>,
    #[serde(default)]
    want_error: Option<String>,
    #[serde(default)]
    want_error_code: Option<String>,
    #[serde(default)]
    want_defined: Option<bool>,
    #[serde(default)]
    strict_error: bool,
}

/// How a case ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Kept,
    /// Compiles, and gives another answer.
    Differs,
    /// Does not compile: the person who writes it is told.
    Refused,
    /// Asks in a way that no policy is asked in.
    NotAsked,
}

#[test]
fn no_conformance_case_is_lost() {
    let mut files = Vec::new();
    yaml_files(&folder().join("cases/v1"), &mut files);
    files.sort();
    let ends: Vec<(String, String, End)> = std::thread::scope(|scope| {
        let halves: Vec<_> = files
            .chunks(files.len().div_ceil(2))
            .map(|half| scope.spawn(move || half.iter().flat_map(|file| of_file(file)).collect::<Vec<_>>()))
            .collect();
        halves.into_iter().flat_map(|half| half.join().unwrap()).collect()
    });
    let lost: String = ends
        .iter()
        .filter(|(.., end)| matches!(end, End::Differs | End::Refused))
        .map(|(area, note, end)| {
            format!("{} {area}: {note}\n", if *end == End::Differs { "differs" } else { "refused" })
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect();
    let page = page(&ends);
    if std::env::var_os("BAILIWICK_UPDATE").is_some() {
        std::fs::write(LOST, &lost).unwrap();
        std::fs::write(PAGE, &page).unwrap();
    }
    let listed = std::fs::read_to_string(LOST).unwrap_or_default();
    let (now, before): (BTreeSet<_>, BTreeSet<_>) = (lost.lines().collect(), listed.lines().collect());
    let newly: Vec<_> = now.difference(&before).collect();
    let no_longer: Vec<_> = before.difference(&now).collect();
    assert!(newly.is_empty(), "lost: {newly:#?}");
    assert!(no_longer.is_empty(), "won, run with BAILIWICK_UPDATE=1 to write it down: {no_longer:#?}");
    assert_eq!(
        std::fs::read_to_string(PAGE).unwrap_or_default(),
        page,
        "docs/REGO.md: run with BAILIWICK_UPDATE=1"
    );
}

fn yaml_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            yaml_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "yaml") {
            files.push(path);
        }
    }
}

fn of_file(file: &Path) -> Vec<(String, String, End)> {
    let area = file.parent().unwrap().file_name().unwrap().to_string_lossy().into_owned();
    let text = std::fs::read_to_string(file).unwrap();
    // The engine's own reader of YAML serves for the tests as well.
    let value =
        regorus::Value::from_yaml_str(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
    let cases: Cases = serde_json::from_str(&value.to_json_str().unwrap()).unwrap();
    cases.cases.into_iter().map(|case| (area.clone(), case.note.clone(), end(&case))).collect()
}

fn end(case: &Case) -> End {
    let asked = case.query.split(" = ").collect::<Vec<_>>();
    let (document, wanted) = match asked.as_slice() {
        [document, "x"] if document.starts_with("data.") && !document.contains(['[', '(']) => {
            (*document, true)
        }
        [document] if document.starts_with("data.") && !document.contains(['[', '(', ' ', ';']) => {
            (*document, false)
        }
        _ => return End::NotAsked,
    };
    if case.input_term.is_some() || case.strict_error && case.want_result.is_some() {
        return End::NotAsked;
    }
    let mut files: Vec<PolicyFile> = case
        .modules
        .iter()
        .flatten()
        .enumerate()
        .map(|(index, text)| PolicyFile { path: format!("{index}.rego"), text: text.clone() })
        .collect();
    let ours = format!(
        "package bailiwick\nallow contains \"asked\"\nlabel contains json.marshal({{\"x\": v}}) if {{\n\tv := {document}\n}}\n"
    );
    files.push(PolicyFile { path: "bailiwick.rego".into(), text: ours });
    let config = Config { evaluation_ms_max: 5_000, ..Config::default() };
    let data = case.data.clone().unwrap_or_else(|| json!({}));
    let failing = case.want_error.is_some() || case.want_error_code.is_some();
    // `input` of a case is the whole question; ours has a shape of its own.
    let rewritten = case.input.is_some();
    if rewritten {
        for file in &mut files {
            file.text = with_input(&file.text);
        }
    }
    let policy = match Policy::compile_with_data(files, data, config) {
        Ok(policy) => policy,
        Err(_) if failing => return End::Kept,
        Err(_) => return End::Refused,
    };
    let mut question = call("case", case.input.clone().unwrap_or(Value::Null));
    question.task = None;
    let answer = policy.decide(&question);
    let said: Vec<Value> =
        answer.obligations.labels.iter().map(|label| serde_json::from_str(label).unwrap()).collect();
    let kept = if failing {
        // An error in OPA is no answer here.
        said.is_empty()
    } else if let Some(results) = &case.want_result {
        let results = results.as_array().cloned().unwrap_or_default();
        match (results.as_slice(), said.as_slice()) {
            ([], []) => true,
            ([], [only]) => !wanted && only["x"] == json!(false),
            ([result], [only]) => !wanted || equal(&result["x"], &only["x"]),
            _ => false,
        }
    } else {
        said.is_empty() != case.want_defined.unwrap_or(true)
    };
    if kept { End::Kept } else { End::Differs }
}

/// `input` stands in the arguments of the question.
fn with_input(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("input") {
        let before = rest[..at].chars().next_back();
        let after = rest[at + 5..].chars().next();
        let word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == '"');
        out.push_str(&rest[..at]);
        // `with input as` and `import input.x` keep what they say.
        let followed_by_as = rest[at + 5..].trim_start().starts_with("as ");
        let is_field = before == Some('.');
        let whole = !word(before) && !word(after) && !followed_by_as && !is_field;
        out.push_str(if whole { "input.arguments" } else { "input" });
        rest = &rest[at + 5..];
    }
    out.push_str(rest);
    out
}

/// Numbers by value; sets are arrays in the cases, in any order.
fn equal(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len()
                && (a.iter().zip(b).all(|(a, b)| equal(a, b))
                    || a.iter().all(|a| b.iter().any(|b| equal(a, b))))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| equal(a, b)))
        }
        (a, b) => a == b,
    }
}

fn page(ends: &[(String, String, End)]) -> String {
    let mut areas: BTreeMap<&str, [usize; 4]> = BTreeMap::new();
    for (area, _, end) in ends {
        areas.entry(area).or_default()[*end as usize] += 1;
    }
    let total = |end: End| ends.iter().filter(|(.., one)| *one == end).count();
    let version = folder().file_name().unwrap().to_string_lossy().replace("opa-", "");
    let mut page = include_str!("../opa/REGO.head.md").replace("VERSION", &version);
    let _ = writeln!(
        page,
        "Of the {} cases of OPA {version}, {} give the same, {} are refused, {} differ; {} ask in a way in which no \
         policy is asked (a query with several statements, a value that JSON cannot hold, errors on purpose).\n",
        ends.len(),
        total(End::Kept),
        total(End::Refused),
        total(End::Differs),
        total(End::NotAsked)
    );
    page.push_str("| area | same | differ | refused | not asked |\n|---|---:|---:|---:|---:|\n");
    for (area, [kept, differs, refused, not_asked]) in areas {
        let _ = writeln!(page, "| {area} | {kept} | {differs} | {refused} | {not_asked} |");
    }
    page
}
