use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

use insta::assert_snapshot;
use serde_json::json;

use crate::bench::{Bench, is_root, mode, names};

crate::trials![
    folders_are_made_and_bytes_counted,
    a_replaced_text_gives_a_diff_and_keeps_its_mode,
    the_same_content_is_not_written_again,
    a_hard_link_elsewhere_keeps_its_content,
    links_and_folders_are_not_written_over,
    a_read_only_file_is_respected,
    readers_see_the_old_or_the_new_and_nothing_between,
    another_encoding_becomes_utf8_and_says_so,
];

fn folders_are_made_and_bytes_counted() {
    let bench = Bench::new();
    assert_snapshot!(
        bench.text("write_file", json!({"path": "a/b/c.txt", "content": "grün\n"})),
        @"Created a/b/c.txt (6 bytes)."
    );
    assert_eq!(bench.content("a/b/c.txt"), "grün\n");
    assert_eq!(names(&bench.path("a/b")), ["c.txt"]);
    assert_snapshot!(bench.text("write_file", json!({"path": "empty", "content": ""})), @"Created empty (0 bytes).");
    // Links to folders inside are followed.
    symlink("a/b", bench.path("short")).unwrap();
    bench.text("write_file", json!({"path": "short/new/d.txt", "content": "d"}));
    assert_eq!(bench.content("a/b/new/d.txt"), "d");
}

fn a_replaced_text_gives_a_diff_and_keeps_its_mode() {
    let bench = Bench::new();
    let path = bench.file("run.sh", "#!/bin/sh\necho one\n");
    fs::set_permissions(&path, Permissions::from_mode(0o750)).unwrap();
    assert_snapshot!(
        bench.text("write_file", json!({"path": "run.sh", "content": "#!/bin/sh\necho two\n"})),
        @r"
    Replaced run.sh (19 bytes).
    --- a/run.sh
    +++ b/run.sh
    @@ -1,2 +1,2 @@
     #!/bin/sh
    -echo one
    +echo two
    "
    );
    assert_eq!(mode(&path), 0o750);
    bench.file("data.bin", [0, 1, 2, 0]);
    let data = bench.data("write_file", json!({"path": "data.bin", "content": "text"}));
    assert_eq!(data, json!({"path": "data.bin", "outcome": "replaced", "bytes_written": 4}));
}

fn the_same_content_is_not_written_again() {
    let bench = Bench::new();
    let path = bench.file("a.txt", "same");
    let before = fs::metadata(&path).unwrap();
    assert_snapshot!(
        bench.text("write_file", json!({"path": "a.txt", "content": "same"})),
        @"a.txt already holds exactly this; nothing was written."
    );
    let after = fs::metadata(&path).unwrap();
    assert_eq!((before.ino(), before.mtime_nsec()), (after.ino(), after.mtime_nsec()));
}

fn a_hard_link_elsewhere_keeps_its_content() {
    let bench = Bench::new();
    fs::hard_link(bench.outside.join("secret.txt"), bench.path("linked.txt")).unwrap();
    let text = bench.text("write_file", json!({"path": "linked.txt", "content": "mine"}));
    // Without a diff, which would show the old content.
    assert_snapshot!(text, @"Replaced linked.txt (4 bytes). The old file had other hard links; they still hold the old content.");
    assert_eq!(bench.content("linked.txt"), "mine");
    bench.assert_outside_untouched();
}

fn links_and_folders_are_not_written_over() {
    let bench = Bench::new();
    bench.file("AGENTS.md", "x");
    symlink("AGENTS.md", bench.path("CLAUDE.md")).unwrap();
    let write = |path: &str| bench.error("write_file", json!({"path": path, "content": "new"}));
    assert_snapshot!(write("CLAUDE.md"), @"CLAUDE.md is a symbolic link to AGENTS.md. Writing does not go through links; name the file it stands for.");
    fs::create_dir(bench.path("folder")).unwrap();
    assert_snapshot!(write("folder"), @"folder is a folder, not a file.");
    assert_snapshot!(write("new/"), @"new is a folder, not a file.");
    assert_snapshot!(write("."), @". is a folder, not a file.");
    assert_snapshot!(write("AGENTS.md/x"), @"AGENTS.md is not a folder.");
    assert_snapshot!(write(&format!("{}.txt", "n".repeat(300))).replace(&"n".repeat(300), "NNN"), @"NNN.txt: the name is too long for the file system.");
    assert_eq!(bench.content("AGENTS.md"), "x");
    assert_eq!(names(&bench.workspace), ["AGENTS.md", "CLAUDE.md", "folder"]);
}

fn a_read_only_file_is_respected() {
    let bench = Bench::new();
    let path = bench.file("fixed.txt", "old");
    fs::set_permissions(&path, Permissions::from_mode(0o444)).unwrap();
    let outcome = bench.call("write_file", json!({"path": "fixed.txt", "content": "new"}));
    // Root may write everything; the kernel is asked, not the mode.
    assert_eq!(outcome.is_error, !is_root(), "{}", outcome.joined_text());
    assert_eq!(mode(&path), 0o444);
}

fn readers_see_the_old_or_the_new_and_nothing_between() {
    let bench = Bench::new();
    let (old, new) = ("o".repeat(1 << 20), "n".repeat(1 << 20));
    let path = bench.file("a.txt", &old);
    std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            for _ in 0..200 {
                let seen = fs::read_to_string(&path).unwrap();
                assert!(seen == old || seen == new, "{} bytes", seen.len());
            }
        });
        for round in 0..10 {
            let content = if round % 2 == 0 { &new } else { &old };
            bench.text("write_file", json!({"path": "a.txt", "content": content}));
        }
        reader.join().unwrap();
    });
}

fn another_encoding_becomes_utf8_and_says_so() {
    let bench = Bench::new();
    let utf16: Vec<u8> = "\u{feff}alt\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    bench.file("a.txt", utf16);
    let text = bench.text("write_file", json!({"path": "a.txt", "content": "neu\n"}));
    assert!(text.contains("It was UTF-16LE with BOM before and is UTF-8 now."), "{text}");
    assert!(text.contains("-alt\n+neu"), "{text}");
}
