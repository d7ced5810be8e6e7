//! The record: whole as it is, and what is said when somebody was at it.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};

use crate::gateway::exposed;
use crate::support::api::Api;
use crate::support::script_server::{ScriptServer, home_with_rules};
use crate::support::{Ended, Home};

/// A home with a dozen entries and nothing that serves it.
fn with_entries() -> Home {
    let home = home_with_rules("");
    let up = home.up();
    let notes = ScriptServer::new(&home, "notes", &["echo"]);
    assert_eq!(notes.add(&home, "notes", &["--yes"]).code, 0);
    let (api, echo) = (Api::of(&home), exposed(&home, "notes", "echo"));
    for number in 0..5 {
        api.call(&echo, json!({"number": number, "deny": number == 3}));
    }
    assert_eq!(up.terminate().1, 0);
    home
}

/// `audit verify --json` of a data folder.
fn verify(home: &Home, data_dir: &Path) -> (i32, Value) {
    let dir = data_dir.display().to_string();
    let ended = home.run(&["--data-dir", &dir, "audit", "verify", "--json"]);
    (ended.code, serde_json::from_str(&ended.out).unwrap_or_else(|_| panic!("{ended:?}")))
}

/// A copy of the data folder in which this was done to the database.
fn tampered(home: &Home, name: &str, sql: &str) -> PathBuf {
    let copy = home.path().join(name);
    let copied = Command::new("cp").arg("-r").arg(home.data_dir()).arg(&copy).status();
    assert!(copied.expect("cp").success());
    let script = "import sqlite3, sys\n\
        db = sqlite3.connect(sys.argv[1])\n\
        db.executescript('PRAGMA foreign_keys = OFF;')\n\
        names = db.execute(\"select name from sqlite_master where type = 'trigger'\").fetchall()\n\
        for (name,) in names: db.execute('drop trigger ' + name)\n\
        db.executescript(sys.argv[2])\n\
        db.commit()\n";
    let done = Command::new("python3").args(["-c", script]).arg(copy.join("bailiwick.db")).arg(sql).output();
    let done = done.expect("python3");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    copy
}

#[test]
fn a_record_is_whole_until_somebody_was_at_it() {
    let home = with_entries();
    let ended = home.run(&["audit", "verify"]);
    assert!(ended.code == 0 && ended.out.contains("whole:"), "{ended:?}");
    let (code, found) = verify(&home, &home.data_dir());
    let entries = found["entries"].as_u64().expect("a number");
    assert!(code == 0 && found["whole"] == true && entries >= 10, "{found}");

    let cut = entries - 2;
    for (name, sql, first_bad) in [
        ("changed", "update record set body = replace(body, '\"allow\"', '\"deny\"') where seq = 6".to_owned(), 6),
        ("body", "update record set body = body || ' ' where seq = 4".to_owned(), 4),
        ("column", "update record set verdict = 'deny' where seq = (select max(seq) from record where verdict = 'allow')".to_owned(), 0),
        ("time", "update record set at = at + 1 where seq = 5".to_owned(), 5),
        ("removed", "delete from record where seq = 7".to_owned(), 7),
        ("closed-up", "delete from record where seq = 7; update record set seq = seq - 1 where seq > 7".to_owned(), 7),
        ("swapped", "update record set seq = -1 where seq = 5; update record set seq = 5 where seq = 6; \
                     update record set seq = 6 where seq = -1".to_owned(), 5),
        ("cut", format!("delete from record where seq > {cut}"), cut + 1),
        // With the stored head as well: only the signed heads beside the database tell.
        ("cut-clean", format!("delete from record where seq > {cut}; update record_heads set seq = {cut}, \
                     hash = (select hash from record where seq = {cut}), at = (select at from record where seq = {cut})"), cut + 1),
        ("emptied", "delete from record; update record_heads set seq = 0, hash = zeroblob(32)".to_owned(), 1),
    ] {
        let (code, found) = verify(&home, &tampered(&home, name, &sql));
        assert!(code == 1 && found["whole"] == false, "{name}: {found}");
        if first_bad > 0 {
            assert_eq!(found["first_bad"], first_bad, "{name}: {found}");
        }
        assert!(found["why"].as_str().is_some_and(|why| !why.is_empty()), "{name}: {found}");
    }
    // In words.
    let dir = home.path().join("removed").display().to_string();
    let ended = home.run(&["--data-dir", &dir, "audit", "verify"]);
    assert!(
        ended.code == 1 && ended.out.contains("not whole:") && ended.out.contains("entry 7"),
        "{ended:?}"
    );
}

#[test]
fn an_export_stands_for_itself() {
    let home = with_entries();
    let file = home.path().join("export.jsonl");
    let (path, text) =
        (file.display().to_string(), |file: &Path| std::fs::read_to_string(file).expect("there"));
    assert_eq!(home.run(&["audit", "export", &path]).code, 0);
    let again = home.run(&["audit", "export", &path]);
    assert!(again.code == 2, "an existing file is left alone: {again:?}");
    let whole = home.run(&["audit", "verify", &path]);
    assert!(whole.code == 0 && whole.out.contains("whole:"), "{whole:?}");
    let lines: Vec<String> = text(&file).lines().map(str::to_owned).collect();
    assert!(lines.last().expect("lines").starts_with("{\"head\":"));

    let checked = |name: &str, lines: &[String]| -> Ended {
        let file = home.path().join(name);
        std::fs::write(&file, lines.join("\n") + "\n").expect("written");
        home.run(&["audit", "verify", &file.display().to_string()])
    };
    let no_head = checked("no-head", &lines[..lines.len() - 1]);
    assert!(no_head.code == 2 && no_head.err.contains("signed head"), "{no_head:?}");
    let half = text(&file);
    let half = checked("half", &[half[..half.len() - 20].to_owned()]);
    assert_eq!(half.code, 2, "{half:?}");
    let mut tail_gone = lines.clone();
    tail_gone.drain(lines.len() - 3..lines.len() - 1);
    let ended = checked("tail-gone", &tail_gone);
    assert!(ended.code == 1 && ended.out.contains(&format!("entry {}", lines.len() - 2)), "{ended:?}");
    let mut middle_gone = lines.clone();
    middle_gone.remove(3);
    let ended = checked("middle-gone", &middle_gone);
    assert!(ended.code == 1 && ended.out.contains("entry 4"), "{ended:?}");
    let mut changed = lines.clone();
    changed[5] = changed[5].replacen("notes", "motes", 1);
    assert_ne!(changed, lines, "there was something to change: {}", lines[5]);
    let ended = checked("changed", &changed);
    assert!(ended.code == 1 && ended.out.contains("entry 6"), "{ended:?}");
    let mut front_gone = lines.clone();
    front_gone.remove(0);
    let ended = checked("front-gone", &front_gone);
    assert!(ended.code == 1 && ended.out.contains("entry 1"), "{ended:?}");

    // Somewhere else the key is unknown, unless it is given.
    let head: Value = serde_json::from_str(lines.last().expect("lines")).expect("JSON");
    let key = head["head"]["public_key"].as_str().expect("a key");
    let other = Home::new();
    let unknown = other.run(&["audit", "verify", &path]);
    assert!(unknown.code == 0 && unknown.err.contains("--key"), "{unknown:?}");
    let known = other.run(&["audit", "verify", &path, "--key", key]);
    assert!(known.code == 0 && !known.err.contains("--key"), "{known:?}");
    // One whose record is another trusts another key.
    assert_eq!(other.run(&["audit", "verify"]).code, 0);
    let foreign = other.run(&["audit", "verify", &path]);
    assert!(foreign.code == 1 && foreign.out.contains("key"), "{foreign:?}");
}
