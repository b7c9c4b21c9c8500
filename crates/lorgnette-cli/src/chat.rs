//! `lorgnette chat` talks about pictures: each line is a question.

mod line;

use std::io::{self, BufRead, BufReader, ErrorKind, IsTerminal as _};
use std::path::{Path, PathBuf};

use lorgnette_app::conversation::{Conversation, ConversationError, ViewedPicture};
use lorgnette_app::pictures::{self, Picture, PictureFile};
use lorgnette_app::{
    AnswerEvent, AppError, Cancel, Chat as Turns, PictureError, StopReason, say, stderr,
};

use self::line::Line;
use crate::Ending;
use crate::args::Chat;
use crate::cut::Cut;
use crate::interrupt::CancelOnCtrlC;
use crate::notes;
use crate::output::{self, Failure, printable};
use crate::progress::{self, Progress};
use crate::thoughts::{Thoughts, without_answer};

const HELP: &str = "each line is a question; a line may begin with the path of a picture that it is \
                    about; /picture PATH adds a picture to the next question; /page N asks about \
                    that page of the document that was named last; /new begins a new chat; /quit \
                    ends";

/// Reads lines until there are no more. An error about one question does not end the chat.
pub fn run(args: &Chat) -> Result<Ending, Failure> {
    let snapshot = progress::snapshot(args.keep.as_deref(), &args.pictures)?;
    // Pictures come before the model: one that cannot be read should not cost loading it.
    let decode = |path: &PathBuf| {
        let file = PictureFile::read(path)?;
        args.password.open(&file)?;
        let picture = file.page(args.page)?;
        Ok((file, picture))
    };
    let decoded: Vec<(PictureFile, Picture)> =
        args.pictures.iter().map(decode).collect::<Result<_, AppError>>()?;
    let mut questions = Questions::of(args);
    let conversation = progress::open(&args.model.options(), args.private)?;
    let prepare = |(file, picture): &(PictureFile, Picture)| {
        conversation.picture(file.name(), picture, args.max_side)
    };
    let mut talk = Talk::new(args, &conversation);
    talk.attached = decoded.iter().map(prepare).collect::<Result<_, ConversationError>>()?;
    talk.document = decoded.into_iter().next_back().map(|(file, _)| file);
    progress::restore(&conversation, snapshot.as_ref());
    let ended = talk.converse(&mut questions);
    progress::save(&conversation, snapshot.as_ref());
    ended
}

/// Where questions come from.
struct Questions {
    input: Box<dyn BufRead>,
    /// Whether a person types them.
    is_terminal: bool,
}

impl Questions {
    /// Standard input, or the terminal where a picture came from standard input.
    fn of(args: &Chat) -> Self {
        let terminal = if cfg!(windows) { "CONIN$" } else { "/dev/tty" };
        if args.pictures.iter().any(|path| pictures::is_standard_input(path)) {
            if let Ok(terminal) = fs_err::File::open(terminal) {
                return Self { input: Box::new(BufReader::new(terminal)), is_terminal: true };
            }
            say!("note: standard input was a picture, and there is no terminal to ask at");
        }
        Self { input: Box::new(io::stdin().lock()), is_terminal: io::stdin().is_terminal() }
    }

    /// Reads a line, which may be no text; `None` where there are no more.
    fn next(&mut self) -> Result<Option<Vec<u8>>, AppError> {
        if self.is_terminal {
            stderr::say(format_args!("> "));
        }
        let mut line = Vec::new();
        match self.input.read_until(b'\n', &mut line) {
            Ok(0) => Ok(None),
            Ok(_) => Ok(Some(line)),
            // What a console on Windows says of half a character.
            Err(error) if error.kind() == ErrorKind::InvalidData => Ok(Some(vec![0xFF])),
            // A terminal that was closed has no more lines.
            Err(_) if self.is_terminal => Ok(None),
            Err(source) => Err(PictureError::Read { name: "standard input".into(), source }.into()),
        }
    }
}

/// A chat between two lines.
struct Talk<'a> {
    args: &'a Chat,
    conversation: &'a Conversation,
    chat: Turns,
    /// Pictures of the next question.
    attached: Vec<ViewedPicture>,
    /// The picture file that was named last, of which other pages can be asked for.
    document: Option<PictureFile>,
    /// A picture of the next question that could not be read: without it, the model would be asked
    /// about nothing.
    missing: Option<String>,
    /// The last answer took the last of the context.
    is_full: bool,
}

impl<'a> Talk<'a> {
    fn new(args: &'a Chat, conversation: &'a Conversation) -> Self {
        Self {
            args,
            conversation,
            chat: Turns::default(),
            attached: Vec::new(),
            document: None,
            missing: None,
            is_full: false,
        }
    }

    /// Takes lines and prints answers until there are no more lines.
    fn converse(mut self, questions: &mut Questions) -> Result<Ending, Failure> {
        self.prepare();
        if questions.is_terminal {
            say!("{HELP}");
        }
        while let Some(line) = questions.next()? {
            let text = String::from_utf8_lossy(&line);
            let text = line::without_paste_marks(&text);
            let wanted = Line::of(&text);
            if str::from_utf8(&line).is_err() {
                if matches!(&wanted, Line::Ask { pictures, .. } if !pictures.is_empty()) {
                    self.missing = Some("a picture".into());
                }
                let message = "this line is not UTF-8, and nothing was done with it";
                crate::tell_error(message, "set the terminal to UTF-8, or rename the picture");
                continue;
            }
            match wanted {
                Line::Nothing => {}
                Line::Help => say!("{HELP}"),
                Line::Quit => break,
                Line::New => {
                    let document = self.document.take();
                    self = Self { document, ..Self::new(self.args, self.conversation) };
                }
                Line::Page(page) => self.turn_to(page),
                Line::Skip => self.missing = None,
                Line::Ask { pictures, question } => {
                    let is_read = self.attach(&pictures);
                    if is_read
                        && !question.is_empty()
                        && self.ask(question)? == Some(StopReason::Cancelled)
                        && !questions.is_terminal
                    {
                        return Ok(Ending::Cancelled);
                    }
                }
            }
        }
        Ok(Ending::Done)
    }

    /// Reads pictures for the next question. Returns whether all of them could be read.
    fn attach(&mut self, pictures: &[PathBuf]) -> bool {
        if pictures.is_empty() {
            return true;
        }
        self.missing = None;
        for path in pictures {
            match self.open(path) {
                Ok((file, picture)) => {
                    self.attached.push(picture);
                    self.document = Some(file);
                }
                Err(error) => {
                    crate::report(&error);
                    self.missing = Some(pictures::display_name(path));
                }
            }
        }
        self.prepare();
        self.missing.is_none()
    }

    fn open(&self, path: &Path) -> Result<(PictureFile, ViewedPicture), AppError> {
        let file = PictureFile::read(path)?;
        self.args.password.open(&file)?;
        let picture = file.page(None)?;
        let viewed = self.conversation.picture(file.name(), &picture, self.args.max_side)?;
        Ok((file, viewed))
    }

    /// Has the next question be about a page of the document that was named last, and no other page
    /// of it.
    fn turn_to(&mut self, page: u32) {
        let Some(file) = &self.document else {
            let message = "there is no document whose pages could be turned";
            return crate::tell_error(message, "name one: /picture PATH");
        };
        let view = || -> Result<ViewedPicture, AppError> {
            let picture = file.page(Some(page))?;
            Ok(self.conversation.picture(file.name(), &picture, self.args.max_side)?)
        };
        match view() {
            Ok(picture) => {
                self.attached.retain(|other| other.name != picture.name);
                self.attached.push(picture);
                self.missing = None;
                self.prepare();
            }
            Err(error) => crate::report(&error),
        }
    }

    /// Has the pictures encoded and read while the question about them is typed.
    fn prepare(&self) {
        if !self.attached.is_empty() && !self.is_full {
            let mut chat = self.chat.clone();
            self.conversation.add_question(&mut chat, &self.attached, "");
            self.conversation.prepare(chat, |_| {});
        }
    }

    /// Asks, and prints the answer as it comes. Returns why it ended, unless it failed; a failure
    /// that ends the chat is an error.
    fn ask(&mut self, question: &str) -> Result<Option<StopReason>, Failure> {
        if let Some(name) = &self.missing {
            let message = format!("nothing was asked, because {name} could not be read");
            crate::tell_error(&message, "name the picture again, or /skip to ask without it");
            return Ok(None);
        }
        if self.is_full {
            let context = self.conversation.model().context();
            let message =
                format!("nothing was asked, because the chat is full with {context} tokens");
            crate::tell_error(&message, "/new begins a new chat; a larger --context has more room");
            return Ok(None);
        }
        notes::tell(&self.attached, true, None)?;
        let cancel = Cancel::default();
        let _ctrl_c = CancelOnCtrlC::new(&cancel);
        let progress = Progress::new();
        let mut thoughts = Thoughts::new(self.args.thoughts, false);
        let mut printed = Ok(());
        let options = self.args.answer.options();
        let (chat, attached) = (&mut self.chat, &self.attached);
        let mut on_event = |event: Option<AnswerEvent>| {
            let Some(event) = event else { return };
            thoughts.event(&event, &progress);
            if let AnswerEvent::Text(text) = &event
                && printed.is_ok()
            {
                printed = output::print(&printable(text));
                if printed.is_err() {
                    cancel.cancel();
                }
            }
        };
        let answer = self.conversation.ask(
            chat,
            attached,
            question,
            options.clone(),
            &cancel,
            &mut on_event,
        );
        progress.clear();
        thoughts.end();
        printed?;
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                crate::report(&error.into());
                return Ok(None);
            }
        };
        output::print("\n")?;
        let cut = Cut::of(&answer.stop);
        if let Some(note) = without_answer(&answer) {
            // The pictures wait for the question to be asked again.
            say!("note: {note}");
        } else {
            self.attached.clear();
            if let Some(cut) = cut.as_ref().filter(|cut| **cut != Cut::Cancelled) {
                say!("note: {}", cut.words(&options, self.conversation.model().context()));
            }
        }
        self.is_full = cut == Some(Cut::Context);
        Ok(Some(answer.stop))
    }
}
