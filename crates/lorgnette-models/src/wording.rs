//! Names, lists of names, and bytes, as messages have them.

use lorgnette_weights::hub::FileName;

/// So many names of a list are said; of the others, how many they are.
const MOST_NAMES: usize = 4;

/// Bytes in units of a thousand, with one digit behind the point, as in `25.4 GB`.
pub fn bytes(n_bytes: u64) -> String {
    let units = [(1e12, "TB"), (1e9, "GB"), (1e6, "MB"), (1e3, "kB")];
    let n = n_bytes as f64;
    match units.into_iter().find(|(unit, _)| n >= unit * 0.9995) {
        Some((unit, name)) => format!("{:.1} {name}", n / unit),
        None => format!("{n_bytes} bytes"),
    }
}

/// A list of names in a line: all of a few, or the first and how many more there are.
pub(crate) fn few(names: &[String]) -> String {
    match names {
        [] => "none".into(),
        [only] => only.clone(),
        [first @ .., last] if names.len() <= MOST_NAMES => {
            format!("{} and {last}", first.join(", "))
        }
        names => {
            let (said, others) = names.split_at(MOST_NAMES - 1);
            format!("{} and {} more", said.join(", "), others.len())
        }
    }
}

/// A name for a folder or file, made of any text: small letters and digits, one dash for anything
/// between them. A text without any of these is called `model`.
pub(crate) fn plain(text: &str) -> String {
    let mut name = String::new();
    for c in text.to_lowercase().chars().take(100) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' => name.push(c),
            '.' if !name.ends_with(['.', '-']) => name.push('.'),
            _ if !name.ends_with(['.', '-']) => name.push('-'),
            _ => {}
        }
    }
    let name = name.trim_matches(['.', '-']);
    if FileName::new(name).is_ok() { name.to_owned() } else { "model".into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_text_makes_a_name() {
        for (text, expected) in [
            ("Pixtral-12B.Q4_K_M", "pixtral-12b.q4_k_m"),
            ("My model (1) [final]", "my-model-1-final"),
            ("Пикстраль 12B", "12b"),
            ("модель", "model"),
            ("...", "model"),
            ("-rf", "rf"),
            ("a..b--c", "a.b-c"),
            ("con", "model"),
            ("", "model"),
            ("../../etc/passwd", "etc-passwd"),
            ("名前", "model"),
        ] {
            assert_eq!(plain(text), expected, "{text}");
            assert!(FileName::new(&plain(text)).is_ok());
        }
        assert!(FileName::new(&plain(&"é.x ".repeat(500))).is_ok());
    }

    #[test]
    fn long_lists_are_cut() {
        let names: Vec<String> = (0..500).map(|i| format!("n{i}")).collect();
        assert_eq!(few(&names), "n0, n1, n2 and 497 more");
        assert_eq!(few(&names[..4]), "n0, n1, n2 and n3");
        assert_eq!(few(&names[..1]), "n0");
    }

    #[test]
    fn bytes_are_said_in_thousands() {
        for (n_bytes, expected) in [
            (25_365_000_000, "25.4 GB"),
            (7_941_000_000, "7.9 GB"),
            (999_999_999, "1.0 GB"),
            (11_100_768, "11.1 MB"),
            (999, "999 bytes"),
        ] {
            assert_eq!(bytes(n_bytes), expected);
        }
    }
}
