//! What can be asked, and how it becomes an answer that waits for its turn.

use std::sync::Arc;

use super::App;
use super::jobs::Wanted;
use super::machine::{AnswerId, Event};
use super::notice::{Asked, Listener, Notice};
use crate::chats::{AnswerBy, Attachment, ChatId, MessageId, PictureInfo};
use crate::error::AppError;
use crate::purpose::Purpose;
use crate::quick_action::Taken;

/// What a person can ask.
#[derive(Debug, Clone)]
pub enum Ask {
    /// A question that goes on from `leaf`, in a chat or, without one, in a new chat.
    New {
        chat: Option<ChatId>,
        leaf: Option<MessageId>,
        text: String,
        pictures: Vec<Attachment>,
        by: AnswerBy,
    },
    /// Another answer to the same question.
    Again { answer: MessageId, by: AnswerBy },
    /// Another question in the place of one.
    Edit { question: MessageId, text: String, pictures: Vec<Attachment>, by: AnswerBy },
    /// More of an answer, by who began it. With `at_once` it thinks no further and answers.
    Continue { answer: MessageId, at_once: bool },
}

impl App {
    /// Asks. The question is on disk when this returns; the answer is made when its turn comes, and
    /// `make_listener` makes who hears of it.
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

    /// Describes pictures of the desktop in a chat of their own, aloud; the exact text of them needs no
    /// model.
    ///
    /// # Errors
    /// Those of adding the first that cannot be used, and of [`Self::ask`]; then nothing is asked.
    pub fn describe_aloud(
        &self,
        taken: Vec<Taken>,
        purpose: Purpose,
        make_listener: impl FnOnce(&Asked) -> Listener,
    ) -> Result<Asked, AppError> {
        let max_side = self.settings().max_side;
        let by = if purpose == Purpose::Text { AnswerBy::Reader } else { AnswerBy::Model };
        let attach = |taken: Taken| -> Result<Attachment, AppError> {
            // The pixels are at hand before they are a file.
            let ahead = match &taken {
                Taken::Pixels { picture, .. } if by == AnswerBy::Reader => {
                    Some(self.0.read_ahead(Arc::clone(picture)))
                }
                Taken::Pixels { .. } | Taken::File(_) | Taken::Bytes { .. } => None,
            };
            let PictureInfo { id, name, .. } = self.keep(&taken)?;
            if let Some(ahead) = ahead {
                self.0.adopt(&ahead, &id);
            }
            Ok(Attachment { picture: id, name, region: None, turn: 0, max_side })
        };
        let pictures = taken.into_iter().map(attach).collect::<Result<Vec<_>, _>>()?;
        let conversation = self.0.conversation();
        let question =
            conversation.map_or(purpose.question(), |model| purpose.question_for(model.model()));
        let text = question.to_owned();
        let ask = Ask::New { chat: None, leaf: None, text, pictures, by };
        let max_tokens = Some(purpose.max_tokens());
        let wanted = Wanted { max_tokens, aloud: true, ..Wanted::default() };
        self.ask_for(ask, wanted, make_listener)
    }

    /// Answers once more, aloud.
    ///
    /// # Errors
    /// Those of [`Self::ask`].
    pub fn describe_again_aloud(
        &self,
        answer: MessageId,
        make_listener: impl FnOnce(&Asked) -> Listener,
    ) -> Result<Asked, AppError> {
        let wanted = Wanted { aloud: true, ..Wanted::default() };
        let by = self.0.chats_of(answer)?.message(answer)?.by;
        self.ask_for(Ask::Again { answer, by }, wanted, make_listener)
    }

    fn ask_for(
        &self,
        ask: Ask,
        wanted: Wanted,
        make_listener: impl FnOnce(&Asked) -> Listener,
    ) -> Result<Asked, AppError> {
        let place = match &ask {
            Ask::New { chat, .. } => chat.unwrap_or_default(),
            Ask::Edit { question, .. } => *question,
            Ask::Again { answer, .. } | Ask::Continue { answer, .. } => *answer,
        };
        let chats = self.0.chats_of(place)?;
        let is_continued = matches!(ask, Ask::Continue { .. });
        let at_once = matches!(ask, Ask::Continue { at_once: true, .. });
        let by = match &ask {
            Ask::New { by, .. } | Ask::Again { by, .. } | Ask::Edit { by, .. } => *by,
            Ask::Continue { answer, .. } => chats.message(*answer)?.by,
        };
        let (chat, answer) = match ask {
            Ask::New { chat, leaf, text, pictures, .. } => {
                self.0.check_pictures(chat, &chats, &pictures)?;
                let (chat, question) = chats.add_question(chat, leaf, &text, &pictures)?;
                (chat, chats.begin_answer(question, by)?.1)
            }
            Ask::Again { answer, .. } => {
                let gone = AppError::NotFound { what: "that question" };
                let question = chats.message(answer)?.parent.ok_or(gone)?;
                chats.begin_answer(question, by)?
            }
            Ask::Edit { question, text, pictures, .. } => {
                let parent = chats.message(question)?.parent;
                let chat = chats.chat_of(question)?;
                self.0.check_pictures(Some(chat), &chats, &pictures)?;
                let (chat, question) = chats.add_question(Some(chat), parent, &text, &pictures)?;
                (chat, chats.begin_answer(question, by)?.1)
            }
            Ask::Continue { answer, .. } => {
                let chat = chats.continue_answer(answer)?;
                if matches!(by, AnswerBy::Pages | AnswerBy::Summary) {
                    self.0.cut_back(answer)?;
                }
                (chat, answer)
            }
        };
        let asked = Asked { chat: chats.chat(chat)?, answer };
        let listener = make_listener(&asked);
        self.0.jobs.insert(answer, listener, Wanted { is_continued, by, at_once, ..wanted });
        match by {
            AnswerBy::Model | AnswerBy::Pages | AnswerBy::Summary => {
                self.0.happened(Event::Ask(AnswerId::Chat(answer)));
            }
            AnswerBy::Reader => self.0.answer_by_reader(answer),
        }
        (self.0.notify)(Notice::Chats);
        Ok(asked)
    }

    /// Stops an answer, whether it is being made or waits. What was written stays.
    pub fn stop(&self, answer: MessageId) {
        match self.0.jobs.get(answer) {
            Some((cancel, Wanted { by: AnswerBy::Reader, .. })) => cancel.cancel(),
            _ => self.0.happened(Event::Stop(AnswerId::Chat(answer))),
        }
    }
}
