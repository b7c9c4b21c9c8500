//! A line of a chat, as a person types it, and as terminals write the files that are dropped on
//! them: in quotes, with backslashes, as `file://` addresses.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use lorgnette_app::folders::at_home;
use url::Url;

use crate::picture_files::can_be_shown;

/// The longest path that is looked for at the beginning of a line, in bytes.
const MAX_PATH_BYTES: usize = 4096;
/// What terminals put around pasted text for programs that ask for it, and some for others too.
const PASTE_MARKS: [&str; 2] = ["\u{1b}[200~", "\u{1b}[201~"];
/// What people and other programs put around a path, besides the quotes of a shell.
const BRACKETS: [(char, char); 6] =
    [('“', '”'), ('„', '“'), ('«', '»'), ('‘', '’'), ('<', '>'), ('`', '`')];

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
    /// The next question is about that page of the document that was named last.
    Page(u32),
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
        if let Some(number) = line.strip_prefix("/page").filter(|rest| !rest.starts_with('/')) {
            let is_command = number.is_empty() || number.starts_with(char::is_whitespace);
            let page = number.trim().parse().ok().filter(|page| *page > 0);
            if is_command {
                return page.map_or(Self::Help, Self::Page);
            }
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
        let (mut pictures, question) = pictures(line, false);
        if pictures.is_empty() && line.starts_with('/') {
            return Self::Help;
        }
        let (more, question) = pictures_behind(question);
        pictures.extend(more);
        Self::Ask { pictures, question }
    }
}

/// Returns a line without the marks of a terminal around what was pasted.
pub fn without_paste_marks(line: &str) -> Cow<'_, str> {
    let [begin, end] = PASTE_MARKS;
    if !line.contains('\u{1b}') {
        return line.into();
    }
    line.replace(begin, "").replace(end, " ").into()
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

/// The files that a question ends with, which must be there: "What does it say? receipt.png".
fn pictures_behind(question: &str) -> (Vec<PathBuf>, &str) {
    let (mut found, mut question) = (Vec::new(), question);
    while let Some((before, path)) = last_picture(question) {
        found.insert(0, path);
        question = before.trim_end();
    }
    (found, question)
}

fn last_picture(question: &str) -> Option<(&str, PathBuf)> {
    let spaces = question.char_indices().filter(|(_, c)| c.is_whitespace());
    let starts = spaces.map(|(at, space)| at + space.len_utf8());
    let is_short = |start: &usize| question.len() - start <= MAX_PATH_BYTES;
    starts.filter(is_short).find_map(|start| {
        let name = &question[start..];
        let is_meant =
            |path: &PathBuf| is_file(path) && (name.contains(['/', '\\']) || can_be_shown(path));
        let bracketed = in_brackets(name).filter(|(_, behind)| behind.is_empty());
        let paths = match bracketed {
            Some((inner, _)) => vec![path_of(inner)],
            None => readings(name),
        };
        Some((&question[..start], paths.into_iter().find(is_meant)?))
    })
}

fn is_file(path: &Path) -> bool {
    path.metadata().is_ok_and(|meta| !meta.is_dir())
}

/// What stands between brackets that a text begins with, and what comes behind them.
fn in_brackets(text: &str) -> Option<(&str, &str)> {
    // Markdown: ![what it shows](path).
    if let Some((_, link)) = text.strip_prefix("![").and_then(|text| text.split_once("]("))
        && let Some((path, behind)) = link.split_once(')')
    {
        return Some((path.trim_matches(['<', '>', ' ']), behind));
    }
    let open = text.chars().next()?;
    let (_, close) = BRACKETS.iter().find(|(known, _)| *known == open)?;
    let (inner, behind) = text[open.len_utf8()..].split_once(*close)?;
    Some((inner.trim(), behind))
}

/// The file that a text begins with, and what comes behind it: the longest name of a file that is
/// there, or else a word that can be nothing but a path.
fn first_picture(text: &str, is_named: bool) -> Option<(PathBuf, &str)> {
    if let Some((inner, behind)) = in_brackets(text) {
        let path = path_of(inner);
        let is_meant = is_path(inner) || is_named && is_file(&path);
        return is_meant.then_some((path, behind));
    }
    let first = text.split_whitespace().next()?;
    // "Makefile" at the beginning of a question is a word, even where a file is called so.
    let is_word = !is_named && !first.contains(['/', '\\', '.', '\'', '"', '~']);
    let spaces = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let ends: Vec<usize> =
        spaces.chain([text.len()]).take_while(|end| *end <= MAX_PATH_BYTES).collect();
    for end in ends.into_iter().rev() {
        let is_meant = |path: &PathBuf| is_file(path) && (!is_word || can_be_shown(path));
        if let Some(path) = readings(&text[..end]).into_iter().find(is_meant) {
            return Some((path, &text[end..]));
        }
    }
    if is_word {
        return None;
    }
    // The apostrophes of "What's in Bob's photo?" are no quotes.
    let is_quoted = |(_, end): &(String, usize)| {
        text.starts_with(['\'', '"', '/', '~', '.'])
            || is_address(text)
            || !text[..*end].contains(['\'', '"'])
    };
    let word = shell_word(text).filter(is_quoted);
    let (word, end) = word.unwrap_or_else(|| (first.to_owned(), first.len()));
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
        || can_be_shown(Path::new(word))
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
