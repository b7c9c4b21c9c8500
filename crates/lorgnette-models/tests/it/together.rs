//! The built-in model at every level: several answers from one reading, and keys and values in 8
//! bits.

use std::sync::Arc;

use lorgnette_engine::{Answer, AnswerOptions, Chat, PreparedPicture, Sampling};
use lorgnette_image::Picture;
use lorgnette_interrupt::Cancel;
use lorgnette_models::open::{KvChoice, LocalModel, ModelChoice, OpenOptions};
use lorgnette_pixtral::{Kernels, KvFormat, Level, LoadOptions};

/// Two boxes on a white ground.
fn picture(model: &LocalModel) -> Arc<PreparedPicture> {
    let inside = |x: u32, y: u32| (10..50).contains(&x) && (20..44).contains(&y);
    let pixel = |i: u32| {
        let (x, y) = (i % 160, i / 160);
        if inside(x, y) {
            [200, 30, 30]
        } else if inside(x - x / 80 * 80, y) {
            [20, 20, 220]
        } else {
            [255; 3]
        }
    };
    let picture = Picture::from_rgb(160, 64, (0..160 * 64).flat_map(pixel).collect()).unwrap();
    PreparedPicture::new("boxes", picture.prepare(&model.image_config(None).unwrap()).unwrap())
}

fn open(level: Level, format: KvFormat) -> LocalModel {
    let kernels = Some(Kernels::Own(level));
    let options = OpenOptions {
        model: ModelChoice::BuiltIn,
        context: 512,
        kv: KvChoice::Format(format),
        load: LoadOptions { kernels, ..LoadOptions::default() },
        ..OpenOptions::default()
    };
    options.open_local(&mut |_, _| {}).unwrap()
}

fn question(model: &LocalModel) -> Chat {
    let mut chat = Chat::default();
    chat.ask([picture(model)], "What is in this picture?");
    chat
}

fn options() -> Vec<AnswerOptions> {
    let chance = |seed| Sampling { temperature: 6.0, seed, ..Sampling::default() };
    let of = |sampling| AnswerOptions { max_tokens: 24, sampling, ..AnswerOptions::default() };
    [Sampling::GREEDY].into_iter().chain((1..=5).map(chance)).map(of).collect()
}

fn said(answer: &Answer) -> (&str, usize) {
    (&answer.text, answer.timings.n_answer_tokens)
}

#[test]
fn answers_together_are_those_one_by_one_at_every_level() {
    for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
        for format in [KvFormat::F16, KvFormat::Q8_0] {
            let model = open(level, format);
            let (chat, options) = (question(&model), options());
            let alone: Vec<Answer> = options
                .iter()
                .map(|options| {
                    let (chat, options) = (chat.clone(), options.clone());
                    let answer = model.engine.answer(chat, options, Cancel::default(), |_| {});
                    answer.recv().unwrap().unwrap()
                })
                .collect();
            let together = model.engine.answers(chat, options, Cancel::default(), |_| {});
            let together = together.recv().unwrap().unwrap();
            let alone: Vec<_> = alone.iter().map(said).collect();
            let together: Vec<_> = together.iter().map(said).collect();
            assert_eq!(together, alone, "{level} {format}");
            assert!(together.iter().any(|(text, _)| *text != together[0].0), "{together:?}");
        }
    }
}

#[test]
fn keys_and_values_in_8_bits_say_the_same() {
    let level = Level::best();
    let answer = |format| {
        let model = open(level, format);
        assert_eq!(model.kv.format, format);
        let options = options().remove(0);
        let answer = model.engine.answer(question(&model), options, Cancel::default(), |_| {});
        (answer.recv().unwrap().unwrap().text, model.kv_bytes_per_token())
    };
    let ((half, half_bytes), (eight, eight_bytes)) =
        (answer(KvFormat::F16), answer(KvFormat::Q8_0));
    assert_eq!(half, eight);
    assert!(!half.is_empty());
    assert_eq!(eight_bytes * 32, half_bytes * 17);
}
