//! Changes single settings in the person's file and leaves the rest of it, comments included, as it is.

use std::path::Path;

use toml_edit::{DocumentMut, Item, Table, Value};

use crate::exit::Failure;
use crate::paths::write_private;

/// Sets dotted names to values; `None` removes one. The file is replaced in one step.
pub fn set_values(file: &Path, changes: &[(Vec<&str>, Option<Value>)]) -> Result<(), Failure> {
    let text = match std::fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(Failure::usage(format!("{} cannot be read: {error}", file.display()))),
    };
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| Failure::usage(format!("{}: {error}", file.display())))?;
    for (path, value) in changes {
        let Some((key, parents)) = path.split_last() else { continue };
        let mut table: &mut Table = document.as_table_mut();
        for parent in parents {
            let entry = table.entry(parent).or_insert_with(|| {
                let mut table = Table::new();
                table.set_implicit(true);
                Item::Table(table)
            });
            table = entry.as_table_mut().ok_or_else(|| {
                Failure::usage(format!("{}: `{parent}` must be a table like `[{parent}]`", file.display()))
            })?;
        }
        match value {
            Some(value) => {
                table.insert(key, Item::Value(value.clone()));
            }
            None => {
                table.remove(key);
            }
        }
    }
    write_private(file, &document.to_string())
        .map_err(|error| Failure::usage(format!("{} cannot be written: {error}", file.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_to_the_file_stays_one() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("dotfiles.toml"), dir.path().join("config.toml"));
        std::fs::write(&file, "# mine\n").unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        set_values(&link, &[(vec!["agent", "model"], Some("demo".into()))]).unwrap();
        assert!(link.is_symlink());
        assert!(std::fs::read_to_string(&file).unwrap().contains("model = \"demo\""));
    }

    #[test]
    fn comments_and_order_survive_a_change() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("config.toml");
        std::fs::write(&file, "# mine\n[agent]\nmodel = \"demo\" # for now\n").unwrap();
        set_values(
            &file,
            &[
                (vec!["agent", "model"], Some("ollama/qwen3".into())),
                (vec!["models", "providers", "lab", "api"], Some("openai_chat".into())),
            ],
        )
        .unwrap();
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.starts_with("# mine\n[agent]\nmodel = \"ollama/qwen3\""), "{text}");
        assert!(text.contains("[models.providers.lab]\napi = \"openai_chat\""), "{text}");
    }
}
