//! Lines of Markdown that are too long to read beside another window.

const MOST_COLUMNS: usize = 100;

/// Returns a line for each line of Markdown that is too long. Tables, code, HTML and the addresses
/// of links may be as long as they are.
pub fn long_lines(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut in_code = false;
    for (line_idx, line) in text.lines().enumerate() {
        let start = line.trim_start();
        let is_fence = start.starts_with("```");
        in_code ^= is_fence;
        if in_code || is_fence || start.starts_with(['|', '<']) {
            continue;
        }
        let n_columns = without_addresses(line).chars().count();
        if n_columns > MOST_COLUMNS {
            found.push(format!(
                "{path}:{}: {n_columns} columns: wrap it at {MOST_COLUMNS}",
                line_idx + 1
            ));
        }
    }
    found
}

/// Returns the line without the addresses that links lead to, which cannot be wrapped.
fn without_addresses(line: &str) -> String {
    let mut shown = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("](") {
        shown.push_str(&rest[..at + 2]);
        rest = &rest[at + 2..];
        rest = &rest[rest.find(')').unwrap_or(rest.len())..];
    }
    shown.push_str(rest);
    let is_text = |word: &&str| !word.contains("://");
    shown.split(' ').filter(is_text).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, n_expected: usize) {
        assert_eq!(long_lines("a.md", text).len(), n_expected, "{text}");
    }

    #[test]
    fn a_line_has_at_most_100_columns() {
        check(&"a".repeat(100), 0);
        check(&"a".repeat(101), 1);
        check(&"é".repeat(100), 0);
        check(&format!("# {}", "a".repeat(99)), 1);
    }

    #[test]
    fn tables_code_and_links_may_be_longer() {
        let long = "a".repeat(101);
        check(&format!("| {long} |"), 0);
        check(&format!("```sh\n{long}\n```"), 0);
        check(&format!("```sh\n{long}\n```\n{long}"), 1);
        check(&format!("[text]({long}) and text"), 0);
        check(&format!("[text]({long}) and {long}"), 1);
        check(&format!("see https://example.org/{long} there"), 0);
    }
}
