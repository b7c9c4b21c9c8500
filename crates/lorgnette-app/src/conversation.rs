//! The one driver of the engine: an open model, the pictures it was prepared for, and how fast it
//! was. The command line and the window both talk to a model through it.

pub mod check;
mod grounding;
mod pictures;

use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use lorgnette_engine::{AnswersEvent, Chat, EngineError, PreparedPicture, Role};
use lorgnette_reader::Reader;

use self::grounding::AskedPictures;
pub use self::pictures::ViewedPicture;
use self::pictures::ViewedPictures;
use crate::error::AppError;
use crate::models::cost;
use crate::models::speed::{Meter, Speed};
use crate::models::{OpenModel, OpenOptions, SpeedLog};
use crate::{Answer, AnswerEvent, AnswerOptions, Cancel, Interrupted, SnapshotError};

/// While an answer is made, its listener is called at least this often.
const TICK: Duration = Duration::from_millis(10);
/// Encoder outputs take at most this much of the disk: some sixty pictures of full size.
const ENCODER_CACHE_BYTES: u64 = 1 << 30;
/// The folder of encoder outputs, in the cache folder.
pub const ENCODER_CACHE: &str = "encoded-pictures";

/// An open model, and what makes its next answer quicker.
pub struct Conversation {
    model: OpenModel,
    speeds: Arc<SpeedLog>,
    /// Nothing of what is asked goes to the disk.
    is_private: bool,
    pictures: Mutex<ViewedPictures>,
    /// Answers are held against the text of the picture.
    is_grounded: bool,
    asked: Mutex<AskedPictures>,
    /// Reads what the built-in model is asked about; made when it is first wanted.
    reader: OnceLock<Reader>,
    threads: Option<usize>,
    preparing: Mutex<Option<Preparing>>,
}

/// A chat that is read while its last question is still written; it may have ended.
struct Preparing {
    chat: Chat,
    cancel: Cancel,
    /// Closed when the preparation has ended.
    events: Receiver<AnswerEvent>,
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
    /// Loads the model; takes seconds to minutes. What its encoder makes of pictures that are asked
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
    ) -> Result<Self, AppError> {
        let model = options.open(on_progress)?;
        if let Some(folder) = cache.map(|cache| cache.join(ENCODER_CACHE)) {
            // Nobody waits for it: the engine does it before the first request.
            drop(model.engine.with(move |generator| {
                generator.set_encoder_cache_folder(&folder, ENCODER_CACHE_BYTES);
                Ok(())
            }));
        }
        Ok(Self {
            is_grounded: model.built_in,
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

    /// How fast the model was here, or is expected to be.
    pub fn speed(&self) -> Speed {
        self.speeds.of(&self.model)
    }

    /// Measures how fast this processor will be with a large model that was never tried, if that is
    /// not known: 0.2 seconds.
    pub fn calibrate(&self) {
        if !self.is_private {
            self.speeds.calibrate_for(&self.model);
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
        let image = self.model.image_config(None).ok()?;
        let size = (picture.pixels().width(), picture.pixels().height());
        cost::of_picture(size, &image, &self.model.config)
    }

    /// Begins to read a chat whose last question has pictures and no words yet, and returns at
    /// once: the question is then answered the sooner. A preparation that was begun before is
    /// stopped. `on_progress` is called on the engine's thread.
    pub fn prepare(&self, chat: Chat, mut on_progress: impl FnMut(Preparation) + Send + 'static) {
        self.stop_preparing();
        let (to_answer, events) = mpsc::channel();
        let cancel = Cancel::default();
        let preparing = Preparing { chat: chat.clone(), cancel: cancel.clone(), events };
        *lock(&self.preparing) = Some(preparing);
        // What goes wrong here goes wrong again when it is asked about, and is told then.
        drop(self.model.engine.with(move |generator| {
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
    /// [`AppError::Engine`]; the next question may succeed.
    pub fn answer(
        &self,
        chat: Chat,
        options: AnswerOptions,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswerEvent>),
    ) -> Result<Answer, AppError> {
        // An answer that goes on begins anywhere.
        let goes_on = chat.turns.last().is_some_and(|turn| turn.role == Role::Assistant);
        if self.is_grounded && !goes_on {
            self.grounded_answer(&chat, options, cancel, on_event)
        } else {
            self.streamed_answer(chat, options, cancel, on_event)
        }
    }

    fn streamed_answer(
        &self,
        chat: Chat,
        options: AnswerOptions,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswerEvent>),
    ) -> Result<Answer, AppError> {
        if self.is_prepared_for(&chat)
            && let Some(preparing) = lock(&self.preparing).take()
        {
            drain(&preparing.events, |event| {
                if cancel.is_cancelled() {
                    preparing.cancel.cancel();
                }
                on_event(event);
            });
        }
        self.stop_preparing();
        let flop = |picture: &Arc<PreparedPicture>| Some(self.cost(picture)?.encode_flop);
        let encode_flops: Vec<f64> = chat.last_pictures().into_iter().filter_map(flop).collect();
        let mut meter = Meter::default();
        let (sender, events) = mpsc::channel();
        let emit = move |event| {
            // The receiver is gone only when this thread has panicked.
            let _ = sender.send(event);
        };
        let answer = self.model.engine.answer(chat, options, cancel.clone(), emit);
        // The engine drops the sender when the answer has ended.
        drain(&events, |event| {
            if let Some(event) = &event {
                meter.push(event, Instant::now());
            }
            on_event(event);
        });
        let answer = answer.recv().unwrap_or(Err(EngineError::Stopped))?;
        if self.is_private {
            return Ok(answer);
        }
        // Which pictures were encoded is known when all new ones were, and no others.
        let encode_flop = (encode_flops.len() == answer.timings.n_encoded_pictures)
            .then(|| encode_flops.iter().sum());
        self.speeds.learn(&self.model, &meter, encode_flop, &answer.timings);
        Ok(answer)
    }

    /// Answers the chat's last question once for each of `options`: from one reading and together, but
    /// for the built-in model, whose answers are held against the text one by one. When it is
    /// cancelled, the last may be missing. Otherwise as [`Self::answer`].
    ///
    /// # Errors
    /// [`AppError::Engine`]; the next question may succeed.
    pub fn answers(
        &self,
        chat: Chat,
        options: Vec<AnswerOptions>,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswersEvent>),
    ) -> Result<Vec<Answer>, AppError> {
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

    fn answer_together(
        &self,
        chat: Chat,
        options: Vec<AnswerOptions>,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswersEvent>),
    ) -> Result<Vec<Answer>, AppError> {
        self.stop_preparing();
        let (sender, events) = mpsc::channel();
        let emit = move |event| {
            // The receiver is gone only when this thread has panicked.
            let _ = sender.send(event);
        };
        let answers = self.model.engine.answers(chat, options, cancel.clone(), emit);
        drain(&events, on_event);
        Ok(answers.recv().unwrap_or(Err(EngineError::Stopped))?)
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
    ) -> Result<Answer, AppError> {
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
    /// [`AppError::Engine`] if the network fails.
    pub fn check(
        &self,
        chat: &Chat,
        answer: &str,
        n: usize,
        max_tokens: usize,
        cancel: &Cancel,
        on_sample: &mut dyn FnMut(usize),
    ) -> Result<Vec<check::Checked>, Interrupted<AppError>> {
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
        drop(self.model.engine.with(|generator| {
            generator.forget();
            Ok(())
        }));
    }

    /// Continues from a snapshot of keys and values that [`Self::save_snapshot`] wrote with this
    /// model: what a chat begins with then need not be read again. How many tokens that are.
    ///
    /// # Errors
    /// [`SnapshotError`]: it cannot be used, and nothing was read.
    pub fn restore_snapshot(&self, path: &Path) -> Result<usize, SnapshotError> {
        let path = path.to_owned();
        flat(&self.model.engine.with(move |generator| Ok(generator.restore_snapshot(&path))))
    }

    /// Writes the keys and values of what was read last to a file.
    ///
    /// # Errors
    /// [`SnapshotError::Io`] if the file cannot be written.
    pub fn save_snapshot(&self, path: &Path) -> Result<(), SnapshotError> {
        let path = path.to_owned();
        flat(&self.model.engine.with(move |generator| Ok(generator.save_snapshot(&path))))
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

/// Hands on events until there are no more.
fn drain<T>(events: &Receiver<T>, mut on_event: impl FnMut(Option<T>)) {
    loop {
        match events.recv_timeout(TICK) {
            Ok(event) => on_event(Some(event)),
            Err(RecvTimeoutError::Timeout) => on_event(None),
            Err(RecvTimeoutError::Disconnected) => return,
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
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
