//! The life of the program: whether a model is there, and what it does. One pure step.

use std::collections::VecDeque;

use crate::chats::MessageId;
use crate::error::Fault;

/// What the program is doing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum State {
    /// No model is in memory. A question loads one.
    #[default]
    NoModel,
    /// No model is in memory, and one is being fetched. A question loads what is there already.
    Fetching {
        /// Bytes that are there.
        done_bytes: u64,
        /// All of them.
        total_bytes: u64,
    },
    /// A model is read into memory.
    Loading {
        /// Bytes that were read.
        done_bytes: u64,
        /// All of them.
        total_bytes: u64,
    },
    /// The model waits for a question.
    Ready,
    /// An answer is being made.
    Answering {
        /// Which.
        answer: MessageId,
    },
    /// The model could not be loaded. A question tries again.
    Failed(Fault),
}

/// Something that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A question waits for this answer.
    Ask(MessageId),
    /// The person wants no more of this answer.
    Stop(MessageId),
    /// This answer has ended, in whichever way.
    AnswerEnded(MessageId),
    /// The model is wanted, or wanted anew with other settings.
    Load,
    /// So much of it is read.
    LoadProgress {
        /// Bytes that were read.
        done_bytes: u64,
        /// All of them.
        total_bytes: u64,
    },
    /// It is there.
    Loaded,
    /// It is not.
    LoadFailed(Fault),
    /// The memory is wanted back.
    Release,
    /// So much of a model is fetched.
    FetchProgress {
        /// Bytes that are there.
        done_bytes: u64,
        /// All of them.
        total_bytes: u64,
    },
    /// Nothing is being fetched any longer.
    FetchEnded,
}

/// What is to be done about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Let go of the model that is there, if one is, and load the one that is chosen.
    Load,
    /// Let go of the model.
    Release,
    /// Make this answer.
    Answer(MessageId),
    /// Stop the answer that is being made; it will end.
    Cancel(MessageId),
    /// End an answer that was not begun: as stopped, or with what kept it from being.
    End(MessageId, Option<Fault>),
}

/// What is wanted of the model when it is free again.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum Wish {
    #[default]
    Nothing,
    Reload,
    Release,
}

/// The state, and what waits.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coordinator {
    /// What the program is doing.
    pub state: State,
    /// Answers that wait for their turn.
    pub waiting: VecDeque<MessageId>,
    wish: Wish,
}

/// The whole life of the program. No `_` arm on `State`: a new state is thought through everywhere.
#[must_use]
#[expect(clippy::too_many_lines, reason = "the whole of it in one place")]
pub fn step(coordinator: Coordinator, event: Event) -> (Coordinator, Vec<Effect>) {
    let Coordinator { state, mut waiting, mut wish } = coordinator;
    let (state, effects) = match event {
        Event::Ask(answer) => {
            waiting.push_back(answer);
            match state {
                State::NoModel | State::Fetching { .. } | State::Failed(_) => load(),
                State::Ready => next(&mut waiting, &mut wish),
                State::Loading { .. } | State::Answering { .. } => (state, vec![]),
            }
        }
        Event::Stop(answer) => {
            if let Some(place) = waiting.iter().position(|waits| *waits == answer) {
                waiting.remove(place);
                (state, vec![Effect::End(answer, None)])
            } else {
                match state {
                    State::Answering { answer: current } if current == answer => {
                        (state, vec![Effect::Cancel(answer)])
                    }
                    State::NoModel
                    | State::Fetching { .. }
                    | State::Loading { .. }
                    | State::Ready
                    | State::Answering { .. }
                    | State::Failed(_) => (state, vec![]), // it has ended meanwhile
                }
            }
        }
        Event::AnswerEnded(ended) => match state {
            State::Answering { answer } if answer == ended => next(&mut waiting, &mut wish),
            State::NoModel
            | State::Fetching { .. }
            | State::Loading { .. }
            | State::Ready
            | State::Answering { .. }
            | State::Failed(_) => (state, vec![]),
        },
        Event::Load => match state {
            State::NoModel | State::Fetching { .. } | State::Ready | State::Failed(_) => load(),
            State::Loading { .. } | State::Answering { .. } => {
                wish = Wish::Reload;
                (state, vec![])
            }
        },
        Event::LoadProgress { done_bytes, total_bytes } => match state {
            State::Loading { .. } => (State::Loading { done_bytes, total_bytes }, vec![]),
            State::NoModel
            | State::Fetching { .. }
            | State::Ready
            | State::Answering { .. }
            | State::Failed(_) => (state, vec![]),
        },
        Event::Loaded => match state {
            State::Loading { .. } => next(&mut waiting, &mut wish),
            State::NoModel
            | State::Fetching { .. }
            | State::Ready
            | State::Answering { .. }
            | State::Failed(_) => (state, vec![]),
        },
        Event::LoadFailed(fault) => match state {
            // Other settings were chosen meanwhile, which may do better.
            State::Loading { .. } if wish == Wish::Reload => {
                wish = Wish::Nothing;
                load()
            }
            State::Loading { .. } => {
                wish = Wish::Nothing;
                let ends = waiting.drain(..).map(|answer| Effect::End(answer, Some(fault.clone())));
                let ends = ends.collect();
                (State::Failed(fault), ends)
            }
            State::NoModel
            | State::Fetching { .. }
            | State::Ready
            | State::Answering { .. }
            | State::Failed(_) => (state, vec![]),
        },
        Event::Release => match state {
            State::Ready | State::Failed(_) => (State::NoModel, vec![Effect::Release]),
            State::Loading { .. } | State::Answering { .. } => {
                wish = Wish::Release;
                (state, vec![])
            }
            State::NoModel | State::Fetching { .. } => (state, vec![]),
        },
        Event::FetchProgress { done_bytes, total_bytes } => match state {
            State::NoModel | State::Fetching { .. } => {
                (State::Fetching { done_bytes, total_bytes }, vec![])
            }
            // It goes on beside them, and the list of models tells of it.
            State::Loading { .. } | State::Ready | State::Answering { .. } | State::Failed(_) => {
                (state, vec![])
            }
        },
        Event::FetchEnded => match state {
            State::Fetching { .. } => (State::NoModel, vec![]),
            State::NoModel
            | State::Loading { .. }
            | State::Ready
            | State::Answering { .. }
            | State::Failed(_) => (state, vec![]),
        },
    };
    (Coordinator { state, waiting, wish }, effects)
}

fn load() -> (State, Vec<Effect>) {
    (State::Loading { done_bytes: 0, total_bytes: 0 }, vec![Effect::Load])
}

/// The model is free: what was wished, else the next answer. It is not let go while answers wait.
fn next(waiting: &mut VecDeque<MessageId>, wish: &mut Wish) -> (State, Vec<Effect>) {
    match *wish {
        Wish::Reload => {
            *wish = Wish::Nothing;
            return load();
        }
        Wish::Release if waiting.is_empty() => {
            *wish = Wish::Nothing;
            return (State::NoModel, vec![Effect::Release]);
        }
        Wish::Release | Wish::Nothing => {}
    }
    match waiting.pop_front() {
        Some(answer) => (State::Answering { answer }, vec![Effect::Answer(answer)]),
        None => (State::Ready, vec![]),
    }
}

#[cfg(test)]
mod tests;
