use proptest::prelude::*;

use super::*;
use crate::error::{FaultId, FaultKind};

/// Stands for a model: the tests follow who has it.
type Model = &'static str;
const A: Model = "model";

fn fault() -> Fault {
    Fault {
        kind: FaultKind::Model,
        message: "no such file".into(),
        hint: "choose another".into(),
        id: FaultId::default(),
        with: crate::With::new(),
    }
}

const LOAD: Effect<Model, i64> = Effect::Load { replaces: None };
const RELOAD: Effect<Model, i64> = Effect::Load { replaces: Some(A) };

#[track_caller]
fn check(
    events: impl IntoIterator<Item = Event<Model, i64>>,
    state: &ModelState<Model, i64>,
    effects: &[Effect<Model, i64>],
) {
    let mut machine = Machine::default();
    let mut all = Vec::new();
    for event in events {
        let (after, effects) = step(machine, event);
        machine = after;
        all.extend(effects);
    }
    assert_eq!((&machine.state, all.as_slice()), (state, effects));
}

#[test]
fn a_question_loads_the_model_and_is_answered() {
    check(
        [Event::Ask(1), Event::Loaded(A), Event::AnswerEnded(1)],
        &ModelState::Ready(A),
        &[LOAD, Effect::Answer(1, A)],
    );
}

#[test]
fn questions_wait_for_each_other_and_none_is_lost() {
    check(
        [
            Event::Load,
            Event::Loaded(A),
            Event::Ask(1),
            Event::Ask(2),
            Event::Ask(3),
            Event::AnswerEnded(1),
            Event::AnswerEnded(2),
        ],
        &ModelState::Answering { model: A, answer: 3 },
        &[LOAD, Effect::Answer(1, A), Effect::Answer(2, A), Effect::Answer(3, A)],
    );
}

#[test]
fn a_question_that_waits_is_stopped_without_being_begun() {
    check(
        [Event::Ask(1), Event::Ask(2), Event::Stop(2), Event::Loaded(A)],
        &ModelState::Answering { model: A, answer: 1 },
        &[LOAD, Effect::End(2, None), Effect::Answer(1, A)],
    );
}

#[test]
fn what_has_ended_is_not_stopped_again() {
    check(
        [Event::Ask(1), Event::Loaded(A), Event::AnswerEnded(1), Event::Stop(1)],
        &ModelState::Ready(A),
        &[LOAD, Effect::Answer(1, A)],
    );
}

#[test]
fn a_model_that_does_not_load_fails_all_who_wait_and_the_next_question_tries_again() {
    check(
        [Event::Ask(1), Event::Ask(2), Event::LoadFailed(fault()), Event::Ask(3)],
        &ModelState::Loading { done_bytes: 0, total_bytes: 0 },
        &[LOAD, Effect::End(1, Some(fault())), Effect::End(2, Some(fault())), LOAD],
    );
}

#[test]
fn other_settings_wait_for_the_answer_in_hand_and_the_old_model_goes_first() {
    check(
        [
            Event::Ask(1),
            Event::Loaded(A),
            Event::Load,
            Event::Ask(2),
            Event::AnswerEnded(1),
            Event::Loaded("other"),
        ],
        &ModelState::Answering { model: "other", answer: 2 },
        &[LOAD, Effect::Answer(1, A), RELOAD, Effect::Answer(2, "other")],
    );
}

#[test]
fn the_model_is_not_released_while_answers_wait() {
    check(
        [
            Event::Ask(1),
            Event::Ask(2),
            Event::Loaded(A),
            Event::Release,
            Event::AnswerEnded(1),
            Event::AnswerEnded(2),
        ],
        &ModelState::NoModel,
        &[LOAD, Effect::Answer(1, A), Effect::Answer(2, A), Effect::Release(A)],
    );
}

/// What a person and a disk may do, in any order; what the program itself does follows.
fn any_event() -> impl Strategy<Value = Event<Model, i64>> {
    prop_oneof![
        (1..9_i64).prop_map(Event::Ask),
        (1..9_i64).prop_map(Event::Stop),
        Just(Event::Load),
        Just(Event::Release),
        Just(Event::LoadProgress { done_bytes: 1, total_bytes: 2 }),
        // Stands for: whatever is being done is done.
        Just(Event::Loaded(A)),
        Just(Event::LoadFailed(fault())),
        Just(Event::AnswerEnded(0)),
    ]
}

proptest! {
    #[test]
    fn every_question_ends_once_and_answers_never_meet(events in prop::collection::vec(any_event(), 0..80)) {
        let (mut machine, mut asked, mut begun, mut ended) = (Machine::default(), 0, 0, 0);
        // Whether a model is in memory, and whether one is being loaded.
        let (mut model, mut loading) = (false, false);
        let finish = std::iter::repeat_n([Event::Loaded(A), Event::AnswerEnded(0)], 100).flatten();
        for (i, event) in (0_i64..).zip(events.into_iter().chain(finish)) {
            let event = match (event, &machine.state) {
                (Event::AnswerEnded(_), ModelState::Answering { answer, .. }) => { ended += 1; Event::AnswerEnded(*answer) }
                (Event::AnswerEnded(_), _) => continue,
                (Event::Loaded(_) | Event::LoadFailed(_), _) if !loading => continue,
                (Event::Ask(_), _) => { asked += 1; Event::Ask(i) }
                (event, _) => event,
            };
            if event == Event::Loaded(A) { (model, loading) = (true, false); }
            if matches!(event, Event::LoadFailed(_)) { loading = false; }
            let before = machine.state.clone();
            let (after, effects) = step(machine, event);
            machine = after;
            for effect in effects {
                match effect {
                    Effect::Load { replaces } => {
                        prop_assert!(!loading);
                        prop_assert_eq!(replaces.is_some(), model, "a model is never forgotten");
                        (model, loading) = (false, true);
                    }
                    Effect::Release(_) => { prop_assert!(model); model = false; }
                    Effect::Answer(..) => { begun += 1; prop_assert!(model && begun == ended + 1, "{before:?}"); }
                    Effect::Cancel(_) => prop_assert!(begun == ended + 1),
                    Effect::End(..) => asked -= 1,
                }
            }
            prop_assert_eq!(machine.model().is_some(), model);
        }
        prop_assert_eq!(asked, ended);
        prop_assert!(machine.waiting.is_empty());
    }
}
