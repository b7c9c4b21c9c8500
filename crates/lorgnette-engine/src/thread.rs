//! The one thread that owns the network. Others send it requests and hold a [`Cancel`].

use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::thread::JoinHandle;

use lorgnette_interrupt::{Cancel, Interrupted};

use crate::chat::Chat;
use crate::error::EngineError;
use crate::event::{Answer, AnswerEvent, AnswersEvent};
use crate::generator::{AnswerOptions, Generator};

/// Work for the generator: a request, or anything else.
type Job = Box<dyn FnOnce(&mut Generator) + Send>;

/// Hands requests to the thread, one after the other. A drop waits until the thread has finished the
/// request in hand, so that one cancels it first.
pub struct Engine {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    /// Gives the generator to a thread of its own.
    ///
    /// # Panics
    /// When the system has no thread to give.
    pub fn start(mut generator: Generator) -> Self {
        let (jobs, inbox) = mpsc::channel::<Job>();
        let work = move || {
            for job in inbox {
                job(&mut generator);
            }
        };
        let thread = std::thread::Builder::new().name("engine".into()).spawn(work);
        Self { jobs: Some(jobs), thread: Some(thread.expect("a thread for the engine")) }
    }

    /// Asks for an answer. Events come on the engine's thread, the finished answer to the receiver.
    pub fn answer(
        &self,
        chat: Chat,
        options: AnswerOptions,
        cancel: Cancel,
        mut emit: impl FnMut(AnswerEvent) + Send + 'static,
    ) -> mpsc::Receiver<Result<Answer, EngineError>> {
        self.with(move |generator| generator.answer(&chat, &options, &cancel, &mut emit))
    }

    /// Asks for several answers to one question, as [`Generator::answers`] gives them.
    pub fn answers(
        &self,
        chat: Chat,
        options: Vec<AnswerOptions>,
        cancel: Cancel,
        mut emit: impl FnMut(AnswersEvent) + Send + 'static,
    ) -> mpsc::Receiver<Result<Vec<Answer>, EngineError>> {
        self.with(move |generator| generator.answers(&chat, &options, &cancel, &mut emit))
    }

    /// Encodes the pictures and reads what a chat holds so far, while the person still writes. An
    /// answer that is asked for meanwhile waits for it, and then reads only the question.
    pub fn prepare(
        &self,
        chat: Chat,
        cancel: Cancel,
        mut emit: impl FnMut(AnswerEvent) + Send + 'static,
    ) -> mpsc::Receiver<Result<(), Interrupted<EngineError>>> {
        self.send(move |generator| generator.prepare(&chat, &cancel, &mut emit))
    }

    /// Does any other work with the generator, when its turn comes. After a panic, which becomes an
    /// error, the generator forgets what it had read, for nobody knows what state that is in.
    pub fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Generator) -> Result<T, EngineError> + Send + 'static,
    ) -> mpsc::Receiver<Result<T, EngineError>> {
        self.send(work)
    }

    fn send<T: Send + 'static, E: From<EngineError> + Send + 'static>(
        &self,
        work: impl FnOnce(&mut Generator) -> Result<T, E> + Send + 'static,
    ) -> mpsc::Receiver<Result<T, E>> {
        let (to_caller, result) = mpsc::channel();
        let job = move |generator: &mut Generator| {
            let outcome = catch_unwind(AssertUnwindSafe(|| work(generator)));
            let outcome = outcome.unwrap_or_else(|panic| {
                generator.forget();
                let message = panic_message(panic.as_ref());
                Err(EngineError::Panicked { message }.into())
            });
            // A caller that has gone does not want to know.
            let _ = to_caller.send(outcome);
        };
        if let Some(jobs) = &self.jobs {
            // The thread lives as long as this handle; were it gone, the receiver would say so.
            let _ = jobs.send(Box::new(job));
        }
        result
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What a panic said, as far as it said it in words.
pub fn panic_message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().copied();
    let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
    text.unwrap_or("unknown reason").to_owned()
}
