//! Makes one answer: from the stored chat to the engine, and what comes back to the disk.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use lorgnette_engine::{Chat, EngineError, PreparedPicture, Role, Turn, TurnPart};
use lorgnette_image::ImageConfig;

use super::coalesce::Coalescer;
use super::{Inner, Job, Notice, Progress, Wanted, lock, panic_fault, prepare, state};
use crate::chats::{Attachment, End, Message, MessageId};
use crate::error::{AppError, Fault};
use crate::open::OpenModel;
use crate::speed::Meter;
use crate::{Answer, AnswerEvent, Cancel, StopReason, Timings, cost, offers};

/// What is written is kept that often.
const BETWEEN_WRITES: Duration = Duration::from_millis(400);
/// A wish to stop is looked for at least that often while a preparation is waited for.
const BETWEEN_LOOKS: Duration = Duration::from_millis(50);
/// Prepared pictures that are remembered: 12 MiB each at full size.
const MAX_PREPARED: usize = 8;

/// What an answer has become, also when it went wrong half-way.
#[derive(Default)]
struct Made {
    text: String,
    model: Option<String>,
    timings: Option<Timings>,
}

impl Inner {
    /// Makes an answer from beginning to end, and tells the run.
    pub(super) fn answer(self: &Arc<Self>, id: MessageId) {
        let mut made = Made::default();
        // The listener may be told that it waits while the answer is made: it stays in its place.
        let what = lock(&self.jobs)
            .get_mut(&id)
            .map(|job| (job.cancel.clone(), job.preparation.take(), job.wanted));
        let end = match what {
            Some((cancel, preparation, wanted)) => {
                let make = || self.make(id, &cancel, preparation.as_ref(), wanted, &mut made);
                match catch_unwind(AssertUnwindSafe(make)) {
                    Ok(Ok(end)) => end,
                    Ok(Err(error)) => End::Failed(error.into()),
                    Err(panic) => End::Failed(panic_fault(panic.as_ref())),
                }
            }
            None => End::Stopped,
        };
        self.aloud_ended(id);
        self.ended(id, &made.text, &end, made.model.as_deref(), made.timings.as_ref());
        self.happened(state::Event::AnswerEnded(id));
    }

    /// Keeps an answer that has ended, and tells of it.
    pub(super) fn ended(
        &self,
        id: MessageId,
        text: &str,
        end: &End,
        model: Option<&str>,
        timings: Option<&Timings>,
    ) {
        let kept = self.chats.end_answer(id, text, end, model, timings);
        let mut message = self.chats.message(id);
        if let (Err(error), Ok(message)) = (kept, &mut message) {
            // It is still on the screen, to be copied from there.
            text.clone_into(&mut message.text);
            message.end = Some(End::Failed(Fault::from(&error)));
        }
        let job = lock(&self.jobs).remove(&id);
        if let (Some(mut job), Ok(message)) = (job, message) {
            (job.listener)(Progress::Ended(Box::new(message)));
        }
        (self.notify)(Notice::Chats);
        if lock(&self.jobs).is_empty() {
            self.no_jobs.notify_all();
        }
    }

    fn make(
        self: &Arc<Self>,
        id: MessageId,
        cancel: &Cancel,
        preparation: Option<&prepare::Key>,
        wanted: Wanted,
        made: &mut Made,
    ) -> Result<End, AppError> {
        let stopped = || AppError::from(EngineError::Stopped);
        let model = lock(&self.model).clone().ok_or_else(stopped)?;
        made.model = Some(offers::name(&offers::id(&model)));
        let mut path = self.chats.path_to(id)?;
        let answer = path.pop().ok_or_else(stopped)?;
        if wanted.is_continued {
            made.text.clone_from(&answer.text);
        }
        self.stop_check();
        self.aloud_begins(id, &made.text, wanted.aloud);
        let mut coalescer = Coalescer::new();
        let mut meter = Meter::default();
        let preparation = self.take_preparation(preparation);
        if let Some(question) = path.last().filter(|_| preparation.is_none()) {
            self.aloud_wait(question);
        }
        if let Some(prepared) = preparation {
            loop {
                match prepared.events.recv_timeout(BETWEEN_LOOKS) {
                    Ok(event) => {
                        coalescer.push(event);
                        self.tell(id, &mut coalescer, false);
                    }
                    Err(RecvTimeoutError::Timeout) => {}
                    Err(RecvTimeoutError::Disconnected) => break,
                }
                if cancel.is_cancelled() {
                    prepared.cancel.cancel();
                }
            }
        }
        if cancel.is_cancelled() {
            return Ok(End::Stopped);
        }
        let mut chat = self.chat_for_engine(&path, &model)?;
        if !made.text.is_empty() {
            chat.answered(&made.text);
        }
        let mut options = lock(&self.settings).answer_options();
        options.max_tokens = options.max_tokens.min(wanted.max_tokens.unwrap_or(usize::MAX));
        let (sender, events) = mpsc::channel();
        let result = model.engine.answer(chat, options, cancel.clone(), move |event| {
            // Gone only when this thread has panicked.
            let _ = sender.send(event);
        });
        let mut written = Instant::now();
        let mut unwritten = false;
        // Ends when the engine drops the sender, which is when the answer has ended.
        loop {
            let wait = coalescer.due_in(Instant::now()).unwrap_or(BETWEEN_WRITES);
            match events.recv_timeout(wait.min(BETWEEN_WRITES)) {
                Ok(event) => {
                    meter.push(&event, Instant::now());
                    if let AnswerEvent::Text(piece) = &event {
                        made.text.push_str(piece);
                        self.aloud_text(id, piece);
                        unwritten = true;
                    }
                    coalescer.push(event);
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            self.tell(id, &mut coalescer, false);
            if unwritten && written.elapsed() >= BETWEEN_WRITES {
                self.chats.write(id, &made.text)?;
                (written, unwritten) = (Instant::now(), false);
            }
        }
        self.tell(id, &mut coalescer, true);
        let answer: Answer = result.recv().unwrap_or(Err(EngineError::Stopped))?;
        self.measured(&model, &path, &meter, &answer);
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
            if let Some(Job { listener, .. }) = lock(&self.jobs).get_mut(&id) {
                listener(progress);
            }
        }
    }

    /// The messages as the engine takes them, after the person's instructions.
    pub(super) fn chat_for_engine(
        &self,
        path: &[Message],
        model: &OpenModel,
    ) -> Result<Chat, AppError> {
        let mut chat = Chat::default();
        let instructions = lock(&self.settings).instructions.trim().to_owned();
        if !instructions.is_empty() {
            chat.turns.push(Turn { role: Role::System, parts: vec![TurnPart::Text(instructions)] });
        }
        for message in path {
            if message.is_model {
                // One that was stopped before its first word says nothing.
                if !message.text.is_empty() {
                    chat.answered(&message.text);
                }
            } else {
                let pictures = message.pictures.iter().map(|picture| self.prepared(picture, model));
                let pictures: Vec<_> = pictures.collect::<Result<_, AppError>>()?;
                chat.ask(pictures, &message.text);
            }
        }
        Ok(chat)
    }

    /// A picture as the model takes it.
    pub(super) fn prepared(
        &self,
        attachment: &Attachment,
        model: &OpenModel,
    ) -> Result<Arc<PreparedPicture>, AppError> {
        let config: ImageConfig = model.image_config(attachment.max_side)?;
        let known = lock(&self.prepared)
            .iter()
            .find(|(known, of, _)| known == attachment && *of == config)
            .map(|(_, _, picture)| Arc::clone(picture));
        if let Some(picture) = known {
            return Ok(picture);
        }
        let name = attachment.name.clone();
        let pixels = self.pictures.view(attachment)?.prepare(&config);
        let pixels = pixels.map_err(|source| AppError::Picture { name: name.clone(), source })?;
        let picture = PreparedPicture::new(name, pixels);
        let mut prepared = lock(&self.prepared);
        if prepared.len() == MAX_PREPARED {
            prepared.remove(0);
        }
        prepared.push((attachment.clone(), config, Arc::clone(&picture)));
        Ok(picture)
    }

    /// Remembers how fast this was.
    fn measured(&self, model: &OpenModel, path: &[Message], meter: &Meter, answer: &Answer) {
        let costs = path.last().map(|question| {
            question.pictures.iter().filter_map(|picture| {
                let config = model.image_config(picture.max_side).ok()?;
                let info = self.chats.picture(&picture.picture).ok()?;
                let size = crate::picture_store::viewed_size(&info, picture.region, picture.turn);
                cost::of_picture(size, &config, &model.config)
            })
        });
        let costs: Vec<_> = costs.into_iter().flatten().collect();
        // Which pictures were encoded is known when all new ones were, and no others.
        let encode_flop = (costs.len() == answer.timings.n_encoded_pictures)
            .then(|| costs.iter().map(|cost| cost.encode_flop).sum());
        let mut speeds = lock(&self.speeds);
        speeds.learn(&offers::id(model), meter, encode_flop, &answer.timings);
    }
}
