//! Source text without its comments and strings, so that only names are left.
//!
//! This is no compiler. It knows how comments and strings begin and end in Rust and in TypeScript,
//! and it guesses where a TypeScript `/` begins a regular expression. In a Svelte file, the text
//! between tags counts as code.

use std::path::Path;

/// A language whose names are checked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Language {
    Rust,
    /// TypeScript, JavaScript and Svelte.
    TypeScript,
}

impl Language {
    /// Returns the language of a file, judged by the end of its name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "rs" => Some(Self::Rust),
            "ts" | "mjs" | "js" | "svelte" => Some(Self::TypeScript),
            _ => None,
        }
    }

    /// Returns the text with spaces in place of comments and of the contents of strings. Lines keep
    /// their numbers.
    pub fn code_of(self, text: &str) -> String {
        let mut lexer = Lexer { rest: text, code: String::with_capacity(text.len()) };
        match self {
            Self::Rust => lexer.rust(),
            Self::TypeScript => lexer.typescript(false),
        }
        lexer.code
    }
}

struct Lexer<'a> {
    rest: &'a str,
    code: String,
}

impl Lexer<'_> {
    fn rust(&mut self) {
        while let Some(next) = self.rest.chars().next() {
            let hashes = self.raw_string();
            if self.rest.starts_with("//") {
                self.drop_bytes(self.rest.find('\n').unwrap_or(self.rest.len()));
            } else if self.rest.starts_with("/*") {
                self.nested_comment();
            } else if let Some(hashes) = hashes {
                let end = format!("\"{}", "#".repeat(hashes));
                self.drop_bytes(self.rest.find('"').map_or(0, |at| at + 1));
                self.drop_through(&end);
            } else if next == '"' {
                self.string('"');
            } else if next == '\'' && self.is_char_literal() {
                self.string('\'');
            } else {
                self.keep(next);
            }
        }
    }

    /// Returns the number of `#` if a raw string begins here.
    fn raw_string(&self) -> Option<usize> {
        let before = self.code.chars().next_back();
        if before.is_some_and(|c| c.is_alphanumeric() || c == '_') {
            return None;
        }
        let rest = self.rest.strip_prefix(['b', 'c']).unwrap_or(self.rest).strip_prefix('r')?;
        let quoted = rest.trim_start_matches('#');
        quoted.starts_with('"').then_some(rest.len() - quoted.len())
    }

    /// Returns whether a `'` begins a character and not a lifetime.
    fn is_char_literal(&self) -> bool {
        let mut chars = self.rest.chars().skip(1);
        match chars.next() {
            Some('\\') => true,
            Some(_) => chars.next() == Some('\''),
            None => false,
        }
    }

    /// Drops a block comment. Those of Rust may hold others.
    fn nested_comment(&mut self) {
        let mut depth = 0;
        loop {
            let (n_bytes, change) = match &self.rest.get(..2) {
                Some("/*") => (2, 1),
                Some("*/") => (2, -1),
                _ => match self.rest.chars().next() {
                    Some(c) => (c.len_utf8(), 0),
                    None => return,
                },
            };
            depth += change;
            self.drop_bytes(n_bytes);
            if depth == 0 {
                return;
            }
        }
    }

    /// Reads code until the text ends or, inside a template, until its closing brace.
    fn typescript(&mut self, in_template: bool) {
        let mut depth = 0;
        while let Some(next) = self.rest.chars().next() {
            match next {
                _ if self.rest.starts_with("//") => {
                    self.drop_bytes(self.rest.find('\n').unwrap_or(self.rest.len()));
                }
                _ if self.rest.starts_with("/*") => self.drop_through("*/"),
                _ if self.rest.starts_with("<!--") => self.drop_through("-->"),
                '"' | '\'' => self.line_string(next),
                '`' => self.template(),
                '/' if self.is_regex() => self.line_string('/'),
                '}' if in_template && depth == 0 => {
                    self.keep(next);
                    return;
                }
                _ => {
                    depth += i32::from(next == '{') - i32::from(next == '}');
                    self.keep(next);
                }
            }
        }
    }

    /// Drops a template string, but keeps the code inside its `${…}`.
    fn template(&mut self) {
        self.drop_bytes(1);
        while let Some(next) = self.rest.chars().next() {
            if next == '\\' {
                self.drop_chars(2);
            } else if next == '`' {
                return self.drop_bytes(1);
            } else if self.rest.starts_with("${") {
                self.drop_bytes(2);
                self.typescript(true);
            } else {
                self.drop_bytes(next.len_utf8());
            }
        }
    }

    /// Returns whether a `/` begins a regular expression: there is no value before it that could
    /// be divided.
    fn is_regex(&self) -> bool {
        let before = self.code.trim_end();
        let Some(last) = before.chars().next_back() else { return true };
        // The `</` and `/>` of tags are neither a division nor a regular expression.
        let is_tag = last == '<' || self.rest.starts_with("/>");
        !is_tag && ("(,=:[!&|?{};+*%~^".contains(last) || before.ends_with("return"))
    }

    /// Drops a string that ends in the same line.
    fn line_string(&mut self, quote: char) {
        let line = self.rest.find('\n').unwrap_or(self.rest.len());
        let mut chars = self.rest[..line].char_indices().skip(1);
        let mut in_class = false; // of a regular expression: `[/]`
        while let Some((at, next)) = chars.next() {
            match next {
                '\\' => _ = chars.next(),
                '[' if quote == '/' => in_class = true,
                ']' => in_class = false,
                _ if next == quote && !in_class => return self.drop_bytes(at + 1),
                _ => {}
            }
        }
        // It was no string: an apostrophe in the text between tags.
        self.drop_bytes(1);
    }

    /// Drops a string of Rust, which may have several lines.
    fn string(&mut self, quote: char) {
        let mut chars = self.rest.char_indices().skip(1);
        while let Some((at, next)) = chars.next() {
            match next {
                '\\' => _ = chars.next(),
                _ if next == quote => return self.drop_bytes(at + 1),
                _ => {}
            }
        }
        self.drop_bytes(self.rest.len());
    }

    fn keep(&mut self, next: char) {
        self.code.push(next);
        self.rest = &self.rest[next.len_utf8()..];
    }

    fn drop_through(&mut self, end: &str) {
        let n_bytes = self.rest.find(end).map_or(self.rest.len(), |at| at + end.len());
        self.drop_bytes(n_bytes);
    }

    fn drop_chars(&mut self, n: usize) {
        let n_bytes = self.rest.chars().take(n).map(char::len_utf8).sum();
        self.drop_bytes(n_bytes);
    }

    /// Puts spaces in place of the next bytes, and keeps ends of lines.
    fn drop_bytes(&mut self, n_bytes: usize) {
        let (dropped, rest) = self.rest.split_at(n_bytes);
        self.code.extend(dropped.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        self.rest = rest;
    }
}

#[cfg(test)]
mod tests;
