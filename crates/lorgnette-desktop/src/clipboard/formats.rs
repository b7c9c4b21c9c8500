//! The choice among the formats in which a program of a Linux desktop offers what was copied.

use std::path::PathBuf;

use url::Url;

use super::Clipboard;

/// Lists of files that file managers make. All of their lines are files, wherever those are.
const FILE_MANAGERS: [&str; 3] =
    ["x-special/gnome-copied-files", "x-special/mate-copied-files", "x-special/nautilus-clipboard"];
/// A list of addresses, which may be of files or of the web.
const URI_LIST: &str = "text/uri-list";
/// Pictures, those that keep most come first. Others are tried after these.
const PICTURES: [&str; 8] = [
    "image/png",
    "image/webp",
    "image/avif",
    "image/tiff",
    "image/jpeg",
    "image/gif",
    "image/bmp",
    "image/x-icon",
];
/// Drawings, which are not read here: what else there is comes first.
const DRAWING: &str = "image/svg+xml";
const LATIN_1: &str = "STRING";
const TEXTS: [&str; 6] = [
    "text/plain;charset=utf-8",
    "text/plain;charset=UTF-8",
    "UTF8_STRING",
    "text/plain",
    LATIN_1,
    "TEXT",
];

/// Why there is nothing, where a program takes too long.
pub(super) const NO_ANSWER: &str = "the program that it was copied in does not answer";

/// What one program offers.
pub(super) trait Selection {
    /// The formats in the order of the program; none where nothing was copied.
    fn formats(&mut self) -> Result<Vec<String>, String>;
    /// What was copied, in one of these formats; empty where the program has it no more.
    fn read(&mut self, format: &str) -> Result<Vec<u8>, String>;
}

/// A selection with its formats.
pub(super) struct Formats<S> {
    selection: S,
    offered: Vec<String>,
}

impl<S: Selection> Formats<S> {
    /// Asks for the formats.
    pub(super) fn of(mut selection: S) -> Result<Self, String> {
        let offered = selection.formats()?;
        Ok(Self { selection, offered })
    }

    fn read(&mut self, format: &str) -> Result<Vec<u8>, String> {
        if !self.offered.iter().any(|offered| offered == format) {
            return Ok(Vec::new());
        }
        self.selection.read(format)
    }
}

impl<S: Selection> Clipboard for Formats<S> {
    fn files(&mut self) -> Result<Vec<PathBuf>, String> {
        for format in FILE_MANAGERS {
            let places = places(&self.read(format)?);
            if !places.is_empty() {
                return Ok(places.into_iter().map(Place::into_path).collect());
            }
        }
        let places = places(&self.read(URI_LIST)?);
        let has_files = places.iter().any(|place| matches!(place, Place::Here(_)));
        let places = places.into_iter().filter(|_| has_files);
        Ok(places.map(Place::into_path).collect())
    }

    fn text(&mut self) -> Result<String, String> {
        for format in TEXTS {
            let bytes = self.read(format)?;
            let text = match String::from_utf8(bytes) {
                Ok(text) => text,
                Err(error) if format == LATIN_1 => {
                    error.as_bytes().iter().copied().map(char::from).collect()
                }
                // Another may be in an encoding that is known.
                Err(_) => continue,
            };
            if !text.is_empty() {
                return Ok(text);
            }
        }
        Ok(String::new())
    }

    fn picture(&mut self) -> Result<Vec<u8>, String> {
        let rank = |format: &String| {
            let known = PICTURES.iter().position(|known| known == format);
            known.unwrap_or(if format == DRAWING { usize::MAX } else { PICTURES.len() })
        };
        let mut formats: Vec<String> =
            self.offered.iter().filter(|format| format.starts_with("image/")).cloned().collect();
        formats.sort_by_key(rank);
        for format in formats {
            let bytes = self.selection.read(&format)?;
            if !bytes.is_empty() {
                return Ok(bytes);
            }
        }
        Ok(Vec::new())
    }
}

/// Where a line of a list points to.
enum Place {
    /// A file of this computer.
    Here(PathBuf),
    /// Another computer or the web. An error will name it.
    Elsewhere(String),
}

impl Place {
    fn into_path(self) -> PathBuf {
        match self {
            Self::Here(path) => path,
            Self::Elsewhere(address) => address.into(),
        }
    }
}

/// What a list names. Words such as `copy` are none.
fn places(list: &[u8]) -> Vec<Place> {
    let list = String::from_utf8_lossy(list);
    let lines = list.split(['\r', '\n', '\0']).map(str::trim);
    let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    let place = |line: &str| match Url::parse(line) {
        Ok(url) if url.scheme() == "file" => {
            Some(url.to_file_path().map_or_else(|()| Place::Elsewhere(line.into()), Place::Here))
        }
        Ok(_) => Some(Place::Elsewhere(line.into())),
        // Against the rule, but what is meant is plain.
        Err(_) => line.starts_with('/').then(|| Place::Here(line.into())),
    };
    lines.filter_map(place).collect()
}

#[cfg(test)]
mod tests;
