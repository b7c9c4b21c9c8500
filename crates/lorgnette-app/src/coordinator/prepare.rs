//! Looks at pictures while the question about them is still written.

use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use super::run::spawn;
use super::{Inner, Notice, Preparation, lock};
use crate::chats::{Attachment, MessageId};
use crate::coordinator::state::State;
use crate::error::AppError;
use crate::{AnswerEvent, Cancel};

/// What the question will go on from, and its pictures.
pub(super) type Key = (Option<MessageId>, Vec<Attachment>);

/// Between two things that are told.
const BETWEEN: Duration = Duration::from_millis(100);

/// What is prepared, and what is to be when the model is there.
#[derive(Default)]
pub(super) struct Preparing {
    running: Option<Running>,
    wanted: Option<Key>,
}

/// A preparation that was begun; it may have ended.
pub(super) struct Running {
    key: Key,
    pub(super) cancel: Cancel,
    /// Ends when it has ended.
    pub(super) events: Receiver<AnswerEvent>,
}

impl Inner {
    /// Whether pictures were prepared, or are being, that nobody has asked about yet.
    pub(super) fn has_prepared(&self) -> bool {
        lock(&self.preparing).running.is_some()
    }

    /// Begins to look at the pictures, unless that is done already. Without any, stops.
    pub(super) fn prepare(self: &Arc<Self>, leaf: Option<MessageId>, pictures: Vec<Attachment>) {
        let key = (leaf, pictures);
        let is_wanted = !key.1.is_empty() && lock(&self.settings).prepare_while_typing;
        {
            let mut preparing = lock(&self.preparing);
            if is_wanted && preparing.running.as_ref().is_some_and(|running| running.key == key) {
                return;
            }
            preparing.wanted = is_wanted.then_some(key);
        }
        self.stop_running();
        (self.notify)(Notice::Preparation(Preparation::Idle));
        if is_wanted && lock(&self.coordinator).state == State::Ready {
            self.prepare_what_waits();
        }
    }

    /// Begins what was wanted while the model was not there or not free.
    pub(super) fn prepare_what_waits(self: &Arc<Self>) {
        let Some(key) = lock(&self.preparing).wanted.take() else { return };
        let (sender, events) = mpsc::channel();
        let cancel = Cancel::default();
        let running = Running { key: key.clone(), cancel: cancel.clone(), events };
        lock(&self.preparing).running = Some(running);
        let inner = Arc::clone(self);
        spawn("prepare", move || {
            let told = inner.look(&key, &cancel, sender);
            // What goes wrong here goes wrong again when it is asked about, and is told then.
            let is_ready = told.unwrap_or(false) && !cancel.is_cancelled();
            if is_ready {
                (inner.notify)(Notice::Preparation(Preparation::Ready));
            } else if !cancel.is_cancelled() {
                (inner.notify)(Notice::Preparation(Preparation::Idle));
            }
        });
    }

    /// True when all was read.
    fn look(
        &self,
        (leaf, pictures): &Key,
        cancel: &Cancel,
        to_answer: mpsc::Sender<AnswerEvent>,
    ) -> Result<bool, AppError> {
        let Some(model) = lock(&self.model).clone() else { return Ok(false) };
        let path = leaf.map_or_else(|| Ok(Vec::new()), |leaf| self.chats.path_to(leaf))?;
        let mut chat = self.chat_for_engine(&path, &model)?;
        let pictures = pictures.iter().map(|picture| self.prepared(picture, &model));
        let pictures: Vec<_> = pictures.collect::<Result<_, AppError>>()?;
        if cancel.is_cancelled() {
            return Ok(false);
        }
        chat.ask(pictures, "");
        let (sender, events) = mpsc::channel();
        let result = model.engine.prepare(chat, cancel.clone(), move |event: AnswerEvent| {
            let _ = sender.send(event.clone());
            let _ = to_answer.send(event);
        });
        let mut told = None::<Instant>;
        for event in events {
            if cancel.is_cancelled() || told.is_some_and(|told| told.elapsed() < BETWEEN) {
                continue;
            }
            told = Some(Instant::now());
            let preparation = match event {
                AnswerEvent::Encode { picture, n_pictures, done, total } => {
                    Preparation::Encode { done: picture * total + done, total: n_pictures * total }
                }
                AnswerEvent::Prefill { done_tokens, total_tokens, .. } => {
                    Preparation::Prefill { done_tokens, total_tokens }
                }
                AnswerEvent::Text(_) => continue,
            };
            (self.notify)(Notice::Preparation(preparation));
        }
        Ok(result.recv().is_ok_and(|read| read.unwrap_or(false)))
    }

    /// The preparation of this question, to be waited for; any other is stopped.
    pub(super) fn take_preparation(&self, key: Option<&Key>) -> Option<Running> {
        let running = {
            let mut preparing = lock(&self.preparing);
            preparing.wanted = None;
            preparing.running.take()
        };
        (self.notify)(Notice::Preparation(Preparation::Idle));
        match running {
            Some(running) if Some(&running.key) == key => Some(running),
            Some(running) => {
                running.cancel.cancel();
                None
            }
            None => None,
        }
    }

    /// Stops a preparation, because its model goes; what it was for is wanted still.
    pub(super) fn stop_preparing(&self) {
        if let Some(key) = self.stop_running() {
            lock(&self.preparing).wanted.get_or_insert(key);
            (self.notify)(Notice::Preparation(Preparation::Idle));
        }
    }

    fn stop_running(&self) -> Option<Key> {
        let running = lock(&self.preparing).running.take()?;
        running.cancel.cancel();
        Some(running.key)
    }
}
