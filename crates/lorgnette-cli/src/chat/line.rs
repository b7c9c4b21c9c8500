//! A line of a chat, as a person types it, and as terminals write the files that are dropped on
//! them: in quotes, with backslashes, as `file://` addresses.

use std::path::{Path, PathBuf};

use lorgnette_app::folders::at_home;
use url::Url;

use crate::picture_files::has_picture_ending;

/// The longest path that is looked for at the beginning of a line, in bytes.
const MAX_PATH_BYTES: usize = 4096;

/// What a line wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Line<'a> {
    Nothing,
    Help,
    /// The chat ends.
    Quit,
    /// A new chat begins, about nothing yet.
    New,
    /// The next question is asked without the picture that could not be read.
    Skip,
    /// Pictures, and a question about them; one of the two may be missing.
    Ask {
        pictures: Vec<PathBuf>,
        question: &'a str,
    },
}

impl<'a> Line<'a> {
    /// Reads a line. What begins with a path is a picture, whatever the question behind it.
    pub fn of(line: &'a str) -> Self {
        // Windows begins its pipes with a mark.
        let line =
            line.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{FEFF}').trim_end();
        match line {
            "" => return Self::Nothing,
            "/quit" => return Self::Quit,
            "/new" => return Self::New,
            "/skip" => return Self::Skip,
            "/picture" => return Self::Help,
            _ => {}
        }
        let after =
            line.strip_prefix("/picture").filter(|after| after.starts_with(char::is_whitespace));
        if let Some(named) = after.map(str::trim) {
            let (mut pictures, question) = pictures(named, true);
            // The name may have spaces, so that it is all of it.
            let question = if pictures.is_empty() { "" } else { question };
            if pictures.is_empty() {
                pictures.push(readings(named).pop().unwrap_or_default());
            }
            return Self::Ask { pictures, question };
        }
        let (pictures, question) = pictures(line, false);
        if pictures.is_empty() && line.starts_with('/') {
            return Self::Help;
        }
        Self::Ask { pictures, question }
    }
}

/// The files that a text begins with, and what comes behind them. `is_named`: the first is a file,
/// by the person's own word.
fn pictures(text: &str, is_named: bool) -> (Vec<PathBuf>, &str) {
    let (mut found, mut text) = (Vec::new(), text);
    while let Some((path, behind)) = first_picture(text, is_named && found.is_empty()) {
        found.push(path);
        text = behind.trim_start();
    }
    (found, text)
}

/// The file that a text begins with, and what comes behind it: the longest name of a file that is
/// there, or else a word that can be nothing but a path.
fn first_picture(text: &str, is_named: bool) -> Option<(PathBuf, &str)> {
    let first = text.split_whitespace().next()?;
    // "Makefile" at the beginning of a question is a word, even where a file is called so.
    if !is_named && !first.contains(['/', '\\', '.', '\'', '"', '~']) {
        return None;
    }
    let spaces = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let ends: Vec<usize> =
        spaces.chain([text.len()]).take_while(|end| *end <= MAX_PATH_BYTES).collect();
    for end in ends.into_iter().rev() {
        let is_there = |path: &PathBuf| path.metadata().is_ok_and(|meta| !meta.is_dir());
        if let Some(path) = readings(&text[..end]).into_iter().find(is_there) {
            return Some((path, &text[end..]));
        }
    }
    let (word, end) = shell_word(text).unwrap_or_else(|| (first.to_owned(), first.len()));
    is_path(&word).then(|| (path_of(&word), &text[end..]))
}

/// What a name may mean: as it is written, and as a shell reads it, if that is one word.
fn readings(name: &str) -> Vec<PathBuf> {
    let word = shell_word(name).filter(|(_, end)| *end == name.len());
    [Some(path_of(name)), word.map(|(word, _)| path_of(&word))].into_iter().flatten().collect()
}

/// A path, from an address or below the home folder.
fn path_of(text: &str) -> PathBuf {
    let address = if is_address(text) { Url::parse(text).ok() } else { None };
    let path = address.and_then(|address| address.to_file_path().ok());
    path.or_else(|| at_home(Path::new(text))).unwrap_or_else(|| text.into())
}

fn is_address(text: &str) -> bool {
    text.get(..5).is_some_and(|scheme| scheme.eq_ignore_ascii_case("file:"))
}

/// Whether a word that names no file was meant as a path all the same.
fn is_path(word: &str) -> bool {
    let is_absolute =
        Path::new(word).is_absolute() && word.trim_start_matches('/').contains(['/', '\\', '.']);
    is_absolute
        || is_address(word)
        || ["~/", "./", "../"].iter().any(|beginning| word.starts_with(beginning))
        || has_picture_ending(Path::new(word))
}

/// The first word as a shell reads it, and where it ends; `None` where a quote is not closed.
fn shell_word(text: &str) -> Option<(String, usize)> {
    let (mut word, mut quote) = (String::new(), None);
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some(open), _) if c == open => quote = None,
            (None, '\'' | '"') => quote = Some(c),
            (None, _) if c.is_whitespace() => return Some((word, at)),
            // On Windows it stands between folders.
            (None | Some('"'), '\\') if !cfg!(windows) => {
                let is_escape = |(_, next): &(usize, char)| {
                    quote.is_none() || matches!(next, '"' | '\\' | '$' | '`')
                };
                word.push(chars.next_if(is_escape).map_or('\\', |(_, next)| next));
            }
            _ => word.push(c),
        }
    }
    quote.is_none().then_some((word, text.len()))
}

#[cfg(test)]
mod tests;
