//! The thread that owns the machine: takes one event after the other, carries out the effects.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Weak};
use std::time::Instant;

use super::coalesce::BETWEEN_STEPS;
use super::machine::{self, AnswerId, Effect, Event, ModelState};
use super::notice::{Notice, Progress};
use super::{Inner, Model, background, lock, panic_fault};
use crate::conversation::Conversation;
use crate::error::AppError;

/// Starts the thread, which ends with the program.
pub(super) fn start(inner: &Arc<Inner>, inbox: Receiver<Event<Model>>) {
    let weak = Arc::downgrade(inner);
    background::spawn("coordinator", move || {
        for event in inbox {
            let Some(inner) = Weak::upgrade(&weak) else { return };
            handle(&inner, event);
        }
    });
}

fn handle(inner: &Arc<Inner>, event: Event<Model>) {
    let is_of_model = matches!(event, Event::Loaded(_) | Event::LoadFailed(_));
    let (effects, waiting, state) = {
        let mut machine = lock(&inner.machine);
        let (after, effects) = machine::step(std::mem::take(&mut machine), event);
        *machine = after;
        (effects, machine.waiting.clone(), machine.state.clone())
    };
    for effect in effects {
        match effect {
            Effect::Load { replaces } => load(inner, replaces),
            Effect::Release(model) => release(inner, model),
            Effect::Answer(AnswerId::Chat(answer), model) => {
                let inner = Arc::clone(inner);
                background::spawn("answer", move || inner.answer(answer, model));
            }
            Effect::Answer(AnswerId::Loan(loan), model) => inner.loans.begin(loan, model),
            Effect::Cancel(AnswerId::Chat(answer)) => inner.jobs.cancel(answer),
            // Who borrowed it knows.
            Effect::Cancel(AnswerId::Loan(_)) => {}
            Effect::End(AnswerId::Chat(answer), fault) => inner.end_unbegun(answer, fault),
            Effect::End(AnswerId::Loan(loan), fault) => inner.loans.end(loan, fault),
        }
    }
    for (place, answer) in waiting.iter().enumerate() {
        let progress = match state {
            ModelState::Loading { done_bytes, total_bytes } if place == 0 => {
                Progress::Loading { done_bytes, total_bytes }
            }
            ModelState::Loading { .. } => Progress::Queued { n_before: place },
            ModelState::Answering { .. } => Progress::Queued { n_before: place + 1 },
            ModelState::NoModel | ModelState::Ready(_) | ModelState::Failed(_) => continue,
        };
        if let AnswerId::Chat(answer) = answer {
            inner.jobs.tell(*answer, progress);
        }
    }
    if is_of_model {
        // The list says which model is in memory.
        (inner.notify)(Notice::Models);
    }
    inner.tell_status();
    if let ModelState::Ready(model) = &state {
        inner.prepare_what_waits(model);
    }
}

fn load(inner: &Arc<Inner>, replaces: Option<Model>) {
    inner.prepare_later();
    let inner = Arc::clone(inner);
    background::spawn("load", move || {
        // The engine's thread comes of this one.
        background::step_back();
        drop(replaces);
        let mut options = lock(&inner.settings).open_options();
        options.config = Some(inner.folders.config.clone());
        let mut told = Instant::now();
        let mut progress = |done_bytes, total_bytes| {
            if told.elapsed() >= BETWEEN_STEPS {
                told = Instant::now();
                inner.happened(Event::LoadProgress { done_bytes, total_bytes });
            }
        };
        let cache = Some(inner.folders.cache.as_path());
        let open = || Conversation::open(&options, cache, Arc::clone(&inner.speeds), &mut progress);
        let opened = catch_unwind(AssertUnwindSafe(open));
        inner.happened(match opened {
            Ok(Ok(conversation)) => {
                // So that the first question to a large model has a wait that can be said.
                conversation.calibrate();
                Event::Loaded(Arc::new(conversation))
            }
            Ok(Err(error)) => Event::LoadFailed(AppError::from(error).into()),
            Err(panic) => Event::LoadFailed(panic_fault(panic.as_ref())),
        });
    });
}

fn release(inner: &Arc<Inner>, model: Model) {
    inner.prepare_later();
    let inner = Arc::clone(inner);
    // Waits for the engine's thread.
    background::spawn("release", move || {
        drop(model);
        (inner.notify)(Notice::Models);
        inner.tell_status();
    });
}
