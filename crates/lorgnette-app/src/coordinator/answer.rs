//! Makes one answer: from the stored chat to the engine, and what comes back to the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use lorgnette_engine::{Chat, EngineError, Role, Turn, TurnPart};
use lorgnette_image::Note;

use super::coalesce::Coalescer;
use super::jobs::Wanted;
use super::machine::{AnswerId, Event};
use super::notice::Notice;
use super::{Inner, lock, panic_fault};
use crate::chats::{AnswerBy, Attachment, Chats, ChatsError, End, Message, MessageId, is_private};
use crate::conversation::{Conversation, ViewedPicture};
use crate::error::{AppError, Fault};
use crate::models::{RemoteError, library};
use crate::{Answer, AnswerEvent, AnswerOptions, Cancel, StopReason, Timings};

/// What is written is kept that often.
const BETWEEN_WRITES: Duration = Duration::from_millis(400);

/// What an answer has become, also when it failed half-way.
#[derive(Default)]
pub(super) struct Made {
    pub text: String,
    /// What the model thought before it.
    pub thoughts: String,
    /// Of exact text: the pieces that it came in.
    pub n_pieces: usize,
    model: Option<String>,
    timings: Option<Timings>,
}

impl Made {
    /// Adds what another part of the answer took.
    pub(super) fn add_timings(&mut self, more: &Timings) {
        let Some(all) = &mut self.timings else {
            self.timings = Some(more.clone());
            return;
        };
        all.encode_s += more.encode_s;
        all.prefill_s += more.prefill_s;
        all.decode_s += more.decode_s;
        all.n_read_tokens += more.n_read_tokens;
        all.n_answer_tokens += more.n_answer_tokens;
    }
}

/// An answer that is being made.
pub(super) struct Work<'a> {
    pub id: MessageId,
    pub chats: &'a Chats,
    pub conversation: &'a Conversation,
    pub cancel: &'a Cancel,
    pub wanted: Wanted,
}

/// What has grown since it was written last.
#[derive(Default)]
struct Unwritten {
    thoughts: bool,
    text: bool,
}

impl Unwritten {
    fn is_any(&self) -> bool {
        self.thoughts || self.text
    }

    fn write(self, id: MessageId, chats: &Chats, made: &Made) -> Result<(), ChatsError> {
        if self.thoughts {
            chats.write_thoughts(id, &made.thoughts)?;
        }
        if self.text {
            chats.write(id, &made.text)?;
        }
        Ok(())
    }
}

/// How an answer ends whose model stopped so.
pub(super) fn end_of(stop: StopReason) -> End {
    match stop {
        StopReason::EndOfText | StopReason::StopString(_) => End::Whole,
        StopReason::Length => End::Length,
        StopReason::ContextFull => End::ContextFull,
        StopReason::Cancelled => End::Stopped,
        StopReason::Disconnected(reason) => {
            End::Failed(Fault::from(AppError::from(RemoteError::Cut { reason })).into())
        }
    }
}

impl Inner {
    /// Makes an answer from beginning to end, and tells the coordinator's thread.
    pub(super) fn answer(self: &Arc<Self>, id: MessageId, conversation: Arc<Conversation>) {
        let Ok(chats) = self.chats_of(id) else {
            // The private chat was left before its turn came.
            self.jobs.end(id, None);
            return self.happened(Event::AnswerEnded(AnswerId::Chat(id)));
        };
        let mut made = Made::default();
        let end = match self.jobs.get(id) {
            Some((cancel, wanted)) => {
                let (chats, conversation, cancel) = (&*chats, &*conversation, &cancel);
                let work = Work { id, chats, conversation, cancel, wanted };
                let make = || self.make(&work, &mut made);
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
        if made.text.is_empty() && !made.thoughts.is_empty() {
            self.say_before(id, self.phrases().only_thoughts.to_owned());
        }
        self.answer_is_whole(id);
        self.end(id, &chats, &made, &end);
        self.happened(Event::AnswerEnded(AnswerId::Chat(id)));
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
        let Made { text, thoughts, model, timings, .. } = made;
        let keep = || chats.end_answer(id, text, end, model.as_deref(), timings.as_ref());
        let thoughts_stored =
            if thoughts.is_empty() { Ok(()) } else { chats.write_thoughts(id, thoughts) };
        let stored = thoughts_stored.and_then(|()| keep());
        let mut message = chats.message(id);
        if let (Err(error), Ok(message)) = (stored, &mut message) {
            // It is still on the screen, to be copied from there.
            message.text.clone_from(text);
            message.thoughts.clone_from(thoughts);
            message.end = Some(End::Failed(Fault::from(AppError::from(error)).into()));
        }
        self.jobs.end(id, message.ok());
        self.texts.look_in(Duration::ZERO);
        (self.notify)(Notice::Chats);
    }

    fn make(self: &Arc<Self>, work: &Work, made: &mut Made) -> Result<End, AppError> {
        let &Work { id, chats, conversation, wanted, .. } = work;
        made.model = Some(library::name(&conversation.model().id()));
        let mut path = chats.path_to(id)?;
        let answer = path.pop().ok_or(EngineError::Stopped)?;
        if wanted.is_continued {
            made.text.clone_from(&answer.text);
            made.thoughts.clone_from(&answer.thoughts);
        }
        self.stop_check();
        self.preparations_are_over();
        if wanted.by == AnswerBy::Pages {
            return self.make_pages(work, &path, made);
        }
        if wanted.by == AnswerBy::Summary {
            return self.make_summary(work, &path, made);
        }
        self.answer_begins(id, &made.text, wanted.aloud, AnswerBy::Model);
        let mut chat = self.chat_for_engine(&path, conversation)?;
        chat.is_private = is_private(id);
        chat.begun(&made.thoughts, wanted.at_once, &made.text);
        if let Some(question) = path.last() {
            self.say_notes(id, &self.notes_of(question, conversation));
        }
        let mut first_look = String::new();
        if !conversation.is_prepared_for(&chat) {
            let wait_s = conversation.wait_s(chat.last_pictures());
            self.say_wait(id, wait_s);
            if let Some(question) = path.last().filter(|_| !wanted.is_continued) {
                // What goes wrong here goes wrong again with the answer itself, and is told then.
                first_look = self.look_first(work, question, wait_s).unwrap_or_default();
            }
        }
        let mut options = lock(&self.settings).answer_options();
        options.max_tokens = options.max_tokens.min(wanted.max_tokens.unwrap_or(usize::MAX));
        options.may_think = !wanted.at_once;
        let answer = self.write_answer(work, chat, options, made, None);
        if made.text.is_empty() && !first_look.trim().is_empty() {
            made.text = self.first_look_alone(&first_look);
        }
        let answer = answer?;
        made.timings = Some(answer.timings);
        Ok(end_of(answer.stop))
    }

    /// Has the model answer, and keeps what it writes. `of` is which of so many pictures it is about,
    /// where each is asked about by itself.
    pub(super) fn write_answer(
        &self,
        work: &Work,
        chat: Chat,
        options: AnswerOptions,
        made: &mut Made,
        of: Option<(usize, usize)>,
    ) -> Result<Answer, AppError> {
        let &Work { id, chats, conversation, cancel, .. } = work;
        let mut coalescer = Coalescer::new();
        let (mut written, mut unwritten) = (Instant::now(), Unwritten::default());
        let (mut failed, mut says_thinking) = (None, true);
        let answer = conversation.answer(chat, options, cancel, &mut |event| {
            match &event {
                Some(AnswerEvent::Text(piece)) => {
                    made.text.push_str(piece);
                    self.answer_grows(id, piece);
                    unwritten.text = true;
                }
                Some(AnswerEvent::Thought(piece)) => {
                    made.thoughts.push_str(piece);
                    unwritten.thoughts = true;
                    // Thoughts are not read aloud: who listens is told once that they come.
                    if std::mem::take(&mut says_thinking) {
                        self.say_before(id, self.phrases().thinking.to_owned());
                    }
                }
                Some(AnswerEvent::Encode { .. } | AnswerEvent::Prefill { .. }) | None => {}
            }
            match (event, of) {
                (Some(AnswerEvent::Encode { done, total, .. }), Some((picture, n_pictures))) => {
                    coalescer.push(AnswerEvent::Encode { picture, n_pictures, done, total });
                }
                (Some(event), _) => coalescer.push(event),
                (None, _) => {}
            }
            self.tell(id, &mut coalescer, false);
            if unwritten.is_any() && failed.is_none() && written.elapsed() >= BETWEEN_WRITES {
                written = Instant::now();
                if let Err(error) = std::mem::take(&mut unwritten).write(id, chats, made) {
                    cancel.cancel();
                    failed = Some(error);
                }
            }
        })?;
        self.tell(id, &mut coalescer, true);
        failed.map_or(Ok(answer), |error| Err(error.into()))
    }

    /// Writes words of the program's own into an answer.
    pub(super) fn write_piece(
        &self,
        work: &Work,
        made: &mut Made,
        piece: &str,
    ) -> Result<(), AppError> {
        self.write(work.id, made, piece);
        self.answer_grows(work.id, piece);
        Ok(work.chats.write(work.id, &made.text)?)
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

    /// A picture of a question as the model takes it. What was read of all of it is handed on.
    pub(super) fn viewed(
        &self,
        picture: &Attachment,
        conversation: &Conversation,
    ) -> Result<Arc<ViewedPicture>, AppError> {
        let viewed = conversation.attached(picture, &self.pictures_with(&picture.picture))?;
        if picture.region.is_none() && picture.turn == 0 {
            conversation.knows_text(&viewed, || self.known_reading(&picture.picture));
        }
        Ok(viewed)
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
        // What was said of many pages may be more than fits: then the summary of it stands for it.
        let most = conversation.model().context();
        let is_long = |at: usize| path[at].by == AnswerBy::Pages && path[at].text.len() > most;
        let is_summed_up = |at: usize| {
            let summary = path.get(at + 2).filter(|summary| summary.by == AnswerBy::Summary);
            is_long(at) && summary.is_some_and(|summary| !summary.text.is_empty())
        };
        for (i, message) in path.iter().enumerate() {
            if is_summed_up(i) || i.checked_sub(1).is_some_and(is_summed_up) {
                continue;
            }
            // What was asked page by page is in the answer; all its pages at once fit nowhere.
            let is_by_pages = path.get(i + 1).is_some_and(|answer| answer.by == AnswerBy::Pages);
            if !message.is_model && is_by_pages {
                conversation.add_question(&mut chat, [], &message.text);
            } else if !message.is_model {
                let attached = |picture: &Attachment| self.viewed(picture, conversation);
                let pictures: Result<Vec<_>, AppError> =
                    message.pictures.iter().map(attached).collect();
                conversation.add_question(
                    &mut chat,
                    pictures?.iter().map(AsRef::as_ref),
                    &message.text,
                );
            } else if !message.text.is_empty() {
                // One that was stopped before its first word says nothing.
                chat.answered(match message.by {
                    AnswerBy::Summary => self.summary_in(&message.text),
                    _ => &message.text,
                });
            }
        }
        Ok(chat)
    }
}
