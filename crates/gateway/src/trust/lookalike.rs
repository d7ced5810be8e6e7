//! Names that a person or a model could take for another.

/// The longer of two names must have this many characters before one letter of difference makes them alike: short
/// names differ by a letter all the time.
const NEAR_CHARS_MIN: usize = 8;

/// Whether one name could be taken for the other. Equal names are not alike but the same.
pub(crate) fn alike(one: &str, other: &str) -> bool {
    if one == other {
        return false;
    }
    let (a, b) = (skeleton(one), skeleton(other));
    a == b
        || (a.chars().count().max(b.chars().count()) >= NEAR_CHARS_MIN && strsim::osa_distance(&a, &b) == 1)
}

/// The name as it looks at a glance: case, separators and letters of the same shape folded.
fn skeleton(name: &str) -> String {
    name.chars().flat_map(char::to_lowercase).filter_map(shape).collect()
}

fn shape(c: char) -> Option<char> {
    Some(match c {
        '-' | '_' | '.' | '/' | ' ' => return None,
        c if super::flags::invisible(c) => return None,
        '0' | 'о' | 'ο' => 'o',
        '1' | 'l' | 'і' | 'ι' | '|' | 'ı' => 'i',
        '5' => 's',
        'а' | 'α' => 'a',
        'с' | 'ϲ' => 'c',
        'е' | 'ε' => 'e',
        'ѕ' => 's',
        'р' | 'ρ' => 'p',
        'х' | 'χ' => 'x',
        'у' | 'γ' => 'y',
        'ԁ' => 'd',
        'һ' => 'h',
        'к' | 'κ' => 'k',
        'ո' => 'n',
        'т' | 'τ' => 't',
        'ԝ' => 'w',
        'ν' => 'v',
        // Full-width letters.
        c @ '\u{ff41}'..='\u{ff5a}' => char::from_u32(u32::from(c) - 0xff41 + u32::from('a')).unwrap_or(c),
        c => c,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_alike_are_alike() {
        for (one, other) in [
            ("read_file", "readFile"),
            ("read_file", "read-file"),
            ("read_file", "rеad_file"),
            ("send_mail", "send_mai1"),
            ("read_file", "read_fi1e"),
            ("create_issue", "create_isue"),
            ("list", "1ist"),
        ] {
            assert!(alike(one, other), "{one} {other}");
        }
        for (one, other) in [("read_file", "read_file"), ("get", "set"), ("read_file", "write_file")] {
            assert!(!alike(one, other), "{one} {other}");
        }
    }
}
