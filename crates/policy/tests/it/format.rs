//! Layout: as `opa fmt` has it, and never another meaning.

use std::path::Path;
use std::process::Command;

use policy::format::format;
use policy::{PolicyFile, shipped_files, shipped_tests};
use proptest::prelude::*;

use crate::bundles::opa;

fn laid_out(text: &str) -> String {
    format(&PolicyFile { path: "x.rego".into(), text: text.into() })
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
        .text
}

/// What `opa fmt` makes of files.
fn by_opa(texts: &[String]) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    let path = |index: usize| folder.path().join(format!("{index:03}.rego"));
    for (index, text) in texts.iter().enumerate() {
        std::fs::write(path(index), text).unwrap();
    }
    let run = Command::new(opa()).args(["fmt", "--write"]).arg(folder.path()).output().unwrap();
    assert!(run.status.success(), "{}", String::from_utf8_lossy(&run.stderr));
    (0..texts.len()).map(|index| std::fs::read_to_string(path(index)).unwrap()).collect()
}

#[test]
fn opa_finds_nothing_to_do_in_the_shipped_pack() {
    let texts: Vec<String> =
        shipped_files().iter().chain(&shipped_tests()).map(|file| laid_out(&file.text)).collect();
    for (ours, theirs) in texts.iter().zip(by_opa(&texts)) {
        assert_eq!(*ours, theirs);
    }
}

#[test]
fn the_shipped_pack_is_laid_out() {
    for file in shipped_files().iter().chain(&shipped_tests()) {
        assert_eq!(
            laid_out(&file.text),
            file.text,
            "{}: run `bailiwick policy fmt --write policies`",
            file.path
        );
    }
}

const UNTIDY: &str = r##"# What it is.
#  Said above.
package   bailiwick
import data.a
import   data.b   as  c


import data.d
default   open   :=   false
allow  contains  "x"  if  {  input.point=="tool.call";   count( input.resources.paths )>0  }
allow contains {"rule":"y","message":"z",} if input.point == "x" # why

one := 1
two := -1
three(a,b) := a-b if a > -2
four := [ 1,2 , 3,]
five := {"a":[1,
  2], "b" :{ "c" , "d"}}
six := set( )

deny   contains sprintf("%s",[x]) if {
     # first
  some x,y in input.arguments


  not y in {"a",
    "b", # said of b
    # and below
    "c"
  }
  every p in input.resources.paths { p.inside!=null }
  every p in input.resources.paths {
    p.inside != null; p.access == "read" }
  z := [ w | some w in input.x ; w>1 ]
  v := { k : w |
     some k, w in z
     w != 3 }
  contains( x , "y")
  input.a["b c"][0].not == `raw
  text`
  t := x|y
  f( { "a" :1 ,
     "b": 2 } ) with input as { } with data.x as 1
       with data.y as 2
  # last
}
kind(a) := "k" if { a==1 } else := "m" if {
 a == 2 }
  # between
  else := "n"
six_more contains   x   if  some x in [1] # trailing

# nothing follows
"##;

#[test]
fn untidy_text_becomes_what_opa_finds_nothing_to_do_in() {
    let ours = laid_out(UNTIDY);
    assert_eq!(laid_out(&ours), ours, "laid out twice");
    assert_eq!(by_opa(std::slice::from_ref(&ours))[0], ours);
}

#[test]
fn templates_and_windows_line_ends_are_kept_and_made_plain() {
    let text = "package a\r\nx := $\"a {input.b  +  \"}\"} c\"\r\ny:=$`raw {1}\nline`\r\n";
    assert_eq!(laid_out(text), "package a\n\nx := $\"a {input.b  +  \"}\"} c\"\ny := $`raw {1}\nline`\n");
}

#[test]
fn what_does_not_parse_is_an_error_with_its_place() {
    let broken = PolicyFile { path: "x.rego".into(), text: "package a\n\nb := \n".into() };
    assert!(format(&broken).unwrap_err().to_string().starts_with("x.rego:"));
    let open = PolicyFile { path: "x.rego".into(), text: "package a\n\nb := \"x\n".into() };
    assert!(format(&open).unwrap_err().to_string().starts_with("x.rego:3"));
}

/// OPA's own samples of layout: whatever we can parse keeps its tokens and is stable.
#[test]
fn the_conformance_cases_are_laid_out_alike_twice() {
    let folder = opa().parent().map(Path::to_path_buf).unwrap().join("cases");
    let mut pending = vec![folder];
    let mut count = 0;
    while let Some(folder) = pending.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                pending.push(path);
                continue;
            }
            let Ok(cases) = regorus::Value::from_yaml_str(&std::fs::read_to_string(&path).unwrap()) else {
                continue;
            };
            let Ok(cases) = cases["cases"].as_array().cloned() else { continue };
            for case in cases.iter() {
                let Ok(modules) = case["modules"].as_array() else { continue };
                for module in modules.iter().filter_map(|module| module.as_string().ok()) {
                    let file = PolicyFile { path: "x.rego".into(), text: module.to_string() };
                    let Ok(once) = format(&file) else { continue };
                    let again = format(&PolicyFile { path: "x.rego".into(), text: once.text.clone() });
                    let again = again.unwrap_or_else(|error| panic!("{error}\n{module}\n---\n{}", once.text));
                    assert_eq!(again.text, once.text, "{module}");
                    count += 1;
                }
            }
        }
    }
    assert!(count > 500, "only {count} modules were laid out");
}

/// Pieces of a shipped file with other white space between them.
fn respaced() -> impl Strategy<Value = (String, String)> {
    let files = shipped_files();
    (0..files.len(), proptest::collection::vec(0..6_u8, 64)).prop_map(move |(index, choices)| {
        let text = files[index].text.clone();
        let mut spaced = String::with_capacity(text.len() * 2);
        let mut choices = choices.iter().cycle();
        for line in text.lines() {
            let choice = choices.next().unwrap();
            let indented = line.trim_start();
            match choice {
                _ if line.contains('`') => spaced.push_str(line),
                0 => spaced.push_str(line),
                1 => spaced.push_str(indented),
                2 => spaced.push_str(&format!("      {indented}   ")),
                3 => spaced.push_str(&line.replace(" := ", ":=").replace(" == ", "==")),
                4 => spaced.push_str(&line.replace(" := ", "   :=\t").replace(" if {", "  if  {")),
                _ => spaced.push_str(&format!("{line}\t")),
            }
            spaced.push('\n');
        }
        (text, spaced)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn white_space_makes_no_difference((text, spaced) in respaced()) {
        prop_assert_eq!(laid_out(&spaced), laid_out(&text));
    }

    #[test]
    fn any_text_is_laid_out_or_refused(text in "(package a\n)?([a-z{}\\[\\]()\"`#:=|;,. \n$\\-0-9]{0,60}\n){0,4}") {
        let file = PolicyFile { path: "x.rego".into(), text };
        if let Ok(once) = format(&file) {
            let again = format(&PolicyFile { path: "x.rego".into(), text: once.text.clone() }).unwrap();
            prop_assert_eq!(again.text, once.text);
        }
    }
}
