//! Shows how far the work is, on standard error, if that is a terminal.

use std::io::IsTerminal as _;
use std::num::NonZeroU8;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use indicatif::{HumanBytes, ProgressBar, ProgressDrawTarget, ProgressStyle};
use lorgnette_app::conversation::Conversation;
use lorgnette_app::models::folders::Folders;
use lorgnette_app::models::{
    LocalModel, ModelChoice, ModelsError, OpenOptions, RemoteModel, SpeedLog,
};
use lorgnette_app::{AnswerEvent, AppError, is_kv_snapshot, say};

use crate::output::{Failure, printable};
use crate::output_file::{OutputFile, OutputKind};

/// What `--keep` writes.
const KV_SNAPSHOT: OutputKind =
    OutputKind { name: "a file that --keep wrote", is_one: is_kv_snapshot };

/// A line that says what happens, and disappears when it has happened.
pub struct Progress {
    bar: ProgressBar,
}

impl Progress {
    pub fn new() -> Self {
        Self::of(NonZeroU8::MIN)
    }

    /// That of one of so many jobs: several at the same time show none.
    pub fn of(n_jobs: NonZeroU8) -> Self {
        let target = if n_jobs == NonZeroU8::MIN && std::io::stderr().is_terminal() {
            ProgressDrawTarget::stderr_with_hz(10)
        } else {
            ProgressDrawTarget::hidden()
        };
        Self { bar: ProgressBar::with_draw_target(Some(1), target) }
    }

    pub fn show(&self, message: String, done: u64, total: u64) {
        // A console of Windows begins a new row after its last column, so that the line would stay.
        let bar = if cfg!(windows) { "{bar:24}" } else { "{wide_bar}" };
        self.look(&format!("{{msg}} {bar} {{percent}} % {{elapsed}}"));
        self.bar.set_length(total.max(1));
        self.bar.set_position(done);
        self.bar.set_message(message);
    }

    fn look(&self, template: &str) {
        let style = ProgressStyle::with_template(template);
        let style = style.unwrap_or_else(|_| ProgressStyle::default_bar());
        self.bar.set_style(style.progress_chars("━╸ "));
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
            // Nobody knows how long it will think.
            AnswerEvent::Thought(_) => {
                self.look("{msg} {elapsed}");
                self.bar.set_message("thinking");
                self.bar.tick();
            }
            AnswerEvent::Text(_) => self.clear(),
        }
    }

    pub fn clear(&self) {
        self.bar.finish_and_clear();
        self.bar.reset();
    }
}

/// The file of a snapshot, if one is named and may be written.
///
/// # Errors
/// Those of [`OutputFile::new`].
pub fn snapshot(keep: Option<&Path>, inputs: &[PathBuf]) -> Result<Option<OutputFile>, Failure> {
    keep.map(|path| OutputFile::new(path, &KV_SNAPSHOT, inputs)).transpose()
}

/// Continues from a snapshot, if there is one. If it cannot be used, a note says so, and everything is
/// read anew.
pub fn restore(conversation: &Conversation, snapshot: Option<&OutputFile>) {
    let Some(file) = snapshot.filter(|file| file.has_content()) else { return };
    match conversation.restore_snapshot(file.path()) {
        Ok(n) => say!("note: {n} tokens were read before"),
        Err(error) => say!("note: {}: {error}; everything is read anew", file.name()),
    }
}

/// Saves a snapshot of what was read.
pub fn save(conversation: &Conversation, snapshot: Option<&OutputFile>) {
    let Some(file) = snapshot else { return };
    let reason = match file.ready() {
        Ok(path) => conversation.save_snapshot(path).err().map(|error| error.to_string()),
        Err(failure) => failure.message_and_hint().map(|(message, _)| message),
    };
    if let Some(reason) = reason {
        say!("note: {}: {}; nothing was saved", file.name(), printable(&reason));
    }
}

/// Loads a model, with what makes its answers quicker, and says so. What is private leaves nothing
/// that makes others quicker.
pub fn open(options: &OpenOptions, is_private: bool) -> Result<Conversation, Failure> {
    let cache = Folders::find()?.cache;
    let speeds = Arc::new(SpeedLog::open(&cache));
    let cache = (!is_private).then_some(cache.as_path());
    let load = |on_progress: &mut dyn FnMut(u64, u64)| {
        Ok(Conversation::open(options, cache, speeds, on_progress)?)
    };
    let conversation = with_progress(load)?;
    let model = conversation.model();
    if let Some(model) = model.local() {
        say_what_was_opened(options, model);
    }
    if let Some(host) = model.remote().map(RemoteModel::host) {
        say!("note: pictures go to {}", printable(&host));
    }
    Ok(conversation)
}

/// The number of questions at the same time, of as many as a person wants.
///
/// # Errors
/// [`ModelsError::OneAtATime`] for several questions to a model of this machine.
pub fn n_jobs(conversation: &Conversation, wanted: NonZeroU8) -> Result<usize, ModelsError> {
    if wanted > NonZeroU8::MIN && conversation.model().remote().is_none() {
        return Err(ModelsError::OneAtATime);
    }
    Ok(usize::from(wanted.get()))
}

/// Loads a model for measurements: nothing from earlier runs makes it quicker.
pub fn open_bare(options: &OpenOptions) -> Result<LocalModel, Failure> {
    let model = with_progress(|on_progress| Ok(options.open_local(on_progress)?))?;
    say_what_was_opened(options, &model);
    Ok(model)
}

fn with_progress<T>(
    load: impl FnOnce(&mut dyn FnMut(u64, u64)) -> Result<T, AppError>,
) -> Result<T, Failure> {
    let progress = Progress::new();
    let loaded = load(&mut |done, total| {
        let message = format!("loading {} of {}", HumanBytes(done), HumanBytes(total));
        progress.show(message, done, total);
    });
    progress.clear();
    Ok(loaded?)
}

fn say_what_was_opened(options: &OpenOptions, model: &LocalModel) {
    if model.built_in && matches!(options.model, ModelChoice::Best | ModelChoice::BestOrError) {
        say!(
            "note: this is the built-in demonstration model; `lorgnette models add pixtral-12b-gguf` gets the real one"
        );
    }
    for note in model.device_notes() {
        say!("note: {}", printable(&note));
    }
}
