use std::fs::{self, File};
use std::io::Write;
use std::time::{Duration, Instant};

use domain::tool::{Content, KnownContent};
use insta::assert_snapshot;
use serde_json::json;
use toolbox::Config;

use crate::bench::Bench;

crate::trials![
    a_text_comes_back_as_it_is,
    ranges_say_where_they_lie,
    a_long_text_is_cut_at_a_line,
    a_file_of_two_gigabytes_gives_ranges_at_once,
    a_binary_file_is_described,
    an_image_comes_back_as_one,
    an_image_too_large_names_the_setting,
    encodings_are_found_and_told,
    invalid_utf8_is_shown_and_told,
    what_is_no_file_is_refused_without_waiting,
];

fn a_text_comes_back_as_it_is() {
    let bench = Bench::new();
    bench.file("a.txt", "one\r\ntwo\n\n");
    let outcome = bench.call("read_file", json!({"path": "a.txt"}));
    assert_eq!(outcome.content, [Content::text("one\r\ntwo\n\n")]);
    let data = outcome.structured_content.unwrap();
    assert_eq!(
        data,
        json!({"path": "a.txt", "kind": "text", "size_bytes": 10, "text": "one\r\ntwo\n\n", "encoding": "UTF-8",
               "line_endings": "mixed", "first_line": 1, "last_line": 3, "total_lines": 3, "truncated": false, "lossy": false})
    );
}

fn ranges_say_where_they_lie() {
    let bench = Bench::new();
    bench.file("a.txt", "1\n2\n3\n4\n5");
    assert_snapshot!(bench.text("read_file", json!({"path": "a.txt", "offset": 2, "limit": 2})), @r"
    2
    3

    [Lines 2 to 3 of 5. Go on with offset 4.]
    ");
    assert_snapshot!(bench.text("read_file", json!({"path": "a.txt", "offset": 4, "limit": 9})), @r"
    4
    5
    [Lines 4 to 5 of 5.]
    ");
    assert_snapshot!(bench.text("read_file", json!({"path": "a.txt", "offset": 9})).trim(), @"[The file has only 5 lines.]");
    bench.file("empty", "");
    assert_snapshot!(bench.text("read_file", json!({"path": "empty"})).trim(), @"[The file is empty.]");
}

fn a_long_text_is_cut_at_a_line() {
    let bench = Bench::with(Config { result_bytes_max: 10, ..Config::default() });
    bench.file("a.txt", "aaaa\nbbbb\ncccc\n");
    assert_snapshot!(bench.text("read_file", json!({"path": "a.txt"})), @r"
    aaaa
    bbbb

    [Lines 1 to 2 of 3. Go on with offset 3.]
    ");
    bench.file("line.txt", "ääääääääää\n");
    assert_snapshot!(bench.text("read_file", json!({"path": "line.txt"})), @r"
    äääää
    [Line 1 of 1 is cut: it is longer than the 10 bytes that one call gives back (`result_bytes_max` in [toolbox]).]
    ");
}

fn a_file_of_two_gigabytes_gives_ranges_at_once() {
    let bench = Bench::new();
    let mut file = File::create(bench.path("big.log")).unwrap();
    for n in 1..=100_000 {
        writeln!(file, "line {n}").unwrap();
    }
    // The rest is a hole: two gigabytes that take no space.
    file.set_len(2 << 30).unwrap();
    let begin = Instant::now();
    assert_snapshot!(bench.text("read_file", json!({"path": "big.log", "offset": 99999, "limit": 2})), @r"
    line 99999
    line 100000

    [Lines 99999 to 100000. Go on with offset 100001. The file has 2147483648 bytes, so its lines were not counted (`file_bytes_max` in [toolbox]).]
    ");
    let whole = bench.data("read_file", json!({"path": "big.log"}));
    assert_eq!(whole["truncated"], true);
    assert!(whole["text"].as_str().unwrap().len() <= Config::default().result_bytes_max);
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());

    assert_snapshot!(
        bench.error("edit_file", json!({"path": "big.log", "old_text": "line 1\n", "new_text": ""})),
        @"big.log has 2147483648 bytes, more than the 10485760 that edit_file takes. A person can raise `file_bytes_max` in [toolbox]."
    );
}

fn a_binary_file_is_described() {
    let bench = Bench::new();
    bench.file("data.bin", [0, 159, 146, 150, 0, 255]);
    assert_snapshot!(
        bench.text("read_file", json!({"path": "data.bin"})),
        @"data.bin is a binary file (application/octet-stream, 6 bytes); there is no text to show. To look into it, use run_command with a program for that kind of file."
    );
    fs::copy("/bin/sh", bench.path("program")).unwrap();
    let data = bench.data("read_file", json!({"path": "program"}));
    assert_eq!((&data["kind"], &data["mime_type"]), (&json!("binary"), &json!("application/x-executable")));
    assert!(data.get("text").is_none());
}

/// One transparent pixel.
const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89\
    \0\0\0\rIDATx\x9cc\0\x01\0\0\x05\0\x01\r\n-\xb4\0\0\0\0IEND\xaeB`\x82";

fn an_image_comes_back_as_one() {
    let bench = Bench::new();
    bench.file("dot.png", PNG);
    let outcome = bench.call("read_file", json!({"path": "dot.png"}));
    let Content::Known(KnownContent::Image { data, mime_type }) = &outcome.content[0] else {
        panic!("{outcome:?}")
    };
    assert_eq!(mime_type, "image/png");
    assert!(data.starts_with("iVBORw0KGgo"), "{data}");
    assert_eq!(outcome.structured_content.unwrap()["kind"], "image");
}

fn an_image_too_large_names_the_setting() {
    let bench = Bench::with(Config { image_bytes_max: 10, ..Config::default() });
    bench.file("dot.png", PNG);
    assert_snapshot!(
        bench.error("read_file", json!({"path": "dot.png"})),
        @"dot.png has 67 bytes, more than the 10 that read_file gives back as an image. A person can raise `image_bytes_max` in [toolbox]."
    );
}

fn encodings_are_found_and_told() {
    let bench = Bench::new();
    let utf16: Vec<u8> =
        "\u{feff}erste\nzweite ü\ndritte".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bench.file("utf16.txt", utf16);
    assert_snapshot!(bench.text("read_file", json!({"path": "utf16.txt", "offset": 2, "limit": 1})), @r"
    zweite ü

    [Lines 2 to 2 of 3. Go on with offset 3. The encoding is UTF-16LE with BOM.]
    ");
    bench.file("bom.txt", "\u{feff}x = 1\n");
    assert_snapshot!(bench.text("read_file", json!({"path": "bom.txt"})), @r"
    x = 1

    [The encoding is UTF-8 with BOM.]
    ");
    bench.file("latin.txt", b"Gr\xfc\xdfe aus K\xf6ln, sch\xf6nes Wetter\n");
    assert_snapshot!(bench.text("read_file", json!({"path": "latin.txt"})), @r"
    Grüße aus Köln, schönes Wetter

    [The encoding is windows-1252.]
    ");
    let sjis = encoding_rs::SHIFT_JIS.encode("これは日本語の文章です。\n二行目です。\n").0.into_owned();
    bench.file("sjis.txt", sjis);
    assert_eq!(bench.data("read_file", json!({"path": "sjis.txt"}))["encoding"], "Shift_JIS");
}

fn invalid_utf8_is_shown_and_told() {
    let bench = Bench::new();
    // Valid as far as a file is judged by, so it stays UTF-8 and the bad byte is shown.
    let mut text = "grün\n".repeat(20_000).into_bytes();
    text.extend(b"bad \xff byte\n");
    bench.file("late.txt", text);
    assert_snapshot!(bench.text("read_file", json!({"path": "late.txt", "offset": 20001})), @r"
    bad � byte

    [Lines 20001 to 20001 of 20001. Some bytes are not valid in it and are shown as �.]
    ");
    assert_eq!(bench.data("read_file", json!({"path": "late.txt", "offset": 20001}))["lossy"], true);
}

fn what_is_no_file_is_refused_without_waiting() {
    let bench = Bench::new();
    fs::create_dir(bench.path("folder")).unwrap();
    assert_snapshot!(bench.error("read_file", json!({"path": "folder"})), @"folder is a folder, not a file.");
    bench.file("README.md", "");
    assert_snapshot!(bench.error("read_file", json!({"path": "readme.md"})), @"readme.md does not exist.");
    assert_snapshot!(bench.error("read_file", json!({"path": "READM.md"})), @"READM.md does not exist. Did you mean README.md?");
    assert_snapshot!(bench.error("read_file", json!({"path": "README.md/x"})), @"README.md/x is not a folder.");
    rustix::fs::mkfifoat(rustix::fs::CWD, bench.path("pipe"), 0o600.into()).unwrap();
    assert_snapshot!(bench.error("read_file", json!({"path": "pipe"})), @"pipe is a named pipe, not a file, and is not opened.");
    let _socket = std::os::unix::net::UnixListener::bind(bench.path("socket")).unwrap();
    assert_snapshot!(bench.error("read_file", json!({"path": "socket"})), @"socket is a socket or device, not a file, and is not opened.");
}
