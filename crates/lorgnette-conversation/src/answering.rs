//! An answer, by the engine of this machine or by a server. What is told is the same.

use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use lorgnette_engine::{Answer, AnswerEvent, AnswerOptions, AnswersEvent, Chat, EngineError};
use lorgnette_interrupt::Cancel;
use lorgnette_models::speed::Meter;
use lorgnette_models::{LocalModel, OpenModel, RemoteError};

use crate::conversation::{Conversation, lock};
use crate::error::ConversationError;

/// While an answer is made, its listener is called at least this often.
const TICK: Duration = Duration::from_millis(10);

impl Conversation {
    /// Answers the chat's last question in the model's own words.
    pub(crate) fn streamed_answer(
        &self,
        chat: Chat,
        options: AnswerOptions,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswerEvent>),
    ) -> Result<Answer, ConversationError> {
        match &self.model {
            OpenModel::Local(model) => self.engine_answer(model, chat, options, cancel, on_event),
            OpenModel::Remote { model, .. } => {
                let (sender, events) = mpsc::channel();
                let answer = model.answer(&chat, &options, cancel.clone(), to(sender));
                drain(&events, on_event);
                Ok(answer.recv().unwrap_or_else(|_| Err(given_up()))?)
            }
        }
    }

    fn engine_answer(
        &self,
        model: &LocalModel,
        chat: Chat,
        options: AnswerOptions,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswerEvent>),
    ) -> Result<Answer, ConversationError> {
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
        let encode_flops = self.encode_flops(&chat);
        let mut meter = Meter::default();
        let (sender, events) = mpsc::channel();
        let answer = model.engine.answer(chat, options, cancel.clone(), to(sender));
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
        self.speeds.learn(model, &meter, encode_flop, &answer.timings);
        Ok(answer)
    }

    /// Answers it several times, from one reading or in several requests at the same time.
    pub(crate) fn answer_together(
        &self,
        chat: Chat,
        options: Vec<AnswerOptions>,
        cancel: &Cancel,
        on_event: &mut dyn FnMut(Option<AnswersEvent>),
    ) -> Result<Vec<Answer>, ConversationError> {
        self.stop_preparing();
        let (sender, events) = mpsc::channel();
        match &self.model {
            OpenModel::Local(model) => {
                let answers = model.engine.answers(chat, options, cancel.clone(), to(sender));
                drain(&events, on_event);
                Ok(answers.recv().unwrap_or(Err(EngineError::Stopped))?)
            }
            OpenModel::Remote { model, .. } => {
                let answers = model.answers(&chat, &options, cancel.clone(), to(sender));
                drain(&events, on_event);
                Ok(answers.recv().unwrap_or_else(|_| Err(given_up()))?)
            }
        }
    }
}

/// Sends events to the thread that waits for them.
fn to<T>(sender: mpsc::Sender<T>) -> impl FnMut(T) {
    move |event| {
        // The receiver is gone only when that thread has panicked.
        let _ = sender.send(event);
    }
}

/// The error of a request whose thread is gone.
fn given_up() -> RemoteError {
    RemoteError::Client { reason: "its thread was shut down".into() }
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
