//! Carries out what the life of the program asks for, one thing after the other.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use super::{Inner, Notice, Progress, background, lock, panic_fault};
use crate::chats::{End, MessageId};
use crate::coordinator::state::{self, Effect, Event, State};
use crate::error::Fault;

/// Loading is told that often.
const BETWEEN_PROGRESS: Duration = Duration::from_millis(50);

/// What the encoder made of pictures takes so much on disk at the most: some sixty of full size.
const SEEN_BYTES: u64 = 1 << 30;

/// Starts the run's thread, which ends with the program.
pub(super) fn start(inner: &Arc<Inner>, inbox: Receiver<Event>) {
    let weak = Arc::downgrade(inner);
    spawn("run", move || {
        for event in inbox {
            let Some(inner) = Weak::upgrade(&weak) else { return };
            handle(&inner, event);
        }
    });
}

fn handle(inner: &Arc<Inner>, event: Event) {
    let (effects, waiting, state) = {
        let mut coordinator = lock(&inner.coordinator);
        let (after, effects) = state::step(std::mem::take(&mut coordinator), event);
        *coordinator = after;
        (effects, coordinator.waiting.clone(), coordinator.state.clone())
    };
    for effect in effects {
        match effect {
            Effect::Load => load(inner),
            Effect::Release => release(inner),
            Effect::Answer(answer) => {
                let inner = Arc::clone(inner);
                spawn("answer", move || inner.answer(answer));
            }
            Effect::Cancel(answer) => {
                if let Some(job) = lock(&inner.jobs).get(&answer) {
                    job.cancel.cancel();
                }
            }
            Effect::End(answer, fault) => end(inner, answer, fault),
        }
    }
    for (place, answer) in waiting.iter().enumerate() {
        let progress = match &state {
            State::Loading { done_bytes, total_bytes } if place == 0 => {
                Progress::Loading { done_bytes: *done_bytes, total_bytes: *total_bytes }
            }
            State::Loading { .. } => Progress::Queued { n_before: place },
            State::Answering { .. } => Progress::Queued { n_before: place + 1 },
            State::NoModel | State::Fetching { .. } | State::Ready | State::Failed(_) => continue,
        };
        if let Some(job) = lock(&inner.jobs).get_mut(answer) {
            (job.listener)(progress);
        }
    }
    (inner.notify)(Notice::Status(Box::new(inner.status())));
    if state == State::Ready {
        inner.prepare_what_waits();
    }
}

fn load(inner: &Arc<Inner>) {
    inner.stop_preparing();
    let inner = Arc::clone(inner);
    spawn("load", move || {
        // The engine's thread comes of this one.
        background::step_back();
        // Both at once may be more than there is memory for.
        drop(lock(&inner.model).take());
        lock(&inner.prepared).clear();
        let options = lock(&inner.settings).open_options();
        let mut told = Instant::now();
        let mut progress = |done_bytes, total_bytes| {
            if told.elapsed() >= BETWEEN_PROGRESS {
                told = Instant::now();
                inner.happened(Event::LoadProgress { done_bytes, total_bytes });
            }
        };
        let opened = catch_unwind(AssertUnwindSafe(|| options.open(&mut progress)));
        inner.happened(match opened {
            Ok(Ok(model)) => {
                let folder = inner.seen_folder();
                // A receiver is for those who wait for it.
                drop(model.engine.with(move |generator| {
                    generator.set_encoder_cache_folder(&folder, SEEN_BYTES);
                    Ok(())
                }));
                inner.expect_of(&model);
                *lock(&inner.model) = Some(Arc::new(model));
                (inner.notify)(Notice::Models);
                Event::Loaded
            }
            Ok(Err(error)) => Event::LoadFailed(error.into()),
            Err(panic) => Event::LoadFailed(panic_fault(panic.as_ref())),
        });
    });
}

fn release(inner: &Arc<Inner>) {
    inner.stop_preparing();
    let model = lock(&inner.model).take();
    lock(&inner.prepared).clear();
    let inner = Arc::clone(inner);
    // Waits for the engine's thread.
    spawn("release", move || {
        drop(model);
        (inner.notify)(Notice::Models);
        (inner.notify)(Notice::Status(Box::new(inner.status())));
    });
}

/// Ends an answer that was never begun.
fn end(inner: &Inner, answer: MessageId, fault: Option<Fault>) {
    let end = fault.map_or(End::Stopped, End::Failed);
    let text = inner.chats.message(answer).map(|message| message.text).unwrap_or_default();
    inner.ended(answer, &text, &end, None, None);
}

pub(super) fn spawn(name: &str, work: impl FnOnce() + Send + 'static) {
    let thread = std::thread::Builder::new().name(name.into()).spawn(work);
    // A system without a thread to give has no way left to tell it either.
    drop(thread.expect("a thread"));
}
