//! A chat as a folder with `chat.md`.

use std::fmt::Write as _;
use std::path::Path;

use lorgnette_app::AppError;
use lorgnette_app::chats::AnswerBy;
use lorgnette_app::chats::picture_id::file_of;
use lorgnette_app::models::whole_file;
use lorgnette_app::pictures;
use lorgnette_app::sections::starts;

use crate::Files;
use crate::chat::{Exported, read_text};
use crate::source::{Look, Shown, Source, THOUGHTS, who};

const TEXT: &str = "chat.md";
const DATA: &str = "chat.json";

pub(crate) fn write(source: &Source, folder: &Path) -> Result<(), AppError> {
    let Source { exported, shown, files } = source;
    let write = |name: &str, bytes: &[u8]| {
        whole_file::write(&folder.join(name), bytes).map_err(AppError::Write)
    };
    let mut text = format!("# {}\n", exported.title);
    for Shown { message, pictures, pages } in shown {
        let _ = write!(text, "\n## {}\n\n", who(message));
        for picture in pictures {
            let name = picture.name.replace(['[', ']', '\n'], " ");
            let _ = match &picture.look {
                Look::Added(file) => write!(text, "![{name}]({})\n\n", files[*file].name),
                Look::Drawn(png) => {
                    let file = drawn(picture.number);
                    write(&file, png)?;
                    write!(text, "![{name}]({file})\n\n")
                }
                Look::Missing(why) => write!(text, "{name}: {}\n\n", fenced(why)),
            };
        }
        if !message.thoughts.is_empty() {
            // Folded where Markdown is shown, and to the letter: nothing in it ends the fold.
            let thoughts = fenced(message.thoughts.trim_end());
            let summary = format!("<summary>{THOUGHTS}</summary>");
            let _ = write!(text, "<details>{summary}\n\n{thoughts}\n\n</details>\n\n");
        }
        let said = message.text.trim_end();
        let _ = match message.by {
            AnswerBy::Model | AnswerBy::Summary => writeln!(text, "{said}"),
            AnswerBy::Pages => writeln!(text, "{}", with_links(said, pages, shown)),
            // Exact text is no Markdown, whatever signs stand in it.
            AnswerBy::Reader => writeln!(text, "{}", fenced(said)),
        };
    }
    for file in files {
        write(&file.name, &file.bytes)?;
    }
    let json = serde_json::to_vec_pretty(exported)
        .map_err(|error| AppError::Write(std::io::Error::other(error)))?;
    write(DATA, &json)?;
    write(TEXT, text.as_bytes())
}

/// The file of a picture that was drawn anew.
fn drawn(number: usize) -> String {
    format!("shown-{number}.png")
}

/// An answer page by page, whose headings lead to the pictures of the pages.
fn with_links(text: &str, pages: &[(String, usize)], shown: &[Shown]) -> String {
    let all: Vec<_> = shown.iter().flat_map(|shown| &shown.pictures).collect();
    let headings: Vec<String> = pages.iter().map(|(heading, _)| heading.clone()).collect();
    // The last heading may end the text.
    let text = format!("{text}\n");
    let (mut linked, mut from) = (String::with_capacity(text.len()), 0);
    for ((at, end), (heading, number)) in starts(&headings, &text).into_iter().zip(pages) {
        let picture = all.iter().find(|picture| picture.number == *number);
        let is_drawn = picture.is_some_and(|picture| matches!(picture.look, Look::Drawn(_)));
        linked.push_str(&text[from..at]);
        if is_drawn {
            let _ = writeln!(linked, "## [{heading}]({})", drawn(*number));
        } else {
            linked.push_str(&text[at..end]);
        }
        from = end;
    }
    linked.push_str(&text[from..]);
    linked.truncate(linked.trim_end().len());
    linked
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

pub(crate) fn read(path: &Path) -> Result<(Exported, Files), AppError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let data = folder.join(DATA);
    if !data.is_file() {
        return Err(AppError::Import {
            path: path.to_owned(),
            reason: format!("{DATA} is not beside it"),
        });
    }
    let exported = Exported::parse(&data, &read_text(&data)?)?;
    let mut files = Files::new();
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
        let id = file_of(id);
        if !files.contains_key(id) {
            files.insert(id.to_owned(), pictures::read(&folder.join(file))?.1);
        }
    }
    Ok((exported, files))
}
