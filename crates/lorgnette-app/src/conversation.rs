//! One chat, its answers as they come.

pub mod check;

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::Receiver;

use lorgnette_engine::{Chat, EngineError, PreparedPicture, Role, SnapshotError, Turn, TurnPart};
use lorgnette_pixtral::Cancel;
use tokio::sync::mpsc;

use self::check::Checked;
use crate::error::AppError;
use crate::open::OpenModel;
use crate::{Answer, AnswerEvent, AnswerOptions};

/// A chat with a model. Follow-ups read only what is new.
pub struct Session<'a> {
    model: &'a OpenModel,
    chat: Chat,
    preparing: Option<Preparing>,
}

/// Pictures that are looked at before there is a question.
struct Preparing {
    pictures: Vec<Arc<PreparedPicture>>,
    cancel: Cancel,
    /// Ends when it has ended.
    events: mpsc::UnboundedReceiver<AnswerEvent>,
}

impl Preparing {
    fn is_of(&self, pictures: &[Arc<PreparedPicture>]) -> bool {
        self.pictures.len() == pictures.len()
            && self.pictures.iter().zip(pictures).all(|(a, b)| Arc::ptr_eq(a, b))
    }
}

impl Drop for Session<'_> {
    fn drop(&mut self) {
        self.forget_preparation();
    }
}

impl<'a> Session<'a> {
    /// An empty chat.
    pub fn new(model: &'a OpenModel) -> Self {
        Self { model, chat: Chat::default(), preparing: None }
    }

    /// Begins to look at new pictures and returns at once: the question about them is answered the
    /// sooner. What was begun before is stopped; nothing that is answered changes.
    pub fn prepare(&mut self, pictures: Vec<Arc<PreparedPicture>>) {
        self.forget_preparation();
        if pictures.is_empty() {
            return;
        }
        let mut chat = self.chat.clone();
        chat.ask(pictures.iter().cloned(), "");
        let (sender, events) = mpsc::unbounded_channel();
        let cancel = Cancel::default();
        // What goes wrong here goes wrong again when it is asked about, and is told then.
        drop(self.model.engine.prepare(chat, cancel.clone(), move |event| {
            let _ = sender.send(event);
        }));
        self.preparing = Some(Preparing { pictures, cancel, events });
    }

    fn forget_preparation(&mut self) {
        if let Some(preparing) = self.preparing.take() {
            preparing.cancel.cancel();
        }
    }

    /// Begins with what [`Self::save_snapshot`] wrote, if it is of this model: what it begins with need not be
    /// read again. How many tokens that are; nothing that is answered changes.
    ///
    /// # Errors
    /// [`SnapshotError`]: it cannot be used, and nothing was read.
    pub fn restore_snapshot(&self, path: &Path) -> Result<usize, SnapshotError> {
        let path = path.to_owned();
        let restored =
            self.model.engine.with(move |generator| Ok(generator.restore_snapshot(&path)));
        flat(&restored)
    }

    /// Writes what was read last to a file.
    ///
    /// # Errors
    /// [`SnapshotError::Io`].
    pub fn save_snapshot(&self, path: &Path) -> Result<(), SnapshotError> {
        let path = path.to_owned();
        flat(&self.model.engine.with(move |generator| Ok(generator.save_snapshot(&path))))
    }

    /// Answers the last question `n` times more and says what of the answer varies; `None` when it
    /// was cancelled. The pictures are neither encoded nor read again.
    ///
    /// # Errors
    /// [`AppError::Engine`].
    pub fn check(
        &self,
        n: usize,
        max_tokens: usize,
        cancel: &Cancel,
        on_sample: &mut dyn FnMut(usize),
    ) -> Result<Option<Vec<Checked>>, AppError> {
        let mut chat = self.chat.clone();
        let Some(Turn { role: Role::Assistant, parts }) = chat.turns.pop() else {
            return Ok(Some(Vec::new()));
        };
        let Some(TurnPart::Text(answer)) = parts.first() else { return Ok(Some(Vec::new())) };
        let samples = check::samples(self.model, &chat, n, max_tokens, cancel, on_sample)?;
        Ok(samples.map(|samples| {
            let others: Vec<String> = samples.into_iter().map(|one| one.text).collect();
            check::compare(answer, &others)
        }))
    }

    /// Asks about the new pictures and all that was said, and hands on events while the answer is
    /// made. A question that failed is not part of the chat; a cancelled answer is, as far as it
    /// got.
    ///
    /// # Errors
    /// [`AppError::Engine`]; the session goes on.
    pub async fn ask(
        &mut self,
        pictures: Vec<Arc<PreparedPicture>>,
        question: &str,
        options: AnswerOptions,
        cancel: &Cancel,
        mut on_event: impl FnMut(AnswerEvent),
    ) -> Result<Answer, AppError> {
        if let Some(mut preparing) = self.preparing.take() {
            if !preparing.is_of(&pictures) {
                preparing.cancel.cancel();
            }
            while let Some(event) = preparing.events.recv().await {
                on_event(event);
                if cancel.is_cancelled() {
                    preparing.cancel.cancel();
                }
            }
        }
        let mut chat = self.chat.clone();
        chat.ask(pictures, question);
        let (sender, mut events) = mpsc::unbounded_channel();
        let emit = move |event| {
            // A receiver that is gone has no one to tell.
            let _ = sender.send(event);
        };
        let result = self.model.engine.answer(chat.clone(), options, cancel.clone(), emit);
        // Ends when the engine drops the sender, which is when the answer has ended.
        while let Some(event) = events.recv().await {
            on_event(event);
        }
        let answer = tokio::task::spawn_blocking(move || result.recv()).await;
        let answer = answer.ok().and_then(Result::ok).unwrap_or(Err(EngineError::Stopped))?;
        if !answer.text.is_empty() {
            chat.answered(&answer.text);
            self.chat = chat;
        }
        Ok(answer)
    }
}

/// The inner result; an engine that is gone is an error of the file too.
fn flat<T>(
    result: &Receiver<Result<Result<T, SnapshotError>, EngineError>>,
) -> Result<T, SnapshotError> {
    let result = result.recv().unwrap_or(Err(EngineError::Stopped));
    result.unwrap_or_else(|error| Err(std::io::Error::other(error).into()))
}
