//! Doc comments of one or two words: most of them repeat the name, or are a riddle.

/// Returns a line for each paragraph of a doc comment that has only one or two words. Headings
/// such as `# Errors` and blocks of code do not count.
pub fn short_ones(path: &str, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut paragraph = Paragraph::default();
    let mut in_code = false;
    for (line_idx, line) in text.lines().enumerate() {
        let line = line.trim_start();
        let doc = line.strip_prefix("///").or_else(|| line.strip_prefix("//!"));
        let doc = doc.filter(|doc| !doc.starts_with('/')).map(str::trim);
        if doc.is_none() {
            in_code = false;
        }
        let is_fence = doc.is_some_and(|doc| doc.starts_with("```"));
        in_code ^= is_fence;
        match doc {
            Some(doc) if !doc.is_empty() && !doc.starts_with('#') && !in_code && !is_fence => {
                paragraph.add(line_idx + 1, doc);
            }
            _ => found.extend(paragraph.end(path)),
        }
    }
    found.extend(paragraph.end(path));
    found
}

#[derive(Default)]
struct Paragraph {
    line: usize,
    text: String,
    n_words: usize,
}

impl Paragraph {
    fn add(&mut self, line: usize, doc: &str) {
        if self.n_words == 0 {
            (self.line, self.text) = (line, doc.to_owned());
        }
        self.n_words += doc.split_whitespace().count();
    }

    /// Ends the paragraph, and returns a finding if it was short.
    fn end(&mut self, path: &str) -> Option<String> {
        let Self { line, text, n_words } = std::mem::take(self);
        (1..=2).contains(&n_words).then(|| {
            format!("{path}:{line}: \"{text}\" says nothing: write a sentence, or no doc comment")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected_lines: &[usize]) {
        let lines: Vec<usize> = short_ones("a.rs", text)
            .iter()
            .filter_map(|finding| finding.split(':').nth(1)?.parse().ok())
            .collect();
        assert_eq!(lines, expected_lines, "{text}");
    }

    #[test]
    fn one_and_two_words_are_found() {
        check("/// That.\na: u8,\n    /// Which one.\n    b: u8,", &[1, 3]);
        check("//! Words.\n\nuse a;", &[1]);
        check("/// What it does here.\n///\n/// Words.\nfn f() {}", &[3]);
        check("/// # Errors\n/// [`Error::Read`].\nfn f() {}", &[2]);
    }

    #[test]
    fn sentences_headings_and_code_are_not_found() {
        check("/// The number of rows.\nn: u8,", &[]);
        check("/// What is read from the header of the\n/// file.\nn: u8,", &[]);
        check("/// Reads a whole file.\n///\n/// # Errors\n///\n/// If it is not there.", &[]);
        check("/// Runs like this:\n/// ```\n/// run()\n/// ```\nfn f() {}", &[]);
        check("// That.\n//// That.\nfn f() {}", &[]);
    }
}
