//! `lorgnette chat`: a line is a question, an answer follows.

use std::io::{self, BufRead as _, IsTerminal as _};
use std::path::Path;
use std::sync::Arc;

use lorgnette_app::conversation::Session;
use lorgnette_app::open::OpenModel;
use lorgnette_app::{AnswerEvent, AppError, Cancel, PreparedPicture, StopReason, pictures};

use crate::Ending;
use crate::args::Chat;
use crate::describe::with_ctrl_c;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Progress};

const HELP: &str = "a line asks; /picture PATH adds a picture to the next question; /quit ends";

/// Reads lines until there are no more. An error about one question does not end the chat.
pub fn run(args: &Chat) -> Result<Ending, Failure> {
    for path in &args.pictures {
        pictures::decode(path)?;
    }
    let model = progress::open(&args.model.options())?;
    let mut attached = Vec::new();
    for path in &args.pictures {
        attached.push(pictures::prepare(path, &model.image_config(args.max_side)?)?);
    }
    let mut session = Session::new(&model);
    progress::recall(&session, args.keep.as_deref());
    let ended = converse(args, &model, &mut session, attached);
    progress::keep(&session, args.keep.as_deref());
    ended
}

/// Questions and answers, until there are no more.
fn converse(
    args: &Chat,
    model: &OpenModel,
    session: &mut Session<'_>,
    mut attached: Vec<Arc<PreparedPicture>>,
) -> Result<Ending, Failure> {
    session.prepare(attached.clone());
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
            let config = model.image_config(args.max_side)?;
            match pictures::prepare(Path::new(path.trim()), &config) {
                Ok(picture) => {
                    attached.push(picture);
                    session.prepare(attached.clone());
                }
                Err(error) => crate::report(&error),
            }
            continue;
        }
        if line.starts_with('/') {
            eprintln!("{HELP}");
            continue;
        }
        let cancel = Cancel::default();
        let progress = Progress::new();
        let mut closed = Ok(());
        let on_event = |event: AnswerEvent| {
            progress.event(&event);
            if let AnswerEvent::Text(text) = &event
                && closed.is_ok()
            {
                closed = output::print(&printable(text));
                if closed.is_err() {
                    cancel.cancel();
                }
            }
        };
        let options = args.answer.options();
        let asked = session.ask(attached.clone(), line, options, &cancel, on_event);
        let answer = with_ctrl_c(&cancel, asked);
        progress.clear();
        closed?;
        match answer {
            Ok(answer) => {
                attached.clear();
                output::print("\n")?;
                if answer.stop == StopReason::Cancelled && !is_terminal {
                    return Ok(Ending::Cancelled);
                }
            }
            Err(error) => crate::report(&error),
        }
    }
}
