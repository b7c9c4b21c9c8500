//! `lorgnette alt` makes a table of alt texts for a folder of pictures. One picture that fails stops
//! nothing, and what is in the table already is not done again.

mod table;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lorgnette_app::conversation::Conversation;
use lorgnette_app::pictures::PreparedPicture;
use lorgnette_app::{AppError, Cancel, Chat, StopReason};

use self::table::{Row, Table};
use crate::Ending;
use crate::args::Alt;
use crate::interrupt::CancelOnCtrlC;
use crate::output::{Failure, printable};
use crate::progress::{self, Progress};

/// Endings of the files that are described.
const ENDINGS: [&str; 11] =
    ["png", "jpg", "jpeg", "jpe", "webp", "gif", "bmp", "tif", "tiff", "avif", "dib"];

/// Describes every picture that has no alt text yet.
pub fn run(args: &Alt) -> Result<Ending, Failure> {
    let found = pictures(&args.folder)?;
    let mut table = Table::open(&args.csv)?;
    let n_found = found.len();
    let todo: Vec<_> =
        found.into_iter().filter(|(file, _)| args.again || !table.has(file)).collect();
    eprintln!("{n_found} pictures, {} of them have no alt text yet", todo.len());
    if todo.is_empty() {
        return Ok(Ending::Done);
    }
    let conversation = progress::open(&args.model.options())?;
    // A model that reads no pictures fails once, not for each of them.
    conversation.model().image_config(args.max_side)?;
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let (mut n_failed, n_todo) = (0, todo.len());
    for (i, (file, path)) in todo.into_iter().enumerate() {
        let picture = conversation.picture_at(&path, args.max_side);
        let outcome = picture.and_then(|picture| describe(args, &conversation, picture, &cancel));
        let row = match outcome {
            Ok(Some(alt)) => Row { file, alt, error: String::new() },
            Ok(None) => return Ok(Ending::Cancelled),
            Err(error) => {
                n_failed += 1;
                Row { file, alt: String::new(), error: error.one_line() }
            }
        };
        let said = if row.error.is_empty() { &row.alt } else { &row.error };
        eprintln!("{} of {n_todo}  {}  {}", i + 1, printable(&row.file), printable(said));
        table.put(row)?;
    }
    if n_failed > 0 {
        eprintln!(
            "{n_failed} of {n_todo} failed; the table says why, and the next run tries them again"
        );
    }
    Ok(Ending::Done)
}

/// Returns the alt text of one picture, or `None` if it was cancelled.
fn describe(
    args: &Alt,
    conversation: &Conversation,
    picture: Arc<PreparedPicture>,
    cancel: &Cancel,
) -> Result<Option<String>, AppError> {
    let progress = Progress::new();
    let purpose = args.purpose;
    let question = match &args.ask {
        Some(words) => words,
        None if conversation.model().built_in => purpose.short_question(),
        None => purpose.question(),
    };
    let mut options = args.answer.options();
    options.max_tokens = args.answer.max_tokens.unwrap_or(purpose.max_tokens());
    let mut chat = Chat::default();
    chat.ask([picture], question);
    let answer = conversation.answer(chat, options, cancel, &mut |event| {
        if let Some(event) = event {
            progress.event(&event);
        }
    });
    progress.clear();
    let answer = answer?;
    Ok((answer.stop != StopReason::Cancelled).then(|| purpose.finish(&answer.text).into_owned()))
}

/// The pictures below a folder, in order, each with its path below it. Links to folders and what is
/// hidden are left out.
///
/// # Errors
/// [`AppError::ReadPicture`] names a folder that cannot be read.
fn pictures(folder: &Path) -> Result<Vec<(String, PathBuf)>, AppError> {
    let mut found = Vec::new();
    collect(folder, "", &mut found)
        .map_err(|source| AppError::ReadPicture { name: folder.display().to_string(), source })?;
    found.sort();
    Ok(found)
}

fn collect(folder: &Path, below: &str, found: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{below}{name}/"), found)?;
        } else if name
            .rsplit_once('.')
            .is_some_and(|(_, end)| ENDINGS.contains(&end.to_lowercase().as_str()))
        {
            found.push((format!("{below}{name}"), entry.path()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pictures_are_found_in_order_wherever_they_lie() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.PNG", "a.jpg", "notes.txt", ".hidden.png"] {
            fs_err::write(folder.path().join(name), "x").unwrap();
        }
        fs_err::create_dir(folder.path().join("été")).unwrap();
        fs_err::write(folder.path().join("été/c d.webp"), "x").unwrap();
        let found: Vec<String> =
            pictures(folder.path()).unwrap().into_iter().map(|(file, _)| file).collect();
        assert_eq!(found, ["a.jpg", "b.PNG", "été/c d.webp"]);
        assert!(pictures(&folder.path().join("none")).is_err());
    }
}
