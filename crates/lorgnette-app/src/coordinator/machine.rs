//! Whether a model is there, and which answer it makes: one pure step, from events to effects.
//!
//! The thread in `run` owns the machine and with it the model. What it does not own is the
//! downloads, which go on beside it.

use std::collections::VecDeque;

use super::loans::LoanId;
use crate::chats::MessageId;
use crate::error::Fault;

/// What the model is wanted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerId {
    /// An answer of a chat.
    Chat(MessageId),
    /// An answer for another program, to which the model is lent.
    Loan(LoanId),
}

/// Where the model `M` is; `A` names an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ModelState<M, A = AnswerId> {
    /// No model is in memory. A question loads one.
    NoModel,
    /// A model is read into memory.
    Loading {
        /// Bytes read so far.
        done_bytes: u64,
        /// Bytes of the whole model; 0 until that is known.
        total_bytes: u64,
    },
    /// The model waits for a question.
    Ready(M),
    /// The model makes an answer.
    Answering { model: M, answer: A },
    /// The model could not be loaded. A question tries again.
    Failed(Fault),
}

/// Something that happened to the model or to an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event<M, A = AnswerId> {
    /// A question waits for this answer.
    Ask(A),
    /// The person stops this answer.
    Stop(A),
    /// This answer has ended, in whichever way.
    AnswerEnded(A),
    /// A model shall be loaded, also in place of one that is there.
    Load,
    LoadProgress {
        done_bytes: u64,
        total_bytes: u64,
    },
    Loaded(M),
    LoadFailed(Fault),
    /// The model's memory is wanted back.
    Release,
}

/// What has to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect<M, A = AnswerId> {
    /// Drop the model that is replaced, then load the chosen one: memory may not hold both.
    Load {
        replaces: Option<M>,
    },
    Release(M),
    Answer(A, M),
    /// Cancel the answer that is being made; it will end.
    Cancel(A),
    /// End an answer that never began: as stopped, or with the fault that prevented it.
    End(A, Option<Fault>),
}

/// What happens to the model when it is free again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum NextForModel {
    #[default]
    Stay,
    Reload,
    Release,
}

/// The model's state, and the answers that wait for their turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Machine<M, A = AnswerId> {
    pub state: ModelState<M, A>,
    pub waiting: VecDeque<A>,
    next: NextForModel,
}

impl<M, A> Default for Machine<M, A> {
    fn default() -> Self {
        Self { state: ModelState::NoModel, waiting: VecDeque::new(), next: NextForModel::default() }
    }
}

impl<M, A> Machine<M, A> {
    /// The model that is in memory.
    pub fn model(&self) -> Option<&M> {
        match &self.state {
            ModelState::Ready(model) | ModelState::Answering { model, .. } => Some(model),
            ModelState::NoModel | ModelState::Loading { .. } | ModelState::Failed(_) => None,
        }
    }
}

/// The next state, and what has to be done. There is no `_` arm on [`ModelState`]: a new state is
/// thought through everywhere.
#[must_use]
pub fn step<M: Clone, A: Copy + PartialEq>(
    machine: Machine<M, A>,
    event: Event<M, A>,
) -> (Machine<M, A>, Vec<Effect<M, A>>) {
    let Machine { state, mut waiting, mut next } = machine;
    let (state, effects) = match event {
        Event::Ask(answer) => {
            waiting.push_back(answer);
            match state {
                ModelState::NoModel | ModelState::Failed(_) => load(None),
                ModelState::Ready(model) => free(model, &mut waiting, &mut next),
                ModelState::Loading { .. } | ModelState::Answering { .. } => (state, vec![]),
            }
        }
        Event::Stop(answer) => {
            if let Some(place) = waiting.iter().position(|waits| *waits == answer) {
                waiting.remove(place);
                (state, vec![Effect::End(answer, None)])
            } else {
                let effects = match &state {
                    ModelState::Answering { answer: current, .. } if *current == answer => {
                        vec![Effect::Cancel(answer)]
                    }
                    // It has ended meanwhile.
                    ModelState::NoModel
                    | ModelState::Loading { .. }
                    | ModelState::Ready(_)
                    | ModelState::Answering { .. }
                    | ModelState::Failed(_) => vec![],
                };
                (state, effects)
            }
        }
        Event::AnswerEnded(ended) => match state {
            ModelState::Answering { model, answer } if answer == ended => {
                free(model, &mut waiting, &mut next)
            }
            ModelState::NoModel
            | ModelState::Loading { .. }
            | ModelState::Ready(_)
            | ModelState::Answering { .. }
            | ModelState::Failed(_) => (state, vec![]),
        },
        Event::Load => match state {
            ModelState::NoModel | ModelState::Failed(_) => load(None),
            ModelState::Ready(model) => load(Some(model)),
            ModelState::Loading { .. } | ModelState::Answering { .. } => {
                next = NextForModel::Reload;
                (state, vec![])
            }
        },
        Event::LoadProgress { done_bytes, total_bytes } => match state {
            ModelState::Loading { .. } => (ModelState::Loading { done_bytes, total_bytes }, vec![]),
            ModelState::NoModel
            | ModelState::Ready(_)
            | ModelState::Answering { .. }
            | ModelState::Failed(_) => (state, vec![]),
        },
        Event::Loaded(loaded) => match state {
            ModelState::Loading { .. } => free(loaded, &mut waiting, &mut next),
            ModelState::NoModel
            | ModelState::Ready(_)
            | ModelState::Answering { .. }
            | ModelState::Failed(_) => (state, vec![Effect::Release(loaded)]),
        },
        Event::LoadFailed(fault) => match state {
            // Other settings were chosen meanwhile, which may do better.
            ModelState::Loading { .. } if next == NextForModel::Reload => {
                next = NextForModel::Stay;
                load(None)
            }
            ModelState::Loading { .. } => {
                next = NextForModel::Stay;
                let end = |answer| Effect::End(answer, Some(fault.clone()));
                let effects = waiting.drain(..).map(end).collect();
                (ModelState::Failed(fault), effects)
            }
            ModelState::NoModel
            | ModelState::Ready(_)
            | ModelState::Answering { .. }
            | ModelState::Failed(_) => (state, vec![]),
        },
        Event::Release => match state {
            ModelState::Ready(model) => (ModelState::NoModel, vec![Effect::Release(model)]),
            ModelState::Failed(_) => (ModelState::NoModel, vec![]),
            ModelState::Loading { .. } | ModelState::Answering { .. } => {
                next = NextForModel::Release;
                (state, vec![])
            }
            ModelState::NoModel => (state, vec![]),
        },
    };
    (Machine { state, waiting, next }, effects)
}

fn load<M, A>(replaces: Option<M>) -> (ModelState<M, A>, Vec<Effect<M, A>>) {
    let state = ModelState::Loading { done_bytes: 0, total_bytes: 0 };
    (state, vec![Effect::Load { replaces }])
}

/// The model is free: it is reloaded or released if that was asked for, else it makes the next
/// answer. It is not released while answers wait.
fn free<M: Clone, A: Copy>(
    model: M,
    waiting: &mut VecDeque<A>,
    next: &mut NextForModel,
) -> (ModelState<M, A>, Vec<Effect<M, A>>) {
    match *next {
        NextForModel::Reload => {
            *next = NextForModel::Stay;
            return load(Some(model));
        }
        NextForModel::Release if waiting.is_empty() => {
            *next = NextForModel::Stay;
            return (ModelState::NoModel, vec![Effect::Release(model)]);
        }
        NextForModel::Release | NextForModel::Stay => {}
    }
    match waiting.pop_front() {
        Some(answer) => {
            let effects = vec![Effect::Answer(answer, model.clone())];
            (ModelState::Answering { model, answer }, effects)
        }
        None => (ModelState::Ready(model), vec![]),
    }
}

#[cfg(test)]
mod tests;
