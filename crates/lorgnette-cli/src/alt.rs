//! `lorgnette alt` makes a table of alt texts for a folder of pictures.

use std::sync::Arc;

use lorgnette_app::alt::{self, Row, Table};
use lorgnette_app::conversation::Conversation;
use lorgnette_app::pictures::PreparedPicture;
use lorgnette_app::{AppError, Cancel, Chat, StopReason};

use crate::Ending;
use crate::args::Alt;
use crate::interrupt::CancelOnCtrlC;
use crate::output::{Failure, printable};
use crate::progress::{self, Progress};

/// Describes every picture that has no alt text yet.
pub fn run(args: &Alt) -> Result<Ending, Failure> {
    let found = alt::pictures(&args.folder)?;
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
        event.iter().for_each(|event| progress.event(event));
    });
    progress.clear();
    let answer = answer?;
    Ok((answer.stop != StopReason::Cancelled).then(|| purpose.finish(&answer.text).into_owned()))
}
