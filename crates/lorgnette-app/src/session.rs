//! One chat, its answers as they come.

use std::sync::Arc;

use lorgnette_engine::{Chat, EngineError, Picture};
use lorgnette_pixtral::Cancel;
use tokio::sync::mpsc;

use crate::error::AppError;
use crate::open::OpenModel;
use crate::{Answer, AnswerOptions, Event};

/// A chat with a model. Follow-ups read only what is new.
pub struct Session<'a> {
    model: &'a OpenModel,
    chat: Chat,
}

impl<'a> Session<'a> {
    /// An empty chat.
    pub fn new(model: &'a OpenModel) -> Self {
        Self { model, chat: Chat::default() }
    }

    /// Asks about the new pictures and all that was said, and hands on events while the answer is
    /// made. A question that failed is not part of the chat; a cancelled answer is, as far as it
    /// got.
    ///
    /// # Errors
    /// [`AppError::Engine`]; the session goes on.
    pub async fn ask(
        &mut self,
        pictures: Vec<Arc<Picture>>,
        question: &str,
        options: AnswerOptions,
        cancel: &Cancel,
        mut on_event: impl FnMut(Event),
    ) -> Result<Answer, AppError> {
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
