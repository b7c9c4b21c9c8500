//! How far it is, on standard error, if that is a terminal.

use std::io::IsTerminal as _;
use std::path::Path;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lorgnette_app::Event;
use lorgnette_app::conversation::Session;
use lorgnette_app::open::{ModelChoice, OpenModel, OpenOptions};

use crate::output::Failure;

/// A line that says what happens, gone when it has happened.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new() -> Self {
        let target = if std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        let bar = ProgressBar::with_draw_target(Some(1), target);
        let style = ProgressStyle::with_template("{msg} {wide_bar} {percent} % {elapsed}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("━╸ "));
        Self { bar }
    }

    pub fn show(&self, message: String, done: u64, total: u64) {
        self.bar.set_length(total.max(1));
        self.bar.set_position(done);
        self.bar.set_message(message);
    }

    /// Shows an event that is not text; text clears the line.
    pub fn event(&self, event: &AnswerEvent) {
        match event {
            AnswerEvent::Encode { picture, n_pictures, done, total } => {
                let which = match n_pictures {
                    1 => "looking at the picture".to_owned(),
                    n => format!("looking at picture {} of {n}", picture + 1),
                };
                self.show(which, *done as u64, *total as u64);
            }
            AnswerEvent::Prefill { done_tokens, total_tokens, .. } => {
                let message = format!("reading {done_tokens} of {total_tokens} tokens");
                self.show(message, *done_tokens as u64, *total_tokens as u64);
            }
            AnswerEvent::Text(_) => self.clear(),
        }
    }

    pub fn clear(&self) {
        self.bar.finish_and_clear();
        self.bar.reset();
    }
}

/// Begins with what was kept, if there is something. What cannot be used is said, and read anew.
pub fn recall(session: &Session<'_>, keep: Option<&Path>) {
    if let Some(path) = keep.filter(|path| path.is_file()) {
        match session.restore_snapshot(path) {
            Ok(n) => eprintln!("note: {n} tokens were read before"),
            Err(error) => eprintln!("note: {}: {error}; all is read anew", path.display()),
        }
    }
}

/// Keeps what was read.
pub fn keep(session: &Session<'_>, keep: Option<&Path>) {
    if let Some(path) = keep
        && let Err(error) = session.save_snapshot(path)
    {
        eprintln!("note: {}: {error}; nothing was kept", path.display());
    }
}

/// Loads a model and says so.
pub fn open(options: &OpenOptions) -> Result<OpenModel, Failure> {
    let progress = Progress::new();
    let model = options.open(&mut |done, total| {
        let message = format!("loading {} of {}", HumanBytes(done), HumanBytes(total));
        progress.show(message, done, total);
    });
    progress.clear();
    let model = model?;
    if model.built_in && options.model == ModelChoice::Best {
        eprintln!(
            "note: built-in demonstration model; `lorgnette models add pixtral-12b` for the real one"
        );
    }
    for note in model.device_notes() {
        eprintln!("note: {note}");
    }
    Ok(model)
}
