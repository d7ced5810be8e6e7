use std::io::Write as _;
use std::process::{Command, Stdio};
use serde_json::json;
use domain::tool::{ServerKind, Tool, ToolAnnotations};
use super::resources_of;

struct Rng(u64);
impl Rng { fn next(&mut self, n: usize) -> usize { self.0 ^= self.0 << 13; self.0 ^= self.0 >> 7; self.0 ^= self.0 << 17; (self.0 % n as u64) as usize } }

const TOKENS: &[&str] = &[
 "aa", "bb", "rm x", "aa y", " ", " ", " ", "\n", "\n", ";", "; ", " && ", " || ", " | ", "&", "(", ")", "{ ", "; }", "}", "'", "\"", "\\", "\\\n", "#", " #", "\r", "\x0c", "\x0b", "\t", "\u{a0}", "\u{2028}", "\u{1}",
 "<<E", "<<'E'", "<<-E", "<<\"E\"\n", "<<\\E\n", "<<E''\n", "\nE\n", "E\n", "\tE\n", "E", " E\n", ">o", "> o2", "<<<", "&>o3", ">&o4", ">|o5", "2>&1", "2>", "<&-", "if ", " then ", " fi", "while aa", " do ", " done", "for q in", "case x in", " x) ", " *) ", ";;", " esac", "! ", "time ", "function f ", "f() ", "f", "=", "x=1 ", "x=", "$'", "$\"", "$", "[", "]", "*", "?", "~", "!", "E=1", "aa=b", "-", "--", "{", ",", "[[ ", " ]]", "((", "))", "\"'\"", "'\"'", "\\'", "\\\"", "x+=1 ", "select q in ", "coproc ", ";&", ";;&", "|&", "<>o6", "\\#", "a#", "{fd}>o7", "3>o8", "E\r\n", "<<E\r\n","elif ","else ","until ", "then\n", "do\n", "$#", "$?", "$$", "`", "$(", "${", "\\\r\n", "<(aa)", ">(aa)", "@(", "+(", "<<-'E'\n", "\t\tE\n", "<< E", "x[1]=2 ", "x=(", "\u{feff}", "\0x"
];

#[test]
fn differential() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().canonicalize().unwrap();
    let bin = root.join("bin"); std::fs::create_dir(&bin).unwrap();
    let ws = root.join("ws");
    let log = root.join("log");
    for name in ["aa","bb","rm","E","x","y","f","q","o","z","zz"] {
        let p = bin.join(name);
        std::fs::write(&p, format!("#!/usr/bin/dash\nfor i in {name} \"$@\"; do printf '%s\\001' \"$i\"; done >>{}\nprintf '\\002' >>{}\n", log.display(), log.display())).unwrap();
        use std::os::unix::fs::PermissionsExt; std::fs::set_permissions(&p, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    let tool = Tool { name: "run_command".into(), description: String::new(), input_schema: json!({}), output_schema: None, annotations: ToolAnnotations::default() };
    let seed: u64 = std::env::var("SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(88172645463325252);
    let n: usize = std::env::var("N").ok().and_then(|s| s.parse().ok()).unwrap_or(1000);
    let mut rng = Rng(seed);
    let (mut clear, mut bad, mut ran) = (0, 0, 0);
    for _ in 0..n {
        let len = 1 + rng.next(9);
        let mut text = String::from(["", "aa ", "aa", "aa y; ", "aa <<E\n"][rng.next(5)]);
        for _ in 0..len { text.push_str(TOKENS[rng.next(TOKENS.len())]); }
        text.push_str(["", "\nrm z", "; rm z", "\nE\nrm z\nE\n"][rng.next(4)]);
        let _ = std::fs::remove_dir_all(&ws); std::fs::create_dir(&ws).unwrap();
        let found = resources_of(ServerKind::Builtin, &tool, &json!({"shell": text}), &ws);
        if found.opaque || text.contains('\0') { continue; }
        clear += 1;
        for shell in ["dash", "bash"] {
            let _ = std::fs::remove_file(&log);
            let _ = std::fs::remove_dir_all(&ws); std::fs::create_dir(&ws).unwrap();
            let mut child = Command::new("/usr/bin/timeout").args(["-s", "KILL", "1", &format!("/usr/bin/{shell}"), "-c", &text]).env_clear().env("PATH", &bin).env("HOME", &ws).current_dir(&ws)
                .stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
            child.wait().unwrap();
            let got = std::fs::read(&log).unwrap_or_default();
            for rec in got.split(|b| *b == 2).filter(|r| !r.is_empty()) {
                ran += 1;
                let words: Vec<String> = rec.split(|b| *b == 1).map(|w| String::from_utf8_lossy(w).into_owned()).collect();
                let words = words[..words.len()-1].to_vec();
                if !found.commands.contains(&words) {
                    // ~, $$ and such expand
                    if words.iter().any(|w| w.contains(ws.to_str().unwrap())) || text.contains("$$") || text.contains("$?") || text.contains("$#")|| text.contains('\u{1}') { continue; }
                    bad += 1;
                    eprintln!("MISSED {shell} {text:?}\n   ran {words:?}\n   saw {:?}", found.commands);
                }
            }
            for entry in std::fs::read_dir(&ws).unwrap() {
                let name = entry.unwrap().file_name().to_string_lossy().into_owned();
                if !found.paths.iter().any(|f| f.inside.as_deref() == Some(&name) && f.access == "write") {
                    bad += 1;
                    eprintln!("WROTE {shell} {text:?}\n   {name:?} facts {:?}", found.paths);
                }
            }
        }
    }
    std::io::stderr().flush().unwrap();
    eprintln!("clear {clear} ran {ran} bad {bad}");
}
