use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, symlink};

use insta::assert_snapshot;
use serde_json::json;

use crate::bench::{Bench, mode};

crate::trials![
    one_place_is_replaced_and_shown,
    an_ambiguous_text_is_refused_with_its_lines,
    a_text_that_is_not_there_is_refused_with_a_hint,
    all_places_are_replaced_on_request,
    windows_line_ends_stay,
    encoding_and_byte_order_mark_stay,
    what_an_encoding_lacks_is_refused,
    what_would_be_damaged_is_refused,
    links_are_not_edited_through,
    what_would_grow_beyond_the_limit_is_refused,
    a_near_miss_is_looked_for_in_linear_time,
];

fn one_place_is_replaced_and_shown() {
    let bench = Bench::new();
    let path = bench.file("main.rs", "fn main() {\n    one();\n    two();\n}\n");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    assert_snapshot!(
        bench.text("edit_file", json!({"path": "main.rs", "old_text": "    two();", "new_text": "    three();\n    four();"})),
        @r"
    Edited main.rs: 1 replacement.
    --- a/main.rs
    +++ b/main.rs
    @@ -1,4 +1,5 @@
     fn main() {
         one();
    -    two();
    +    three();
    +    four();
     }
    "
    );
    assert_eq!(bench.content("main.rs"), "fn main() {\n    one();\n    three();\n    four();\n}\n");
    assert_eq!(mode(&path), 0o640);
}

fn an_ambiguous_text_is_refused_with_its_lines() {
    let bench = Bench::new();
    bench.file("a.txt", "x = 1\ny\nx = 1\n\nx = 1\n");
    assert_snapshot!(
        bench.error("edit_file", json!({"path": "a.txt", "old_text": "x = 1", "new_text": "x = 2"})),
        @"old_text occurs 3 times in a.txt, at lines 1, 3, 5. Add lines around it until it occurs once, or set replace_all."
    );
    assert_eq!(bench.content("a.txt"), "x = 1\ny\nx = 1\n\nx = 1\n");
}

fn a_text_that_is_not_there_is_refused_with_a_hint() {
    let bench = Bench::new();
    bench.file("a.py", "def f():\n\tif x:\n\t\treturn 1\n");
    let edit = |old: &str, new: &str| {
        bench.error("edit_file", json!({"path": "a.py", "old_text": old, "new_text": new}))
    };
    assert_snapshot!(
        edit("    if x:\n        return 1", "pass"),
        @"old_text does not occur in a.py. At line 2 it would match but for indentation or other white space; read the file and copy the text exactly."
    );
    assert_snapshot!(
        edit("if y:", "pass"),
        @"old_text does not occur in a.py. Read the file again: it may have changed, or the text was not copied exactly."
    );
    assert_snapshot!(edit("if x:", "if x:"), @"old_text and new_text are the same: there is nothing to change.");
    assert_snapshot!(edit("", "x"), @"The arguments of edit_file do not fit its schema: `old_text` may not be empty.");
}

fn all_places_are_replaced_on_request() {
    let bench = Bench::new();
    bench.file("a.txt", "a b a b a");
    let arguments = json!({"path": "a.txt", "old_text": "a", "new_text": "aa", "replace_all": true});
    assert_eq!(bench.data("edit_file", arguments)["replacements"], 3);
    assert_eq!(bench.content("a.txt"), "aa b aa b aa");
}

fn windows_line_ends_stay() {
    let bench = Bench::new();
    bench.file("dos.txt", "one\r\ntwo\r\nthree\r\n");
    bench.text("edit_file", json!({"path": "dos.txt", "old_text": "one\ntwo", "new_text": "1\n2\n2b"}));
    assert_eq!(bench.content("dos.txt"), "1\r\n2\r\n2b\r\nthree\r\n");
    // Mixed ends are matched as they stand.
    bench.file("mixed.txt", "one\r\ntwo\n");
    bench.text("edit_file", json!({"path": "mixed.txt", "old_text": "one\r\ntwo\n", "new_text": "1\r\n2\n"}));
    assert_eq!(bench.content("mixed.txt"), "1\r\n2\n");
}

fn encoding_and_byte_order_mark_stay() {
    let bench = Bench::new();
    bench.file("bom.txt", "\u{feff}a\nb\n");
    bench.text("edit_file", json!({"path": "bom.txt", "old_text": "a\n", "new_text": "ü\n"}));
    assert_eq!(bench.content("bom.txt"), "\u{feff}ü\nb\n");

    let utf16 = |text: &str| text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<u8>>();
    let path = bench.file("wide.txt", utf16("\u{feff}a → b\n"));
    bench.text("edit_file", json!({"path": "wide.txt", "old_text": "→", "new_text": "😀"}));
    assert_eq!(fs::read(path).unwrap(), utf16("\u{feff}a 😀 b\n"));

    let path = bench.file("latin.txt", b"Gr\xfc\xdfe aus K\xf6ln, sch\xf6nes Wetter\n");
    bench.text("edit_file", json!({"path": "latin.txt", "old_text": "Köln", "new_text": "Düren"}));
    assert_eq!(fs::read(path).unwrap(), b"Gr\xfc\xdfe aus D\xfcren, sch\xf6nes Wetter\n");
}

fn what_an_encoding_lacks_is_refused() {
    let bench = Bench::new();
    let before = b"Gr\xfc\xdfe aus K\xf6ln, sch\xf6nes Wetter\n";
    let path = bench.file("latin.txt", before);
    assert_snapshot!(
        bench.error("edit_file", json!({"path": "latin.txt", "old_text": "Köln", "new_text": "東京"})),
        @"latin.txt is written in windows-1252, which has no '東'. Write it in another way, or rewrite the whole file with write_file."
    );
    assert_eq!(fs::read(path).unwrap(), before);
}

fn what_would_be_damaged_is_refused() {
    let bench = Bench::new();
    bench.file("data.bin", b"ab\0cd\xff");
    let edit =
        |path: &str| bench.error("edit_file", json!({"path": path, "old_text": "ab", "new_text": "x"}));
    assert_snapshot!(edit("data.bin"), @"data.bin is a binary file (application/octet-stream), which cannot be edited as text.");
    // Half a UTF-16 character after a mark that promises whole ones.
    bench.file("odd.txt", b"\xff\xfea\0b\0\x00");
    assert_snapshot!(edit("odd.txt"), @"odd.txt has bytes that are not valid UTF-16LE; editing it as text would damage them. Use run_command.");
}

fn links_are_not_edited_through() {
    let bench = Bench::new();
    bench.file("real.txt", "ab");
    symlink("real.txt", bench.path("link.txt")).unwrap();
    assert_snapshot!(
        bench.error("edit_file", json!({"path": "link.txt", "old_text": "ab", "new_text": "x"})),
        @"link.txt is a symbolic link to real.txt. Writing does not go through links; name the file it stands for."
    );
    assert_eq!(bench.content("real.txt"), "ab");
}

fn what_would_grow_beyond_the_limit_is_refused() {
    let bench = Bench::new();
    bench.file("a.txt", "a".repeat(1 << 20));
    let edit =
        json!({"path": "a.txt", "old_text": "a", "new_text": "b".repeat(1 << 20), "replace_all": true});
    assert_snapshot!(
        bench.error("edit_file", edit),
        @"The new a.txt has 1099511627776 bytes, more than the 10485760 that edit_file leaves behind. A person can raise `file_bytes_max` in [toolbox]."
    );
    assert_eq!(bench.content("a.txt").len(), 1 << 20);
}

fn a_near_miss_is_looked_for_in_linear_time() {
    let bench = Bench::new();
    bench.file("a.txt", "x\n".repeat(1 << 20));
    let begun = std::time::Instant::now();
    let old = format!("{}y", "x\n".repeat(1 << 19));
    let error = bench.error("edit_file", json!({"path": "a.txt", "old_text": old, "new_text": ""}));
    assert!(error.contains("Read the file again"), "{error}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}
