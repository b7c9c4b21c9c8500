//! The program as a window uses it: everything that it can be asked to do, and what it tells.
//!
//! Whoever calls in here is answered at once; what takes time happens on threads of its own and is
//! told by [`Notice`]s, answers by [`Progress`].

mod answer;
mod background;
mod checking;
mod coalesce;
mod downloads;
mod estimate;
mod prepare;
mod run;
mod speech;
pub mod state;
mod trial;

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use lorgnette_engine::PreparedPicture;
use lorgnette_image::ImageConfig;

use self::state::{Coordinator, State};
use crate::Cancel;
use crate::chats::{Attachment, ChatId, Chats, Message, MessageId, PictureInfo, StoredChat};
use crate::error::{AppError, Fault};
use crate::expected::Expected;
use crate::files::now_ms;
use crate::folders::Folders;
use crate::offers::{self, Model};
use crate::open::OpenModel;
use crate::picture_store::PictureStore;
use crate::purpose::Purpose;
use crate::settings::{Device, Settings};
use crate::speed::{Speed, Speeds};

pub use checking::Check;
pub use downloads::{FetchPhase, FetchState};
pub use estimate::{Estimate, PictureEstimate};
pub use speech::{Aloud, AloudDo, LONG_WAIT_S, system_language};

pub(crate) use downloads::about_bytes;

/// The program. Clones are the same one.
#[derive(Clone)]
pub struct App(Arc<Inner>);

struct Inner {
    folders: Folders,
    chats: Chats,
    pictures: PictureStore,
    settings: Mutex<Settings>,
    speeds: Mutex<Speeds>,
    expected: Expected,
    coordinator: Mutex<Coordinator>,
    model: Mutex<Option<Arc<OpenModel>>>,
    /// Answers that were asked for and have not ended.
    jobs: Mutex<HashMap<MessageId, Job>>,
    /// Told when there is no job any longer.
    no_jobs: Condvar,
    preparing: Mutex<prepare::Preparing>,
    /// Pictures as the model takes them, the latest last: follow-ups need not decode again.
    prepared: Mutex<Vec<(Attachment, ImageConfig, Arc<PreparedPicture>)>>,
    fetches: Mutex<downloads::Fetches>,
    voice: Mutex<speech::Voice>,
    checks: Mutex<checking::Checks>,
    to_run: Mutex<Sender<state::Event>>,
    notify: Box<dyn Fn(Notice) + Send + Sync>,
}

/// An answer that was asked for.
struct Job {
    cancel: Cancel,
    listener: Listener,
    /// What was prepared for it, if anything was.
    preparation: Option<prepare::Key>,
    wanted: Wanted,
}

/// What is wanted of an answer beyond the settings.
#[derive(Debug, Clone, Copy, Default)]
struct Wanted {
    /// It goes on from what is there.
    is_continued: bool,
    /// No more tokens than these.
    max_tokens: Option<usize>,
    /// It is read aloud.
    aloud: bool,
}

/// Hears of one answer.
pub type Listener = Box<dyn FnMut(Progress) + Send>;

/// Something that changed.
#[derive(Debug, Clone)]
pub enum Notice {
    /// What the program is doing.
    Status(Box<Status>),
    /// The list of models.
    Models,
    /// How far a model is that is being fetched.
    Fetch {
        /// Its name in the catalogue.
        name: String,
        /// How far.
        state: FetchState,
    },
    /// The list of chats.
    Chats,
    /// How far pictures are prepared before they are asked about.
    Preparation(Preparation),
    /// What is read aloud.
    Aloud(Aloud),
    /// Words for who cannot see the answer come.
    Sentence {
        /// The answer that they are a sentence of; none while there is nothing of it.
        answer: Option<MessageId>,
        /// The words.
        text: String,
    },
    /// How far the check of an answer is.
    Check {
        /// Which.
        answer: MessageId,
        /// How far.
        check: Check,
    },
}

/// How far pictures are prepared before they are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(tag = "at", rename_all = "camelCase"))]
#[cfg_attr(feature = "ipc", serde(rename_all_fields = "camelCase"))]
pub enum Preparation {
    /// Nothing is prepared.
    Idle,
    /// Pictures are encoded, in so many steps.
    Encode {
        done: usize,
        /// The steps of all pictures.
        total: usize,
    },
    /// The tokens of the pictures are read into the cache.
    Prefill { done_tokens: usize, total_tokens: usize },
    /// Only the question has still to be read.
    Ready,
}

/// What the program is doing.
#[derive(Debug, Clone)]
pub struct Status {
    /// The state.
    pub state: State,
    /// What the model that is loading is called.
    pub loading: Option<String>,
    /// The model in memory.
    pub model: Option<LoadedModel>,
    /// Answers that wait for their turn.
    pub n_waiting: usize,
}

/// The model in memory.
#[derive(Debug, Clone)]
pub struct LoadedModel {
    /// As in [`Model::id`].
    pub id: String,
    /// What it is called.
    pub name: String,
    /// It is part of the program.
    pub built_in: bool,
    /// How it takes pictures; `None`: it takes none.
    pub image: Option<ImageConfig>,
    /// What computes.
    pub device: String,
    /// Why it is not as fast as it could be: devices that are not used, parts that did not fit.
    pub device_notes: Vec<String>,
    /// What multiplies.
    pub kernels: String,
    /// Tokens of a chat.
    pub context: usize,
    /// Bytes of its weights.
    pub weights_bytes: u64,
    /// Bytes of its keys and values.
    pub cache_bytes: u64,
    /// Seconds it took to load.
    pub load_s: f64,
    /// How fast it was here so far.
    pub speed: Speed,
    /// Seconds for the largest picture; `None`: not known yet.
    pub picture_s: Option<f64>,
}

/// What is asked.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A question.
    New {
        /// In which chat; `None`: in a new one.
        chat: Option<ChatId>,
        /// What it goes on from.
        leaf: Option<MessageId>,
        /// Words.
        text: String,
        /// Pictures.
        pictures: Vec<Attachment>,
    },
    /// Another answer to the same question.
    Again {
        /// The answer.
        answer: MessageId,
    },
    /// Another question in the place of one.
    Edit {
        /// The question.
        question: MessageId,
        /// Words.
        text: String,
        /// Pictures.
        pictures: Vec<Attachment>,
    },
    /// More of an answer.
    Continue {
        /// The answer.
        answer: MessageId,
    },
}

/// What an answer tells while it is made, at most thirty times a second.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(tag = "kind", rename_all = "camelCase"))]
#[cfg_attr(feature = "ipc", serde(rename_all_fields = "camelCase"))]
pub enum Progress {
    /// Other answers are made first.
    Queued { n_before: usize },
    /// The model is loaded first.
    Loading { done_bytes: u64, total_bytes: u64 },
    /// A picture is encoded, in so many steps.
    Encode {
        /// Which picture, from 0, of those that have to be encoded.
        picture: usize,
        n_pictures: usize,
        done: usize,
        total: usize,
    },
    /// The prompt is read into the cache.
    Prefill {
        done_tokens: usize,
        total_tokens: usize,
        /// Tokens that an earlier answer has read.
        cached_tokens: usize,
    },
    /// The next piece of the text.
    Text {
        piece: String,
        /// Pieces so far, about one a token.
        n_tokens: usize,
        tokens_per_s: f64,
    },
    /// The answer has ended, in whichever way.
    #[cfg_attr(feature = "ipc", serde(skip))]
    Ended(Box<Message>),
}

/// An answer that has begun.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The chat as it is now, with the question and the empty answer.
    pub chat: StoredChat,
    /// The answer.
    pub answer: MessageId,
}

const DAY_MS: i64 = 24 * 3600 * 1000;
/// Deleted chats may be restored for so long.
const KEEP_DELETED_MS: i64 = 30 * DAY_MS;

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
        let pictures = PictureStore::new(&folders.data, &folders.cache);
        let settings = Settings::read(&folders.config.join("settings.toml"))?;
        background::pool(settings.threads);
        chats.purge(now_ms() - KEEP_DELETED_MS)?;
        let forgotten = chats.forget_pictures(now_ms() - DAY_MS)?;
        for id in &forgotten {
            pictures.delete(id);
        }
        if !forgotten.is_empty() {
            forget_seen(&folders);
        }
        let speeds = Speeds::read(&folders.cache.join("speeds.json"));
        let expected = Expected::read(&folders.cache.join("expected.json"));
        let (to_run, inbox) = mpsc::channel();
        let inner = Arc::new(Inner {
            folders,
            chats,
            pictures,
            voice: Mutex::new(speech::Voice::new(&settings)),
            checks: Mutex::default(),
            settings: Mutex::new(settings),
            speeds: Mutex::new(speeds),
            expected,
            coordinator: Mutex::default(),
            model: Mutex::default(),
            jobs: Mutex::default(),
            no_jobs: Condvar::new(),
            preparing: Mutex::default(),
            prepared: Mutex::default(),
            fetches: Mutex::default(),
            to_run: Mutex::new(to_run),
            notify: Box::new(notify),
        });
        run::start(&inner, inbox);
        trial::start(&inner);
        Ok(Self(inner))
    }

    /// The person's folders.
    pub fn folders(&self) -> &Folders {
        &self.0.folders
    }

    /// The chats.
    pub fn chats(&self) -> &Chats {
        &self.0.chats
    }

    /// The pictures.
    pub fn pictures(&self) -> &PictureStore {
        &self.0.pictures
    }

    /// What the program is doing.
    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// The settings.
    pub fn settings(&self) -> Settings {
        lock(&self.0.settings).clone()
    }

    /// Keeps settings, each number brought within its bounds, and loads the model again when they
    /// ask for it. What was kept.
    ///
    /// # Errors
    /// [`AppError::Write`]; then nothing has changed.
    pub fn set_settings(&self, settings: Settings) -> Result<Settings, AppError> {
        let mut settings = settings.within_bounds();
        let reload = {
            let mut kept = lock(&self.0.settings);
            settings.other.clone_from(&kept.other);
            settings.write(&self.0.folders.config.join("settings.toml"))?;
            let reload = !kept.loads_as(&settings);
            kept.clone_from(&settings);
            reload
        };
        lock(&self.0.voice).set_voice_settings(settings.voice_settings());
        if reload {
            self.load();
            (self.0.notify)(Notice::Models);
        }
        Ok(settings)
    }

    /// Loads the model that is chosen.
    pub fn load(&self) {
        self.0.happened(state::Event::Load);
    }

    /// Gives the model's memory back.
    pub fn release(&self) {
        self.0.happened(state::Event::Release);
    }

    /// Models that are there, then those that can be had.
    pub fn models(&self) -> Vec<Model> {
        let in_use = lock(&self.0.model).as_ref().map(|model| offers::id(model));
        let speeds = lock(&self.0.speeds).clone();
        let fetches = lock(&self.0.fetches).states();
        let settings = self.settings();
        let has_gpu = cfg!(any(feature = "cuda", feature = "metal"));
        // What another device would do is not known before it has done it.
        let on_cpu = !has_gpu || settings.device == Device::Cpu;
        let expected = self.0.expected.known().filter(|_| on_cpu);
        let known = offers::Known { speeds: &speeds, expected, fetches: &fetches };
        offers::list(&self.0.folders, &settings, in_use.as_deref(), &known)
    }

    /// Adds files of pictures; those that are none are told apart.
    pub fn add_files(
        &self,
        paths: impl IntoIterator<Item = PathBuf>,
    ) -> (Vec<PictureInfo>, Vec<(String, AppError)>) {
        let (mut pictures, mut faults) = (Vec::new(), Vec::new());
        for path in paths {
            match self.keep(self.0.pictures.add_file(&path)) {
                Ok(picture) => pictures.push(picture),
                Err(error) => {
                    let name = path.file_name().unwrap_or(path.as_os_str());
                    faults.push((name.to_string_lossy().into_owned(), error));
                }
            }
        }
        (pictures, faults)
    }

    /// Adds a picture's bytes.
    ///
    /// # Errors
    /// Those of [`PictureStore::add`].
    pub fn add_bytes(&self, name: &str, bytes: &[u8]) -> Result<PictureInfo, AppError> {
        self.keep(self.0.pictures.add(name, bytes))
    }

    /// Adds pixels of a clipboard.
    ///
    /// # Errors
    /// Those of [`PictureStore::add_rgba`].
    pub fn add_rgba(
        &self,
        name: &str,
        width: u32,
        height: u32,
        rgba: &[u8],
    ) -> Result<PictureInfo, AppError> {
        self.keep(self.0.pictures.add_rgba(name, width, height, rgba))
    }

    /// Adds pixels of a screen.
    ///
    /// # Errors
    /// [`AppError::Picture`], [`AppError::Write`].
    pub fn add_picture(
        &self,
        name: &str,
        picture: &lorgnette_image::Picture,
    ) -> Result<PictureInfo, AppError> {
        self.keep(self.0.pictures.add_picture(name, picture))
    }

    fn keep(&self, added: Result<PictureInfo, AppError>) -> Result<PictureInfo, AppError> {
        let picture = added?;
        self.0.chats.add_picture(&picture)?;
        Ok(picture)
    }

    /// Really removes all deleted chats, and pictures that nothing else uses. How many chats.
    ///
    /// # Errors
    /// [`AppError::Chats`].
    pub fn purge(&self) -> Result<usize, AppError> {
        let n = self.0.chats.purge(i64::MAX)?;
        // Pictures that were just added may be about to be asked about.
        let forgotten = self.0.chats.forget_pictures(now_ms() - DAY_MS / 24)?;
        for id in &forgotten {
            self.0.pictures.delete(id);
        }
        if n > 0 || !forgotten.is_empty() {
            forget_seen(&self.0.folders);
        }
        Ok(n)
    }

    /// Asks. The question is on disk when this returns; the answer is made when its turn comes, and
    /// `listener` hears of it.
    ///
    /// # Errors
    /// [`AppError::NotFound`] for what is gone, [`AppError::Chats`]; then nothing has changed.
    pub fn ask(
        &self,
        ask: Ask,
        make_listener: impl FnOnce(&Asked) -> Listener,
    ) -> Result<Asked, AppError> {
        self.ask_for(ask, Wanted::default(), make_listener)
    }

    /// Asks about a picture of the desktop in a chat of its own, and reads the answer aloud.
    ///
    /// # Errors
    /// Those of [`Self::add_picture`] and [`Self::ask`].
    pub fn quick_answer(
        &self,
        name: &str,
        picture: &lorgnette_image::Picture,
        purpose: Purpose,
        make_listener: impl FnOnce(&Asked) -> Listener,
    ) -> Result<Asked, AppError> {
        let picture = self.add_picture(name, picture)?;
        let attachment = Attachment {
            picture: picture.id,
            name: picture.name,
            region: None,
            turn: 0,
            max_side: self.settings().max_side,
        };
        let is_short = lock(&self.0.model).as_ref().is_some_and(|model| model.built_in);
        let text = if is_short { purpose.short_question() } else { purpose.question() }.to_owned();
        let ask = Ask::New { chat: None, leaf: None, text, pictures: vec![attachment] };
        let max_tokens = Some(purpose.max_tokens());
        let wanted = Wanted { max_tokens, aloud: true, ..Wanted::default() };
        self.ask_for(ask, wanted, make_listener)
    }

    /// Answers once more, aloud.
    ///
    /// # Errors
    /// Those of [`Self::ask`].
    pub fn quick_answer_again(
        &self,
        answer: MessageId,
        make_listener: impl FnOnce(&Asked) -> Listener,
    ) -> Result<Asked, AppError> {
        let wanted = Wanted { aloud: true, ..Wanted::default() };
        self.ask_for(Ask::Again { answer }, wanted, make_listener)
    }

    fn ask_for(
        &self,
        ask: Ask,
        wanted: Wanted,
        make_listener: impl FnOnce(&Asked) -> Listener,
    ) -> Result<Asked, AppError> {
        let chats = &self.0.chats;
        let mut preparation = None;
        let is_continued = matches!(ask, Ask::Continue { .. });
        let wanted = Wanted { is_continued, ..wanted };
        let (chat, answer) = match ask {
            Ask::New { chat, leaf, text, pictures } => {
                self.check_pictures(&pictures)?;
                let (chat, question) = chats.add_question(chat, leaf, &text, &pictures)?;
                preparation = Some((leaf, pictures));
                (chat, chats.begin_answer(question)?.1)
            }
            Ask::Again { answer } => {
                let gone = AppError::NotFound { what: "that question" };
                let question = chats.message(answer)?.parent.ok_or(gone)?;
                chats.begin_answer(question)?
            }
            Ask::Edit { question, text, pictures } => {
                self.check_pictures(&pictures)?;
                let parent = chats.message(question)?.parent;
                let chat = chats.chat_of(question)?;
                let (chat, question) = chats.add_question(Some(chat), parent, &text, &pictures)?;
                preparation = Some((parent, pictures));
                (chat, chats.begin_answer(question)?.1)
            }
            Ask::Continue { answer } => (chats.continue_answer(answer)?, answer),
        };
        let asked = Asked { chat: chats.chat(chat)?, answer };
        let listener = make_listener(&asked);
        let cancel = Cancel::default();
        let job = Job { cancel, listener, preparation, wanted };
        lock(&self.0.jobs).insert(answer, job);
        self.0.happened(state::Event::Ask(answer));
        (self.0.notify)(Notice::Chats);
        Ok(asked)
    }

    /// Before anything is written: every picture is known.
    fn check_pictures(&self, pictures: &[Attachment]) -> Result<(), AppError> {
        pictures.iter().try_for_each(|picture| self.0.chats.picture(&picture.picture).map(drop))
    }

    /// Stops an answer, whether it is being made or waits. What was written stays.
    pub fn stop(&self, answer: MessageId) {
        self.0.happened(state::Event::Stop(answer));
    }

    /// Looks at pictures before there is a question about them; none: stops looking.
    pub fn prepare(&self, leaf: Option<MessageId>, pictures: Vec<Attachment>) {
        self.0.prepare(leaf, pictures);
    }

    /// Stops everything and waits until what was written is kept, but not for ever.
    pub fn close(&self) {
        self.0.prepare(None, Vec::new());
        self.aloud(AloudDo::Stop);
        self.stop_check();
        let deadline = Instant::now() + Duration::from_secs(5);
        let mut jobs = lock(&self.0.jobs);
        let answers: Vec<MessageId> = jobs.keys().copied().collect();
        for answer in answers {
            self.stop(answer);
        }
        while !jobs.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.0.no_jobs.wait_timeout(jobs, left);
            jobs = waited.map_or_else(|error| error.into_inner().0, |(jobs, _)| jobs);
        }
    }
}

/// Removes what the encoder made of pictures: it does not say of which, so all of it goes with a
/// picture that goes.
fn forget_seen(folders: &Folders) {
    // What cannot be removed is not there, or will go another time.
    let _ = fs_err::remove_dir_all(folders.cache.join(SEEN));
}

/// The folder in the cache of what the encoder made of pictures.
const SEEN: &str = "seen";

impl Inner {
    fn seen_folder(&self) -> PathBuf {
        self.folders.cache.join(SEEN)
    }

    fn happened(&self, event: state::Event) {
        // The desk lives as long as the program.
        let _ = lock(&self.to_run).send(event);
    }

    fn status(&self) -> Status {
        let (state, n_waiting) = {
            let coordinator = lock(&self.coordinator);
            (coordinator.state.clone(), coordinator.waiting.len())
        };
        let model = lock(&self.model).as_ref().map(|model| self.loaded_model(model));
        let loading = matches!(state, State::Loading { .. })
            .then(|| offers::name_of_choice(&lock(&self.settings)));
        Status { state, loading, model, n_waiting }
    }

    /// As it was seen, or is to be expected.
    fn speed_of(&self, model: &OpenModel) -> Speed {
        let seen = lock(&self.speeds).of(&offers::id(model));
        let expected = self.expected.known().filter(|_| model.device.device.is_cpu());
        seen.or_expected(&model.config, expected.as_ref())
    }

    fn loaded_model(&self, model: &OpenModel) -> LoadedModel {
        let id = offers::id(model);
        let speed = self.speed_of(model);
        let image = model.image_config(None).ok();
        LoadedModel {
            name: offers::name(&id),
            built_in: model.built_in,
            image,
            device: model.device.name.clone(),
            device_notes: model.device_notes(),
            kernels: model.kernels.to_string(),
            context: model.context,
            weights_bytes: model.n_bytes,
            cache_bytes: model.context as u64 * model.config.text.kv_bytes_per_token(),
            load_s: model.load_s,
            picture_s: image.and_then(|image| {
                let side = image.max_side;
                let cost = crate::cost::of_picture((side, side), &image, &model.config)?;
                speed.picture_s(&cost)
            }),
            speed,
            id,
        }
    }
}

/// What a thread that panicked left behind is whole: every change under a lock is one assignment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a panic becomes for the person.
fn panic_fault(panic: &(dyn std::any::Any + Send)) -> Fault {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = text.or_else(|| panic.downcast_ref::<String>().cloned());
    let message = text.unwrap_or_else(|| "unknown reason".into());
    AppError::from(lorgnette_engine::EngineError::Panicked { message }).into()
}
