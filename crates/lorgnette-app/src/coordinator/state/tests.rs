use proptest::prelude::*;

use super::*;
use crate::error::{FaultId, FaultKind};

fn fault() -> Fault {
    Fault {
        kind: FaultKind::Model,
        message: "no such file".into(),
        hint: "choose another".into(),
        id: FaultId::default(),
        with: crate::With::new(),
    }
}

/// Lets events happen one after the other; the last state and all effects.
fn live(events: impl IntoIterator<Item = Event>) -> (State, Vec<Effect>) {
    let mut coordinator = Coordinator::default();
    let mut all = Vec::new();
    for event in events {
        let (after, effects) = step(coordinator, event);
        coordinator = after;
        all.extend(effects);
    }
    (coordinator.state, all)
}

#[track_caller]
fn check(events: impl IntoIterator<Item = Event>, state: &State, effects: &[Effect]) {
    let (found, done) = live(events);
    assert_eq!((&found, done.as_slice()), (state, effects));
}

#[test]
fn a_question_loads_the_model_and_is_answered() {
    check(
        [Event::Ask(1), Event::Loaded, Event::AnswerEnded(1)],
        &State::Ready,
        &[Effect::Load, Effect::Answer(1)],
    );
}

#[test]
fn questions_wait_for_each_other_and_none_is_lost() {
    check(
        [
            Event::Load,
            Event::Loaded,
            Event::Ask(1),
            Event::Ask(2),
            Event::Ask(3),
            Event::AnswerEnded(1),
            Event::AnswerEnded(2),
        ],
        &State::Answering { answer: 3 },
        &[Effect::Load, Effect::Answer(1), Effect::Answer(2), Effect::Answer(3)],
    );
}

#[test]
fn a_question_that_waits_is_stopped_without_being_begun() {
    check(
        [Event::Ask(1), Event::Ask(2), Event::Stop(2), Event::Loaded],
        &State::Answering { answer: 1 },
        &[Effect::Load, Effect::End(2, None), Effect::Answer(1)],
    );
}

#[test]
fn what_has_ended_is_not_stopped_again() {
    check(
        [Event::Ask(1), Event::Loaded, Event::AnswerEnded(1), Event::Stop(1)],
        &State::Ready,
        &[Effect::Load, Effect::Answer(1)],
    );
}

#[test]
fn a_model_that_does_not_load_fails_all_who_wait_and_the_next_question_tries_again() {
    check(
        [Event::Ask(1), Event::Ask(2), Event::LoadFailed(fault()), Event::Ask(3)],
        &State::Loading { done_bytes: 0, total_bytes: 0 },
        &[Effect::Load, Effect::End(1, Some(fault())), Effect::End(2, Some(fault())), Effect::Load],
    );
}

#[test]
fn other_settings_wait_for_the_answer_in_hand() {
    check(
        [
            Event::Ask(1),
            Event::Loaded,
            Event::Load,
            Event::Ask(2),
            Event::AnswerEnded(1),
            Event::Loaded,
        ],
        &State::Answering { answer: 2 },
        &[Effect::Load, Effect::Answer(1), Effect::Load, Effect::Answer(2)],
    );
}

#[test]
fn the_model_is_not_let_go_while_answers_wait() {
    check(
        [
            Event::Ask(1),
            Event::Ask(2),
            Event::Loaded,
            Event::Release,
            Event::AnswerEnded(1),
            Event::AnswerEnded(2),
        ],
        &State::NoModel,
        &[Effect::Load, Effect::Answer(1), Effect::Answer(2), Effect::Release],
    );
}

#[test]
fn fetching_is_a_state_only_without_a_model() {
    let some = Event::FetchProgress { done_bytes: 1, total_bytes: 2 };
    check([some.clone()], &State::Fetching { done_bytes: 1, total_bytes: 2 }, &[]);
    check([some.clone(), Event::FetchEnded], &State::NoModel, &[]);
    check([Event::Load, Event::Loaded, some], &State::Ready, &[Effect::Load]);
}

/// What a person and a disk may do, in any order; what the program itself does follows.
fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (1..9_i64).prop_map(Event::Ask),
        (1..9_i64).prop_map(Event::Stop),
        Just(Event::Load),
        Just(Event::Release),
        Just(Event::FetchProgress { done_bytes: 1, total_bytes: 2 }),
        Just(Event::FetchEnded),
        Just(Event::LoadProgress { done_bytes: 1, total_bytes: 2 }),
        // Stands for: whatever is being done is done.
        Just(Event::Loaded),
        Just(Event::LoadFailed(fault())),
        Just(Event::AnswerEnded(0)),
    ]
}

proptest! {
    #[test]
    fn every_question_ends_once_and_answers_never_meet(events in prop::collection::vec(any_event(), 0..80)) {
        let (mut coordinator, mut asked, mut begun, mut ended) = (Coordinator::default(), 0, 0, 0);
        let (mut model, mut loading) = (false, false);
        let finish = std::iter::repeat_n([Event::Loaded, Event::AnswerEnded(0)], 100).flatten();
        for (i, event) in (0_i64..).zip(events.into_iter().chain(finish)) {
            let event = match (event, &coordinator.state) {
                (Event::AnswerEnded(_), State::Answering { answer }) => { ended += 1; Event::AnswerEnded(*answer) }
                (Event::AnswerEnded(_), _) => continue,
                (Event::Loaded | Event::LoadFailed(_), _) if !loading => continue,
                (Event::Ask(_), _) => { asked += 1; Event::Ask(i) }
                (event, _) => event,
            };
            if event == Event::Loaded { (model, loading) = (true, false); }
            if matches!(event, Event::LoadFailed(_)) { loading = false; }
            let before = coordinator.state.clone();
            let (after, effects) = step(coordinator, event);
            coordinator = after;
            for effect in effects {
                match effect {
                    Effect::Load => { prop_assert!(!loading); (model, loading) = (false, true); }
                    Effect::Release => model = false,
                    Effect::Answer(_) => { begun += 1; prop_assert!(model && begun == ended + 1, "{before:?}"); }
                    Effect::Cancel(_) => prop_assert!(begun == ended + 1),
                    Effect::End(..) => asked -= 1,
                }
            }
        }
        prop_assert_eq!(asked, ended);
        prop_assert!(coordinator.waiting.is_empty());
    }
}
