//! Has pictures prepared while the question about them is still written.

use std::sync::{Arc, Mutex};
use std::time::Instant;

use super::background::spawn;
use super::coalesce::BETWEEN_STEPS;
use super::machine::ModelState;
use super::notice::Notice;
use super::{App, Inner, lock};
use crate::Cancel;
use crate::chats::{Attachment, MessageId};
use crate::conversation::{Conversation, ConversationError, Preparation};
use crate::error::AppError;

/// What the question will go on from, and its pictures.
type Key = (Option<MessageId>, Vec<Attachment>);

/// What is prepared, and what waits for the model to be there and free.
#[derive(Default)]
pub(super) struct Preparations(Mutex<State>);

#[derive(Default)]
struct State {
    /// Begun, and perhaps ended; cancelled until the engine has it.
    begun: Option<(Key, Cancel)>,
    waiting: Option<Key>,
    /// The engine is at work on it.
    is_running: bool,
}

impl App {
    /// Prepares pictures before there is a question about them; none: stops preparing.
    pub fn prepare(&self, leaf: Option<MessageId>, pictures: Vec<Attachment>) {
        let inner = &self.0;
        let key = (leaf, pictures);
        let is_wanted = !key.1.is_empty() && lock(&inner.settings).prepare_while_typing;
        {
            let mut state = lock(&inner.preparations.0);
            if is_wanted && state.begun.as_ref().is_some_and(|(begun, _)| *begun == key) {
                return;
            }
            state.waiting = is_wanted.then_some(key);
        }
        inner.stop_preparing();
        let free = match &lock(&inner.machine).state {
            ModelState::Ready(conversation) => Some(Arc::clone(conversation)),
            ModelState::NoModel
            | ModelState::Loading { .. }
            | ModelState::Answering { .. }
            | ModelState::Failed(_) => None,
        };
        if let Some(conversation) = free {
            inner.prepare_what_waits(&conversation);
        }
    }
}

impl Inner {
    /// Whether pictures were prepared, or are being, that nobody has asked about yet.
    pub(super) fn has_prepared(&self) -> bool {
        lock(&self.preparations.0).begun.is_some()
    }

    /// Whether pictures are being prepared.
    pub(super) fn is_preparing(&self) -> bool {
        lock(&self.preparations.0).is_running
    }

    /// Begins what was wanted while the model was not there or not free.
    pub(super) fn prepare_what_waits(self: &Arc<Self>, conversation: &Arc<Conversation>) {
        let cancel = Cancel::default();
        let key = {
            let mut state = lock(&self.preparations.0);
            let Some(key) = state.waiting.take() else { return };
            state.begun = Some((key.clone(), cancel.clone()));
            key
        };
        let (inner, conversation) = (Arc::clone(self), Arc::clone(conversation));
        // Pictures are decoded first, which takes longer than a person should wait.
        spawn("prepare", move || {
            // What fails here fails again when it is asked about, and is told then.
            let _ = inner.begin_preparing(&key, &conversation, &cancel);
        });
    }

    fn begin_preparing(
        self: &Arc<Self>,
        (leaf, pictures): &Key,
        conversation: &Conversation,
        cancel: &Cancel,
    ) -> Result<(), AppError> {
        let path = match *leaf {
            Some(leaf) => self.chats_of(leaf)?.path_to(leaf)?,
            None => Vec::new(),
        };
        let mut chat = self.chat_for_engine(&path, conversation)?;
        let attached = |picture: &Attachment| {
            conversation.attached(picture, &self.pictures_with(&picture.picture))
        };
        let pictures: Result<Vec<_>, ConversationError> = pictures.iter().map(attached).collect();
        conversation.add_question(&mut chat, pictures?.iter().map(AsRef::as_ref), "");
        let inner = Arc::clone(self);
        let mut told = None::<Instant>;
        // Under the lock, so that who cancels knows whether the engine has it.
        let mut state = lock(&self.preparations.0);
        if !cancel.is_cancelled() {
            state.is_running = true;
            conversation.prepare(chat, move |preparation| {
                let is_step = !matches!(preparation, Preparation::Ready | Preparation::Idle);
                if !is_step {
                    lock(&inner.preparations.0).is_running = false;
                }
                if !is_step || told.is_none_or(|told| told.elapsed() >= BETWEEN_STEPS) {
                    told = Some(Instant::now());
                    (inner.notify)(Notice::Preparation(preparation));
                }
            });
        }
        Ok(())
    }

    /// An answer begins: what is prepared is its own, or of no use any longer.
    pub(super) fn preparations_are_over(&self) {
        {
            let mut state = lock(&self.preparations.0);
            state.waiting = None;
            state.is_running = false;
            if let Some((_, cancel)) = state.begun.take() {
                cancel.cancel();
            }
        }
        (self.notify)(Notice::Preparation(Preparation::Idle));
    }

    /// Stops preparing because the model goes; it is wanted of the next one.
    pub(super) fn prepare_later(&self) {
        let begun = lock(&self.preparations.0).begun.as_ref().map(|(key, _)| key.clone());
        self.stop_preparing();
        if let Some(key) = begun {
            lock(&self.preparations.0).waiting.get_or_insert(key);
        }
    }

    fn stop_preparing(&self) {
        {
            let mut state = lock(&self.preparations.0);
            state.is_running = false;
            if let Some((_, cancel)) = state.begun.take() {
                cancel.cancel();
            }
        }
        if let Some(conversation) = lock(&self.machine).model() {
            conversation.stop_preparing();
        }
        (self.notify)(Notice::Preparation(Preparation::Idle));
    }
}
