//! Makes one answer: from the stored chat to the engine, and what comes back to the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lorgnette_engine::{Chat, EngineError, Role, Turn, TurnPart};
use lorgnette_image::Note;

use super::coalesce::Coalescer;
use super::jobs::Wanted;
use super::machine::Event;
use super::notice::Notice;
use super::{Inner, lock, panic_fault};
use crate::chats::{AnswerBy, Attachment, Chats, End, Message, MessageId, is_private};
use crate::conversation::Conversation;
use crate::error::{AppError, Fault};
use crate::models::library;
use crate::{AnswerEvent, Cancel, StopReason, Timings};

/// What is written is kept that often.
const BETWEEN_WRITES: Duration = Duration::from_millis(400);

/// What an answer has become, also when it failed half-way.
#[derive(Default)]
pub(super) struct Made {
    pub text: String,
    /// Of exact text: the pieces that it came in.
    pub n_pieces: usize,
    model: Option<String>,
    timings: Option<Timings>,
}

impl Inner {
    /// Makes an answer from beginning to end, and tells the coordinator's thread.
    pub(super) fn answer(self: &Arc<Self>, id: MessageId, conversation: Arc<Conversation>) {
        let Ok(chats) = self.chats_of(id) else {
            // The private chat was left before its turn came.
            self.jobs.end(id, None);
            return self.happened(Event::AnswerEnded(id));
        };
        let mut made = Made::default();
        let end = match self.jobs.get(id) {
            Some((cancel, wanted)) => {
                let make = || self.make(id, &chats, &conversation, &cancel, wanted, &mut made);
                match catch_unwind(AssertUnwindSafe(make)) {
                    Ok(Ok(end)) => end,
                    Ok(Err(error)) => End::Failed(Fault::from(error).into()),
                    Err(panic) => End::Failed(panic_fault(panic.as_ref()).into()),
                }
            }
            None => End::Stopped,
        };
        // Before the next step, which may load another model into the same memory.
        drop(conversation);
        self.answer_is_whole(id);
        self.end(id, &chats, &made, &end);
        self.happened(Event::AnswerEnded(id));
    }

    /// Ends an answer that never began.
    pub(super) fn end_unbegun(&self, id: MessageId, fault: Option<Fault>) {
        let Ok(chats) = self.chats_of(id) else { return self.jobs.end(id, None) };
        let end = fault.map_or(End::Stopped, |fault| End::Failed(fault.into()));
        let text = chats.message(id).map(|message| message.text).unwrap_or_default();
        self.end(id, &chats, &Made { text, ..Made::default() }, &end);
    }

    /// Keeps an answer that has ended, and tells of it.
    pub(super) fn end(&self, id: MessageId, chats: &Chats, made: &Made, end: &End) {
        let Made { text, model, timings, .. } = made;
        let stored = chats.end_answer(id, text, end, model.as_deref(), timings.as_ref());
        let mut message = chats.message(id);
        if let (Err(error), Ok(message)) = (stored, &mut message) {
            // It is still on the screen, to be copied from there.
            message.text.clone_from(text);
            message.end = Some(End::Failed(Fault::from(AppError::from(error)).into()));
        }
        self.jobs.end(id, message.ok());
        self.texts.look_in(Duration::ZERO);
        (self.notify)(Notice::Chats);
    }

    fn make(
        self: &Arc<Self>,
        id: MessageId,
        chats: &Chats,
        conversation: &Conversation,
        cancel: &Cancel,
        wanted: Wanted,
        made: &mut Made,
    ) -> Result<End, AppError> {
        made.model = Some(library::name(&conversation.model().id()));
        let mut path = chats.path_to(id)?;
        let answer = path.pop().ok_or(EngineError::Stopped)?;
        if wanted.is_continued {
            made.text.clone_from(&answer.text);
        }
        self.stop_check();
        self.preparations_are_over();
        self.answer_begins(id, &made.text, wanted.aloud, AnswerBy::Model);
        let mut chat = self.chat_for_engine(&path, conversation)?;
        chat.is_private = is_private(id);
        if !made.text.is_empty() {
            chat.answered(&made.text);
        }
        if let Some(question) = path.last() {
            self.say_notes(id, &self.notes_of(question, conversation));
        }
        if !conversation.is_prepared_for(&chat) {
            self.say_wait(id, conversation.wait_s(chat.last_pictures()));
        }
        let mut options = lock(&self.settings).answer_options();
        options.max_tokens = options.max_tokens.min(wanted.max_tokens.unwrap_or(usize::MAX));

        let mut coalescer = Coalescer::new();
        let (mut written, mut unwritten) = (Instant::now(), false);
        let mut failed = None;
        let answer = conversation.answer(chat, options, cancel, &mut |event| {
            if let Some(AnswerEvent::Text(piece)) = &event {
                made.text.push_str(piece);
                self.answer_grows(id, piece);
                unwritten = true;
            }
            if let Some(event) = event {
                coalescer.push(event);
            }
            self.tell(id, &mut coalescer, false);
            if unwritten && failed.is_none() && written.elapsed() >= BETWEEN_WRITES {
                (written, unwritten) = (Instant::now(), false);
                if let Err(error) = chats.write(id, &made.text) {
                    cancel.cancel();
                    failed = Some(error);
                }
            }
        })?;
        self.tell(id, &mut coalescer, true);
        if let Some(error) = failed {
            return Err(error.into());
        }
        made.timings = Some(answer.timings);
        Ok(match answer.stop {
            StopReason::EndOfText | StopReason::StopString(_) => End::Whole,
            StopReason::Length => End::Length,
            StopReason::ContextFull => End::ContextFull,
            StopReason::Cancelled => End::Stopped,
        })
    }

    fn tell(&self, id: MessageId, coalescer: &mut Coalescer, all: bool) {
        while let Some(progress) = coalescer.take(Instant::now(), all) {
            self.jobs.tell(id, progress);
        }
    }

    /// What a person should know about the pictures of a question.
    fn notes_of(&self, question: &Message, conversation: &Conversation) -> Vec<Note> {
        let attached = |picture| conversation.attached(picture, &self.pictures).ok();
        question.pictures.iter().filter_map(attached).flat_map(|one| one.notes.clone()).collect()
    }

    /// The messages as the engine takes them, after the person's instructions.
    pub(super) fn chat_for_engine(
        &self,
        path: &[Message],
        conversation: &Conversation,
    ) -> Result<Chat, AppError> {
        let mut chat = Chat::default();
        let instructions = lock(&self.settings).instructions.trim().to_owned();
        if !instructions.is_empty() {
            let parts = vec![TurnPart::Text(instructions)];
            chat.turns.push(Turn { role: Role::System, parts });
        }
        for message in path {
            if !message.is_model {
                let attached = |picture: &Attachment| {
                    conversation.attached(picture, &self.pictures_with(&picture.picture))
                };
                let pictures: Result<Vec<_>, AppError> =
                    message.pictures.iter().map(attached).collect();
                conversation.add_question(
                    &mut chat,
                    pictures?.iter().map(AsRef::as_ref),
                    &message.text,
                );
            } else if !message.text.is_empty() {
                // One that was stopped before its first word says nothing.
                chat.answered(&message.text);
            }
        }
        Ok(chat)
    }
}
