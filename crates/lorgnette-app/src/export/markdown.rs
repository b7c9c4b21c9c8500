//! A chat as a folder with `chat.md`.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use super::{Exported, Source, THOUGHTS, called, parse, read_text, who};
use crate::chats::AnswerBy;
use crate::error::AppError;
use crate::models::whole_file;

const TEXT: &str = "chat.md";
const DATA: &str = "chat.json";

pub(super) fn write(source: &Source, folder: &Path) -> Result<(), AppError> {
    let Source { exported, shown, pictures } = source;
    let mut text = format!("# {}\n", exported.title);
    for message in shown {
        let _ = write!(text, "\n## {}\n\n", who(message));
        for picture in &message.pictures {
            if let Some(file) = exported.pictures.get(&picture.picture) {
                let found = pictures.iter().find(|(info, _)| info.id == picture.picture);
                let name = found.map(|(info, _)| called(&picture.name, info)).unwrap_or_default();
                let name = name.replace(['[', ']', '\n'], " ");
                let _ = write!(text, "![{name}]({file})\n\n");
            }
        }
        if !message.thoughts.is_empty() {
            // Folded where Markdown is shown, and to the letter: nothing in it ends the fold.
            let thoughts = fenced(message.thoughts.trim_end());
            let summary = format!("<summary>{THOUGHTS}</summary>");
            let _ = write!(text, "<details>{summary}\n\n{thoughts}\n\n</details>\n\n");
        }
        let said = message.text.trim_end();
        let _ = match message.by {
            AnswerBy::Model | AnswerBy::Pages | AnswerBy::Summary => writeln!(text, "{said}"),
            // Exact text is no Markdown, whatever signs stand in it.
            AnswerBy::Reader => writeln!(text, "{}", fenced(said)),
        };
    }
    for (info, bytes) in pictures {
        if let Some(file) = exported.pictures.get(&info.id) {
            whole_file::write(&folder.join(file), bytes).map_err(AppError::Write)?;
        }
    }
    let json = serde_json::to_vec_pretty(exported)
        .map_err(|error| AppError::Write(std::io::Error::other(error)))?;
    whole_file::write(&folder.join(DATA), &json).map_err(AppError::Write)?;
    whole_file::write(&folder.join(TEXT), text.as_bytes()).map_err(AppError::Write)
}

/// A text that is no Markdown, whatever signs stand in it.
fn fenced(text: &str) -> String {
    let fence = "`".repeat(longest_run(text, '`').max(2) + 1);
    format!("{fence}text\n{text}\n{fence}")
}

/// The length of the longest run of a sign.
fn longest_run(text: &str, sign: char) -> usize {
    text.split(|c| c != sign).map(|run| run.chars().count()).max().unwrap_or_default()
}

pub(super) fn read(path: &Path) -> Result<(Exported, BTreeMap<String, Vec<u8>>), AppError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let data = folder.join(DATA);
    if !data.is_file() {
        return Err(AppError::Import {
            path: path.to_owned(),
            reason: format!("{DATA} is not beside it"),
        });
    }
    let exported = parse(&data, &read_text(&data)?)?;
    let mut pictures = BTreeMap::new();
    for (id, file) in &exported.pictures {
        // A name that leads out of the folder is no name.
        if Path::new(file).components().count() != 1
            || file.contains(['/', '\\', ':'])
            || file == ".."
        {
            return Err(AppError::Import {
                path: data,
                reason: "a picture lies outside of its folder".into(),
            });
        }
        pictures.insert(id.clone(), crate::pictures::read(&folder.join(file))?.1);
    }
    Ok((exported, pictures))
}
