use super::*;
use crate::open::DEFAULT_CONTEXT;

#[track_caller]
fn check_recommended(free_gb: u64, seconds: [f64; 3], expected: &str, reason: Option<Recommended>) {
    let memory_gb = [12, 7, 4];
    let names = ["large", "middle", "small"];
    let mut offers: Vec<Model> = names
        .into_iter()
        .zip(memory_gb)
        .zip(seconds)
        .map(|((name, gb), seconds)| Model {
            memory_bytes: Some(gb << 30),
            picture_s: (seconds > 0.0).then_some(seconds),
            ..Model::new(name.into(), name, ModelState::Offered, None)
        })
        .collect();
    put_recommended_first(&mut offers, Some(free_gb << 30));
    let first = (offers[0].name.as_str(), offers[0].recommended);
    assert_eq!(first, (expected, reason), "{free_gb} GB, {seconds:?}");
    assert!(offers[1..].iter().all(|model| model.recommended.is_none()));
}

#[test]
fn a_model_that_answers_nothing_at_once_is_not_the_first() {
    let model = |name: &str, gb: u64| Model {
        memory_bytes: Some(gb << 30),
        picture_s: Some(gb as f64),
        ..Model::new(name.into(), name, ModelState::Offered, None)
    };
    let pages = Model { answers: Answers::OnlyPages, ..model("pages", 1) };
    let thinker = Model { answers: Answers::AfterThinking, ..model("thinker", 3) };
    let mut offers = [model("large", 90), pages, thinker, model("small", 2)];
    put_recommended_first(&mut offers, Some(8 << 30));
    assert_eq!(offers.map(|model| model.name), ["small", "large", "pages", "thinker"]);
}

#[test]
fn the_model_that_suits_the_machine_comes_first() {
    use Recommended::{Quickest, Smallest, Soon};
    check_recommended(64, [10.0, 8.0, 5.0], "large", Some(Soon));
    check_recommended(64, [90.0, 19.0, 9.0], "middle", Some(Soon));
    check_recommended(64, [190.0, 90.0, 45.0], "small", Some(Quickest));
    // Three quarters of the memory.
    check_recommended(10, [10.0, 8.0, 5.0], "middle", Some(Soon));
    check_recommended(9, [10.0, 8.0, 5.0], "small", Some(Soon));
    // Nothing fits, or nothing is known of the time.
    check_recommended(4, [10.0, 8.0, 5.0], "large", None);
    check_recommended(64, [0.0, 0.0, 0.0], "small", Some(Smallest));
}

#[test]
fn what_is_not_here_has_the_seconds_that_the_processor_lets_expect() {
    let home = tempfile::tempdir().unwrap();
    let (speeds, fetches) = (Speeds::default(), BTreeMap::new());
    let pixtral_s = |calibration| {
        let circumstances = Circumstances {
            in_use: None,
            chosen: None,
            context: DEFAULT_CONTEXT,
            speeds: &speeds,
            calibration,
            fetches: &fetches,
            servers: &[],
        };
        let models = Library::at(home.path()).survey(&circumstances);
        models.into_iter().find(|model| model.id == "pixtral-12b").unwrap().picture_s
    };
    assert_eq!(pixtral_s(None), None);
    let calibration = Calibration { encode_flop_per_s: 4.95e12, prefill_flop_per_s: 96.4e11 };
    assert!((pixtral_s(Some(calibration)).unwrap() - 11.0).abs() < 0.2);
}
