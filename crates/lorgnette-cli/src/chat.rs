//! `lorgnette chat` talks about pictures: each line is a question.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use lorgnette_app::conversation::Conversation;
use lorgnette_app::pictures::{self, Picture, PreparedPicture};
use lorgnette_app::{AnswerEvent, AppError, Cancel, Chat as Turns, StopReason};

use crate::Ending;
use crate::args::Chat;
use crate::interrupt::CancelOnCtrlC;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Progress};

const HELP: &str =
    "each line is a question; /picture PATH adds a picture to the next one; /quit ends";

/// Reads lines until there are no more. An error about one question does not end the chat.
pub fn run(args: &Chat) -> Result<Ending, Failure> {
    // Pictures come before the model: one that cannot be read should not cost loading it.
    let decode = |path: &PathBuf| Ok((pictures::display_name(path), pictures::decode(path)?));
    let decoded: Vec<(String, Picture)> =
        args.pictures.iter().map(decode).collect::<Result<_, AppError>>()?;
    let conversation = progress::open(&args.model.options())?;
    let prepare =
        |(name, picture): &(String, Picture)| conversation.picture(name, picture, args.max_side);
    let attached = decoded.iter().map(prepare).collect::<Result<_, AppError>>()?;
    drop(decoded);
    progress::restore(&conversation, args.keep.as_deref());
    let ended = converse(args, &conversation, attached);
    progress::save(&conversation, args.keep.as_deref());
    ended
}

/// Takes questions and prints answers until there are no more questions.
fn converse(
    args: &Chat,
    conversation: &Conversation,
    mut attached: Vec<Arc<PreparedPicture>>,
) -> Result<Ending, Failure> {
    let mut chat = Turns::default();
    prepare(conversation, &chat, &attached);
    let is_terminal = io::stdin().is_terminal();
    if is_terminal {
        eprintln!("{HELP}");
    }
    let mut line = String::new();
    loop {
        if is_terminal {
            eprint!("> ");
        }
        line.clear();
        let read = io::stdin().lock().read_line(&mut line);
        let read =
            read.map_err(|source| AppError::ReadPicture { name: "standard input".into(), source })?;
        if read == 0 {
            return Ok(Ending::Done);
        }
        let line = line.trim();
        if line.is_empty() {
            continue;
        }
        if line == "/quit" {
            return Ok(Ending::Done);
        }
        if let Some(path) = line.strip_prefix("/picture ") {
            match conversation.picture_at(Path::new(path.trim()), args.max_side) {
                Ok(picture) => {
                    attached.push(picture);
                    prepare(conversation, &chat, &attached);
                }
                Err(error) => crate::report(&error),
            }
            continue;
        }
        if line.starts_with('/') {
            eprintln!("{HELP}");
            continue;
        }
        match ask(args, conversation, &mut chat, &attached, line)? {
            Ok(stop) => {
                attached.clear();
                output::print("\n")?;
                if stop == StopReason::Cancelled && !is_terminal {
                    return Ok(Ending::Cancelled);
                }
            }
            Err(error) => crate::report(&error),
        }
    }
}

/// Has the pictures encoded and read while the question about them is typed.
fn prepare(conversation: &Conversation, chat: &Turns, attached: &[Arc<PreparedPicture>]) {
    if !attached.is_empty() {
        let mut chat = chat.clone();
        chat.ask(attached.iter().cloned(), "");
        conversation.prepare(chat, |_| {});
    }
}

/// Asks, and prints the answer as it comes. The outer error ends the chat.
fn ask(
    args: &Chat,
    conversation: &Conversation,
    chat: &mut Turns,
    attached: &[Arc<PreparedPicture>],
    question: &str,
) -> Result<Result<StopReason, AppError>, Failure> {
    let cancel = Cancel::default();
    let _ctrl_c = CancelOnCtrlC::new(&cancel);
    let progress = Progress::new();
    let mut printed = Ok(());
    let options = args.answer.options();
    let answer = conversation.ask(chat, attached, question, options, &cancel, &mut |event| {
        let Some(event) = event else { return };
        progress.event(&event);
        if let AnswerEvent::Text(text) = &event
            && printed.is_ok()
        {
            printed = output::print(&printable(text));
            if printed.is_err() {
                cancel.cancel();
            }
        }
    });
    progress.clear();
    printed?;
    Ok(answer.map(|answer| answer.stop))
}
