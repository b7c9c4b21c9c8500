//! An open model, the pictures it was prepared for, and how fast it was. The command line and the
//! window both talk to a model through it.

use std::path::Path;
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use lorgnette_engine::{
    Answer, AnswerEvent, AnswerOptions, AnswersEvent, Chat, EngineError, PreparedPicture, Role,
    SnapshotError,
};
use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_models::cost;
use lorgnette_models::speed::Speed;
use lorgnette_models::{LocalModel, OpenModel, OpenOptions, SpeedLog};
use lorgnette_reader::Reader;

use crate::check;
use crate::error::ConversationError;
use crate::grounding::AskedPictures;
use crate::pictures::{ViewedPicture, ViewedPictures};

/// Encoder outputs take at most this much of the disk: some sixty pictures of full size.
const ENCODER_CACHE_BYTES: u64 = 1 << 30;
/// The folder of encoder outputs, in the cache folder.
pub const ENCODER_CACHE: &str = "encoded-pictures";

/// An open model, and what makes its next answer quicker.
pub struct Conversation {
    pub(crate) model: OpenModel,
    pub(crate) speeds: Arc<SpeedLog>,
    /// Nothing of what is asked goes to the disk.
    pub(crate) is_private: bool,
    pub(crate) pictures: Mutex<ViewedPictures>,
    /// Answers are held against the text of the picture.
    pub(crate) is_grounded: bool,
    pub(crate) asked: Mutex<AskedPictures>,
    /// Reads what the built-in model is asked about; made when it is first wanted.
    pub(crate) reader: OnceLock<Reader>,
    pub(crate) threads: Option<usize>,
    pub(crate) preparing: Mutex<Option<Preparing>>,
}

/// A chat that is read while its last question is still written; it may have ended.
pub(crate) struct Preparing {
    chat: Chat,
    pub(crate) cancel: Cancel,
    /// Closed when the preparation has ended.
    pub(crate) events: Receiver<AnswerEvent>,
}

/// How far a preparation is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[cfg_attr(feature = "ipc", derive(serde::Serialize, specta::Type))]
#[cfg_attr(feature = "ipc", serde(tag = "at", rename_all = "camelCase"))]
#[cfg_attr(feature = "ipc", serde(rename_all_fields = "camelCase"))]
pub enum Preparation {
    /// Nothing is prepared, or it was stopped.
    Idle,
    /// A picture is encoded; steps of all pictures.
    Encode { done: usize, total: usize },
    /// The tokens of the pictures are read.
    Prefill { done_tokens: usize, total_tokens: usize },
    /// Only the words of the question have still to be read.
    Ready,
}

impl Conversation {
    /// Opens the model: loads one of this machine, which takes seconds to minutes, or asks a server
    /// whether it is there. What an encoder here makes of pictures that are asked
    /// about is kept below `cache`, for other chats and other runs. Without a `cache` it is private:
    /// no answer leaves anything on the disk, not even how long it took. `on_progress` is told bytes
    /// read and all bytes.
    ///
    /// # Errors
    /// Those of [`OpenOptions::open`].
    pub fn open(
        options: &OpenOptions,
        cache: Option<&Path>,
        speeds: Arc<SpeedLog>,
        on_progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, ConversationError> {
        let model = options.open(on_progress)?;
        let folder = cache.map(|cache| cache.join(ENCODER_CACHE));
        if let (Some(local), Some(folder)) = (model.local(), folder) {
            // Nobody waits for it: the engine does it before the first request.
            drop(local.engine.with(move |generator| {
                generator.set_encoder_cache_folder(&folder, ENCODER_CACHE_BYTES);
                Ok(())
            }));
        }
        Ok(Self {
            is_grounded: model.is_built_in(),
            model,
            speeds,
            is_private: cache.is_none(),
            pictures: Mutex::default(),
            asked: Mutex::default(),
            reader: OnceLock::new(),
            threads: options.threads,
            preparing: Mutex::default(),
        })
    }

    /// Holds the answers of any model against the text of the picture, as those of the built-in one.
    #[must_use]
    pub fn grounded(mut self) -> Self {
        self.is_grounded = true;
        self
    }

    pub fn model(&self) -> &OpenModel {
        &self.model
    }

    /// How fast the model was here, or is expected to be; of a server, nothing is known.
    pub fn speed(&self) -> Speed {
        self.model.local().map(|model| self.speeds.of(model)).unwrap_or_default()
    }

    /// Measures how fast this processor will be with a large model that was never tried, if that is
    /// not known: 0.2 seconds.
    pub fn calibrate(&self) {
        if let Some(model) = self.model.local().filter(|_| !self.is_private) {
            self.speeds.calibrate_for(model);
        }
    }

    /// Seconds until the first word about these pictures; `None` where nothing is known.
    pub fn wait_s<'a>(
        &self,
        pictures: impl IntoIterator<Item = &'a Arc<PreparedPicture>>,
    ) -> Option<f64> {
        let speed = self.speed();
        let picture_s = |picture: &Arc<PreparedPicture>| speed.picture_s(&self.cost(picture)?);
        pictures.into_iter().map(picture_s).sum()
    }

    fn cost(&self, picture: &PreparedPicture) -> Option<cost::PictureCost> {
        let model = self.model.local()?;
        let image = model.image_config(None).ok()?;
        let size = (picture.pixels().width(), picture.pixels().height());
        cost::of_picture(size, &image, &model.config)
    }

    /// What the encoder does for these pictures, where that is known of all of them.
    pub(crate) fn encode_flops(&self, chat: &Chat) -> Vec<f64> {
        let flop = |picture: &Arc<PreparedPicture>| Some(self.cost(picture)?.encode_flop);
        chat.last_pictures().into_iter().filter_map(flop).collect()
    }

    /// Begins to read a chat whose last question has pictures and no words yet, and returns at
    /// once: the question is then answered the sooner. A preparation that was begun before is
    /// stopped. `on_progress` is called on the engine's thread. Nothing goes to a server before it is
    /// asked.
    pub fn prepare(&self, chat: Chat, mut on_progress: impl FnMut(Preparation) + Send + 'static) {
        self.stop_preparing();
        let Some(model) = self.model.local() else { return };
        let (to_answer, events) = mpsc::channel();
        let cancel = Cancel::default();
        let preparing = Preparing { chat: chat.clone(), cancel: cancel.clone(), events };
        *lock(&self.preparing) = Some(preparing);
        // What goes wrong here goes wrong again when it is asked about, and is told then.
        drop(model.engine.with(move |generator| {
            let mut emit = |event: AnswerEvent| {
                if let Some(progress) = Preparation::of(&event)
                    && !cancel.is_cancelled()
                {
                    on_progress(progress);
                }
                // An answer may have taken it, or not.
                let _ = to_answer.send(event);
            };
            let ended = generator.prepare(&chat, &cancel, &mut emit);
            if !cancel.is_cancelled() {
                let is_ready = ended.is_ok();
                on_progress(if is_ready { Preparation::Ready } else { Preparation::Idle });
            }
            Ok(())
        }));
    }

    /// Stops a preparation, if there is one. Nothing that is answered changes.
    pub fn stop_preparing(&self) {
        if let Some(preparing) = lock(&self.preparing).take() {
            preparing.cancel.cancel();
        }
    }

    /// Whether what this chat asks about was prepared, or is just being prepared.
    pub fn is_prepared_for(&self, chat: &Chat) -> bool {
        lock(&self.preparing).as_ref().is_some_and(|preparing| preparing.chat.becomes(chat))
    }

    /// Answers the chat's last question. A preparation of it is waited for; any other is stopped.
    /// `on_event` is called on this thread with each event and, when nothing comes, with `None`
    /// every 10 ms. A cancelled answer is no error: it has the text that it came to.
    ///
    /// # Errors
    /// [`ConversationError::Engine`]; the next question may succeed.
    pub fn answer(
        &self,
        chat: Chat,
        options: AnswerOptions,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswerEvent>),
    ) -> Result<Answer, ConversationError> {
        // An answer that goes on begins anywhere.
        let goes_on = chat.turns.last().is_some_and(|turn| turn.role == Role::Assistant);
        if self.is_grounded && !goes_on {
            self.grounded_answer(&chat, options, cancel, on_event)
        } else {
            self.streamed_answer(chat, options, cancel, on_event)
        }
    }

    /// Answers the chat's last question once for each of `options`: from one reading and together, but
    /// for the built-in model, whose answers are held against the text one by one. When it is
    /// cancelled, the last may be missing. Otherwise as [`Self::answer`].
    ///
    /// # Errors
    /// [`ConversationError::Engine`]; the next question may succeed.
    pub fn answers(
        &self,
        chat: Chat,
        options: Vec<AnswerOptions>,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswersEvent>),
    ) -> Result<Vec<Answer>, ConversationError> {
        if options.len() > 1 && !self.is_grounded {
            return self.answer_together(chat, options, cancel, on_event);
        }
        let mut answers = Vec::new();
        for (index, options) in options.into_iter().enumerate() {
            let mut on_one = |event: Option<AnswerEvent>| {
                on_event(event.map(|event| AnswersEvent::Writing { index, event }));
            };
            let answer = self.answer(chat.clone(), options, cancel, &mut on_one)?;
            on_event(Some(AnswersEvent::Ended { index, answer: answer.clone() }));
            answers.push(answer);
            if cancel.is_cancelled() {
                break;
            }
        }
        Ok(answers)
    }

    /// Asks about new pictures and all that was said, and adds question and answer to the chat, without
    /// its thoughts. A question that failed is not part of it; a cancelled answer is, as far as it came.
    ///
    /// # Errors
    /// Those of [`Self::answer`]; the chat is then as it was.
    pub fn ask(
        &self,
        chat: &mut Chat,
        pictures: &[ViewedPicture],
        question: &str,
        options: AnswerOptions,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswerEvent>),
    ) -> Result<Answer, ConversationError> {
        let mut asked = chat.clone();
        self.add_question(&mut asked, pictures, question);
        let answer = self.answer(asked.clone(), options, cancel, on_event)?;
        if !answer.text.is_empty() {
            asked.answered(&answer.text);
            *chat = asked;
        }
        Ok(answer)
    }

    /// Answers the chat's last question `n` times more, together, and says which sentences of `answer`
    /// the other answers bear out. The pictures are neither encoded nor read again. `on_sample` is told
    /// how many answers are made.
    ///
    /// # Errors
    /// [`ConversationError::Engine`] if the network fails.
    pub fn check(
        &self,
        chat: &Chat,
        answer: &str,
        n: usize,
        max_tokens: usize,
        cancel: &Cancel,
        on_sample: &mut dyn FnMut(usize),
    ) -> Result<Vec<check::Checked>, Interrupted<ConversationError>> {
        let mut n_done = 0;
        let mut on_event = |event| {
            if let Some(AnswersEvent::Ended { .. }) = event
                && !cancel.is_cancelled()
            {
                n_done += 1;
                on_sample(n_done);
            }
        };
        let options = check::samples(n, max_tokens).collect();
        let others = self.answer_together(chat.clone(), options, cancel, &mut on_event)?;
        if cancel.is_cancelled() {
            return Err(Interrupted::Cancelled);
        }
        let others: Vec<String> = others.into_iter().map(|other| other.text).collect();
        Ok(check::compare(answer, &others))
    }

    /// Forgets all that was read and seen, except for what is on the disk.
    pub fn forget(&self) {
        self.stop_preparing();
        lock(&self.pictures).clear();
        lock(&self.asked).clear();
        // After what the engine is at work on; nobody waits for it.
        if let Some(model) = self.model.local() {
            drop(model.engine.with(|generator| {
                generator.forget();
                Ok(())
            }));
        }
    }

    /// Continues from a snapshot of keys and values that [`Self::save_snapshot`] wrote with this
    /// model: what a chat begins with then need not be read again. How many tokens that are.
    ///
    /// # Errors
    /// [`SnapshotError`]: it cannot be used, and nothing was read.
    pub fn restore_snapshot(&self, path: &Path) -> Result<usize, SnapshotError> {
        let path = path.to_owned();
        flat(
            &self
                .snapshot_model()?
                .engine
                .with(move |generator| Ok(generator.restore_snapshot(&path))),
        )
    }

    /// Writes the keys and values of what was read last to a file.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] if the file cannot be written.
    pub fn save_snapshot(&self, path: &Path) -> Result<(), SnapshotError> {
        let path = path.to_owned();
        flat(
            &self
                .snapshot_model()?
                .engine
                .with(move |generator| Ok(generator.save_snapshot(&path))),
        )
    }
}

impl Conversation {
    /// The model whose keys and values a file keeps.
    fn snapshot_model(&self) -> Result<&LocalModel, SnapshotError> {
        let of_server =
            || std::io::Error::other("a server keeps what it has read to itself").into();
        self.model.local().ok_or_else(of_server)
    }
}

impl Drop for Conversation {
    fn drop(&mut self) {
        // The engine's thread is waited for when the model is dropped.
        self.stop_preparing();
    }
}

impl Preparation {
    fn of(event: &AnswerEvent) -> Option<Self> {
        match *event {
            AnswerEvent::Encode { picture, n_pictures, done, total } => {
                Some(Self::Encode { done: picture * total + done, total: n_pictures * total })
            }
            AnswerEvent::Prefill { done_tokens, total_tokens, .. } => {
                Some(Self::Prefill { done_tokens, total_tokens })
            }
            AnswerEvent::Thought(_) | AnswerEvent::Text(_) => None,
        }
    }
}

/// The inner result; an engine that is gone is an error of the file too.
fn flat<T>(
    result: &Receiver<Result<Result<T, SnapshotError>, EngineError>>,
) -> Result<T, SnapshotError> {
    let result = result.recv().unwrap_or(Err(EngineError::Stopped));
    result.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}

/// A thread that panicked leaves whole values behind: every change under a lock is one assignment.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
