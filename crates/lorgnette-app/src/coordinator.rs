//! The program as a window uses it: everything that it can be asked to do, and what it tells.
//!
//! Whoever calls in here is answered at once; what takes time happens on threads of its own and is
//! told by [`Notice`]s, answers by [`Progress`]. In reading order:
//! - `machine`: where the model is and which answer it makes, as one pure step
//! - `run`: the thread that owns the machine
//! - `ask`, `jobs`, `answer`: from a question to the words of its answer
//! - `exact`: answers with the exact text of pictures
//! - `pages`: answers about each page by itself
//! - `texts`, `text_queue`: the text of pictures, and the thread that reads it
//! - `prepare`, `check`, `speech`: what is done before, after and beside an answer
//! - `loans`: the model for other programs
//! - `private`: the private chat, and where each chat and picture is
//! - `copies`: copies of the chats
//! - `add`, `estimate`, `status`: what is answered at once
//! - `picked_model`, `servers`: a model that lies elsewhere, or answers there
//! - `downloads`, `calibrate`: what goes on beside all of it
//! - `notice`, `background`: what is told, and the threads

mod add;
mod answer;
mod ask;
mod background;
mod calibrate;
mod check;
mod coalesce;
mod copies;
mod downloads;
mod estimate;
mod exact;
mod first_look;
mod jobs;
mod loans;
mod machine;
mod notice;
mod pages;
mod picked_model;
mod prepare;
mod private;
mod run;
mod servers;
mod speech;
mod status;
mod summary;
mod text_queue;
mod texts;

use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::chats::Chats;
use crate::chats::clock::{DAY_MS, now_ms};
use crate::conversation::{Conversation, ENCODER_CACHE};
use crate::error::{AppError, Fault};
use crate::models::folders::Folders;
use crate::models::{Downloads, SpeedLog};
use crate::picture_store::PictureStore;
use crate::settings::Settings;
use crate::start::settings_file;

pub use crate::conversation::Preparation;
pub use ask::Ask;
pub use estimate::{Estimate, Fit, PictureEstimate};
pub use notice::{
    Aloud, AloudDo, Asked, Check, Listener, LoadedModel, Notice, Progress, ReadPictures, State,
    Status,
};
pub use private::ChatsOf;
pub use speech::{LONG_WAIT_S, system_language};

/// The program. Clones are the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

/// What the machine moves about.
type Model = Arc<Conversation>;

struct Inner {
    folders: Folders,
    chats: Chats,
    pictures: PictureStore,
    private: private::PrivateChat,
    settings: Mutex<Settings>,
    speeds: Arc<SpeedLog>,
    /// Changed by the coordinator's thread alone.
    machine: Mutex<machine::Machine<Model>>,
    events: Mutex<Sender<machine::Event<Model>>>,
    jobs: jobs::Jobs,
    loans: loans::Loans,
    preparations: prepare::Preparations,
    checks: check::Checks,
    texts: Arc<texts::Texts>,
    speech: speech::Speech,
    downloads: Downloads,
    notify: Box<dyn Fn(Notice) + Send + Sync>,
}

/// Deleted chats may be restored for so long.
const KEEP_DELETED_MS: i64 = 30 * DAY_MS;
/// Closing waits for answers to be kept, but not for ever.
const CLOSING_TAKES: Duration = Duration::from_secs(5);

impl App {
    /// Opens what is kept in the folders. `notify` is called from any thread and should be quick.
    ///
    /// # Errors
    /// Those of [`Chats::open`] and [`Settings::read`].
    pub fn open(
        folders: Folders,
        notify: impl Fn(Notice) + Send + Sync + 'static,
    ) -> Result<Self, AppError> {
        let chats = Chats::open(&folders.data)?;
        let settings = Settings::read(&settings_file(&folders))?;
        background::pool(settings.threads);
        let (events, inbox) = mpsc::channel();
        let inner = Arc::new_cyclic(|inner| Inner {
            pictures: PictureStore::new(&folders.data, &folders.cache),
            private: private::PrivateChat::default(),
            speeds: Arc::new(SpeedLog::open(&folders.cache)),
            speech: speech::Speech::new(&settings),
            settings: Mutex::new(settings),
            machine: Mutex::default(),
            events: Mutex::new(events),
            jobs: jobs::Jobs::default(),
            loans: loans::Loans::default(),
            preparations: prepare::Preparations::default(),
            checks: check::Checks::default(),
            texts: Arc::default(),
            downloads: downloads::into(&folders, inner.clone()),
            notify: Box::new(notify),
            folders,
            chats,
        });
        // Encoder outputs of version 0.1.0, which nothing reads any more; mostly there are none.
        let _ = fs_err::remove_dir_all(inner.folders.cache.join("seen"));
        let now = now_ms();
        inner.chats.purge(now - KEEP_DELETED_MS)?;
        inner.forget_pictures(now - DAY_MS, false)?;
        run::start(&inner, inbox);
        calibrate::start(&inner);
        copies::start(&inner);
        texts::start(&inner);
        Ok(Self(inner))
    }

    pub fn folders(&self) -> &Folders {
        &self.0.folders
    }

    /// The chats that are kept.
    pub fn chats(&self) -> &Chats {
        &self.0.chats
    }

    /// The pictures that are kept.
    pub fn pictures(&self) -> &PictureStore {
        &self.0.pictures
    }

    pub fn settings(&self) -> Settings {
        lock(&self.0.settings).clone()
    }

    /// Keeps settings, each number brought within its bounds, and loads the model again when they
    /// ask for it. Returns what was kept.
    ///
    /// # Errors
    /// [`AppError::Write`]; then nothing has changed.
    pub fn set_settings(&self, settings: Settings) -> Result<Settings, AppError> {
        let mut settings = settings.within_bounds();
        let (reload, read_text) = {
            let mut current = lock(&self.0.settings);
            settings.other.clone_from(&current.other);
            settings.write(&settings_file(&self.0.folders))?;
            let reload = !current.loads_as(&settings);
            let read_text = (current.read_text != settings.read_text).then_some(settings.read_text);
            current.clone_from(&settings);
            (reload, read_text)
        };
        if read_text == Some(false) {
            self.0.texts.stop(|what| !what.is_asked_for);
        }
        if read_text.is_some() {
            // Also to say that nothing is read any more.
            self.look_for_unread();
            (self.0.notify)(Notice::Chats);
        }
        self.0.speech.set_voice(settings.voice_settings());
        if reload {
            self.load();
            (self.0.notify)(Notice::Models);
        }
        Ok(settings)
    }

    /// Loads the model that is chosen.
    pub fn load(&self) {
        self.0.happened(machine::Event::Load);
    }

    /// Gives the model's memory back.
    pub fn release(&self) {
        self.0.happened(machine::Event::Release);
    }

    /// Really removes all deleted chats, and pictures that nothing else uses. Returns how many chats
    /// were removed.
    ///
    /// # Errors
    /// [`AppError::Chats`] if the database fails.
    pub fn purge(&self) -> Result<usize, AppError> {
        let n = self.0.chats.purge(i64::MAX)?;
        if n > 0 {
            self.0.chats.renew_copies()?;
        }
        // Pictures that were just added may be about to be asked about.
        self.0.forget_pictures(now_ms() - DAY_MS / 24, n > 0)?;
        Ok(n)
    }

    /// Stops everything and waits until what was written is kept, but not for ever.
    pub fn close(&self) {
        self.0.texts.close();
        self.stop_all();
        self.0.jobs.wait_for_none(Instant::now() + CLOSING_TAKES);
    }

    fn stop_all(&self) {
        self.prepare(None, Vec::new());
        self.aloud(AloudDo::Stop);
        self.stop_check();
        self.0.texts.stop(|_| true);
        for answer in self.0.jobs.all() {
            self.stop(answer);
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // Its thread holds the queue.
        self.texts.close();
    }
}

impl Inner {
    /// The model in memory.
    fn conversation(&self) -> Option<Model> {
        lock(&self.machine).model().cloned()
    }

    fn happened(&self, event: machine::Event<Model>) {
        // The thread lives as long as the program.
        let _ = lock(&self.events).send(event);
    }

    /// Deletes pictures that nothing refers to and that were added before that time, and with them
    /// what the encoder made of pictures: it does not say of which, so all of it goes.
    fn forget_pictures(&self, added_before_ms: i64, chats_went: bool) -> Result<(), AppError> {
        let forgotten = self.chats.forget_pictures(added_before_ms)?;
        for id in &forgotten {
            self.pictures.delete(id, self.chats.is_file_used(id)?);
        }
        if chats_went || !forgotten.is_empty() {
            // What cannot be removed is not there, or will go another time.
            let _ = fs_err::remove_dir_all(self.folders.cache.join(ENCODER_CACHE));
        }
        Ok(())
    }
}

/// A thread that panicked leaves whole values behind: every change under a lock is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a panic becomes for the person.
fn panic_fault(panic: &(dyn std::any::Any + Send)) -> Fault {
    let message = lorgnette_engine::panic_message(panic);
    AppError::from(lorgnette_engine::EngineError::Panicked { message }).into()
}
