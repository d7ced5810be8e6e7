use std::fs;
use std::os::unix::fs::symlink;

use insta::assert_snapshot;
use serde_json::json;
use toolbox::Config;

use crate::bench::Bench;

crate::trials![
    lines_are_found_with_their_context,
    literal_case_and_globs_narrow_the_search,
    names_are_found_without_opening_files,
    ignore_rules_hide_and_can_be_lifted,
    limits_are_said,
    binary_files_are_left_out,
    what_cannot_be_searched_is_counted,
    wrong_patterns_say_how_to_mend_them,
    utf16_is_searched_by_its_mark,
    windows_line_ends_are_no_part_of_a_line,
    patterns_that_grow_are_refused,
];

fn lines_are_found_with_their_context() {
    let bench = Bench::new();
    bench.file("src/a.rs", "one\ntwo\nthree fn x()\nfour\nfive\nsix\nseven fn y()\n");
    bench.file("b.rs", "fn z()\n");
    assert_snapshot!(bench.text("search_files", json!({"pattern": r"fn \w\(", "context_lines": 1})), @r"
    b.rs
    1:fn z()

    src/a.rs
    2-two
    3:three fn x()
    4-four
    --
    6-six
    7:seven fn y()
    ");
    let data = bench.data("search_files", json!({"pattern": "^seven", "path": "src"}));
    assert_eq!(
        data["files"],
        json!([{"path": "src/a.rs", "lines": [{"line": 7, "text": "seven fn y()", "is_match": true}]}])
    );
    assert_snapshot!(bench.text("search_files", json!({"pattern": "nothing"})), @"No matches in 2 files.");
    // One file by its name.
    assert_eq!(bench.data("search_files", json!({"pattern": "fn", "path": "src/a.rs"}))["matches"], 2);
}

fn literal_case_and_globs_narrow_the_search() {
    let bench = Bench::new();
    bench.file("src/a.rs", "a.b\naxb\nA.B\n");
    bench.file("src/deep/c.ts", "a.b\n");
    let count = |arguments| bench.data("search_files", arguments)["matches"].clone();
    assert_eq!(count(json!({"pattern": "a.b"})), 3);
    assert_eq!(count(json!({"pattern": "a.b", "literal": true})), 2);
    assert_eq!(count(json!({"pattern": "a.b", "literal": true, "ignore_case": true})), 3);
    assert_eq!(count(json!({"pattern": "a.b", "glob": "*.rs"})), 2);
    assert_eq!(count(json!({"pattern": "a.b", "glob": "src/**/*.ts"})), 1);
    assert_eq!(count(json!({"pattern": "a.b", "glob": "deep/*.ts", "path": "src"})), 1);
    assert_eq!(count(json!({"pattern": "a.b", "glob": "*.{rs,ts}"})), 3);
    assert_eq!(count(json!({"pattern": "a.b", "glob": "src/*.ts"})), 0);
}

fn names_are_found_without_opening_files() {
    let bench = Bench::new();
    bench.file("src/main.rs", "");
    bench.file("src/main_test.rs", "");
    bench.file("docs/maintenance/x.md", "");
    symlink(&bench.outside, bench.path("door")).unwrap();
    assert_snapshot!(bench.text("search_files", json!({"pattern": "main", "search_in": "names"})), @r"
    docs/maintenance/
    docs/maintenance/x.md
    src/main.rs
    src/main_test.rs
    ");
    assert_snapshot!(bench.text("search_files", json!({"pattern": "", "search_in": "names", "glob": "*.rs"})), @r"
    src/main.rs
    src/main_test.rs
    ");
    assert_snapshot!(bench.text("search_files", json!({"pattern": "secret", "search_in": "names"})), @"No matches.");
}

fn ignore_rules_hide_and_can_be_lifted() {
    let bench = Bench::new();
    bench.file(".gitignore", "/build\n");
    bench.file("build/out.txt", "needle\n");
    bench.file(".git/config", "needle\n");
    bench.file(".github/ci.yml", "needle\n");
    let data = bench.data("search_files", json!({"pattern": "needle"}));
    assert_eq!((&data["matches"], &data["files"][0]["path"]), (&json!(1), &json!(".github/ci.yml")));
    let data = bench.data("search_files", json!({"pattern": "needle", "include_ignored": true}));
    assert_eq!(data["matches"], 3);
}

fn limits_are_said() {
    let bench = Bench::with(Config { entries_max: 3, result_bytes_max: 2_000, ..Config::default() });
    bench.file("a.txt", "hit\n".repeat(10));
    assert_snapshot!(bench.text("search_files", json!({"pattern": "hit"})), @r"
    a.txt
    1:hit
    2:hit
    3:hit

    [Only 3 matches are shown; there are more. Narrow the search, or a person can raise `entries_max` in [toolbox].]
    ");
    assert_eq!(bench.data("search_files", json!({"pattern": "hit", "max_results": 1}))["matches"], 1);
    bench.file("wide.txt", format!("{}\n", "w".repeat(5_000)));
    let data = bench.data("search_files", json!({"pattern": "w+"}));
    let line = data["files"][0]["lines"][0]["text"].as_str().unwrap();
    assert!(line.ends_with('…') && line.chars().count() == 501, "{line}");
    bench.file("many.txt", format!("{}\n", "m".repeat(499)).repeat(9));
    let bench_large =
        bench.text("search_files", json!({"pattern": "m", "context_lines": 3, "path": "many.txt"}));
    assert!(bench_large.contains("there are more"), "{bench_large}");
}

fn binary_files_are_left_out() {
    let bench = Bench::new();
    bench.file("data.bin", b"needle\n\0\0needle\n");
    bench.file("a.txt", "needle\n");
    assert_snapshot!(bench.text("search_files", json!({"pattern": "needle"})), @r"
    a.txt
    1:needle

    [1 binary file: not searched as text.]
    ");
}

fn what_cannot_be_searched_is_counted() {
    let bench = Bench::new();
    fs::hard_link(bench.outside.join("secret.txt"), bench.path("linked.txt")).unwrap();
    symlink(bench.outside.join("secret.txt"), bench.path("link.txt")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, bench.path(".gitignore"), 0o600.into()).unwrap();
    bench.file("a.txt", "x");
    assert_snapshot!(bench.text("search_files", json!({"pattern": "aloud"})), @r"
    No matches in 1 file.
    [1 file: left out: unreadable, or with hard links that may lead outside.]
    ");
    // In folders that package managers fill with links, they are read.
    bench.file("node_modules/p/index.js", "aloud");
    fs::hard_link(bench.path("node_modules/p/index.js"), bench.outside.join("store.js")).unwrap();
    assert_eq!(bench.data("search_files", json!({"pattern": "aloud"}))["matches"], 1);
}

fn wrong_patterns_say_how_to_mend_them() {
    let bench = Bench::new();
    let error = bench.error("search_files", json!({"pattern": "*.rs"}));
    assert!(error.starts_with("The pattern is not a regular expression:"), "{error}");
    assert!(
        error.ends_with("Set literal to search for it as it stands, or use glob to select files by name."),
        "{error}"
    );
    assert_snapshot!(
        bench.error("search_files", json!({"pattern": "a", "glob": "a[b"})),
        @r#"The glob "a[b" is not valid: unclosed character class; missing ']'"#
    );
    assert_snapshot!(bench.error("search_files", json!({"pattern": "a", "path": "nowhere"})), @"nowhere does not exist.");
}

fn utf16_is_searched_by_its_mark() {
    let bench = Bench::new();
    let utf16: Vec<u8> = "\u{feff}eins\nnadel ü\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bench.file("wide.txt", utf16);
    let data = bench.data("search_files", json!({"pattern": "nadel"}));
    assert_eq!(data["files"][0]["lines"], json!([{"line": 2, "text": "nadel ü", "is_match": true}]));
}

fn windows_line_ends_are_no_part_of_a_line() {
    let bench = Bench::new();
    bench.file("dos.txt", "one;\r\ntwo\r\n");
    bench.file("unix.txt", "one;\ntwo\n");
    let data = bench.data("search_files", json!({"pattern": ";$"}));
    let line = json!([{"line": 1, "text": "one;", "is_match": true}]);
    assert_eq!((&data["files"][0]["lines"], &data["files"][1]["lines"]), (&line, &line));
}

fn patterns_that_grow_are_refused() {
    let bench = Bench::new();
    bench.file("a.txt", "ab ".repeat(10_000));
    for pattern in [r"(\w{99}){99}", r"((\pL{99}){99}){99}", r"(a|b|\pL{1,900}){1,900}"] {
        let begun = std::time::Instant::now();
        let error = bench.error("search_files", json!({"pattern": pattern}));
        assert!(error.contains("size limit"), "{pattern}: {error}");
        assert!(begun.elapsed() < std::time::Duration::from_secs(5), "{pattern}: {:?}", begun.elapsed());
    }
    let long = "a".repeat(100_000);
    assert_snapshot!(bench.text("search_files", json!({"pattern": long, "literal": true})), @"No matches in 1 file.");
}
