use super::*;

#[test]
fn a_thousand_tokens_a_second_are_told_thirty_times_and_no_letter_is_lost() {
    let start = Instant::now();
    let (mut coalescer, mut text, mut n) = (Coalescer::new(), String::new(), 0);
    let mut hear = |told: Option<Progress>| {
        if let Some(Progress::Text { piece, .. }) = told {
            text.push_str(&piece);
            n += 1;
        }
    };
    for i in 0..1000 {
        coalescer.push(AnswerEvent::Text(format!("{} ", i % 10)));
        hear(coalescer.take(start + Duration::from_millis(i), false));
    }
    hear(coalescer.take(start + Duration::from_secs(1), true));
    assert!(n <= 31, "{n}");
    assert_eq!(text.len(), 2000);
}

#[test]
fn thoughts_are_told_apart_and_before_the_answer() {
    let now = Instant::now();
    let mut coalescer = Coalescer::new();
    for piece in ["Hm", ", well"] {
        coalescer.push(AnswerEvent::Thought(piece.into()));
    }
    coalescer.push(AnswerEvent::Text("Yes".into()));
    let mut told = Vec::new();
    while let Some(progress) = coalescer.take(now, false) {
        told.push(match progress {
            Progress::Thought { piece, n_tokens, .. } => ("thought", piece, n_tokens),
            Progress::Text { piece, n_tokens, .. } => ("text", piece, n_tokens),
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(told, [("thought", "Hm, well".into(), 3), ("text", "Yes".into(), 3)]);
    assert!(coalescer.due_in(now).is_none());
}

#[test]
fn the_first_thing_is_told_at_once_and_only_the_latest_step() {
    let now = Instant::now();
    let mut coalescer = Coalescer::new();
    assert!(coalescer.due_in(now).is_none());
    let reading =
        |done_tokens| AnswerEvent::Prefill { done_tokens, total_tokens: 9, cached_tokens: 0 };
    coalescer.push(reading(1));
    coalescer.push(reading(2));
    let told = coalescer.take(now, false);
    assert!(matches!(told, Some(Progress::Prefill { done_tokens: 2, .. })), "{told:?}");
    coalescer.push(reading(3));
    assert!(coalescer.take(now, false).is_none());
    assert_eq!(coalescer.due_in(now), Some(BETWEEN_STEPS));
    assert!(coalescer.take(now, true).is_some());
}

#[test]
fn steps_are_told_four_times_a_second_and_a_new_phase_soon() {
    let start = Instant::now();
    let mut coalescer = Coalescer::new();
    let mut told = Vec::new();
    for i in 0..1000 {
        coalescer.push(if i < 400 {
            AnswerEvent::Encode { picture: 1, n_pictures: 1, done: i, total: 400 }
        } else {
            AnswerEvent::Prefill { done_tokens: i, total_tokens: 1000, cached_tokens: 0 }
        });
        if coalescer.take(start + Duration::from_millis(i as u64), false).is_some() {
            told.push(i);
        }
    }
    assert_eq!(told, [0, 250, 400, 650, 900]);
    coalescer.push(AnswerEvent::Text("a".into()));
    assert!(coalescer.take(start + Duration::from_secs(1), false).is_some());
}
