use std::ops::ControlFlow;

use lorgnette_image::ImageConfig;
use lorgnette_kernels::quant::Level;
use tempfile::TempDir;

use super::*;
use crate::DeviceChoice;
use crate::testing::{tiny_config, write_native};
use crate::weights::Kernels;

fn model() -> Pixtral {
    model_on(&Device::Cpu)
}

fn model_on(device: &Device) -> Pixtral {
    let dir = TempDir::new().unwrap();
    write_native(dir.path(), &tiny_config(), |_, _| {});
    Pixtral::load(&Checkpoint::open(dir.path()).unwrap(), device, &mut |_| {}).unwrap()
}

/// The CPU, and the GPU of this machine when the tests are built for one.
fn devices() -> Vec<Device> {
    let best = DeviceChoice::Auto.open().device;
    if best.is_cpu() { vec![best] } else { vec![Device::Cpu, best] }
}

fn pixels(width: u32, height: u32, seed: f32) -> Pixels {
    let config: ImageConfig = tiny_config().vision.unwrap().image_config();
    let data = (0..width * height * 3).map(|i| (i as f32 * seed).sin()).collect();
    Pixels::from_normalised(data, width, height, &config).unwrap()
}

fn encode(model: &Pixtral, pixels: &Pixels) -> ImageFeatures {
    model.encode_image(pixels, &mut go_on).unwrap()
}

fn prefill(model: &Pixtral, prompt: &Prompt<'_>, cache: &mut KvCache, chunk: usize) -> Vec<f32> {
    model.prefill(prompt, cache, chunk, &mut go_on).unwrap()
}

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// Two pictures, 2 × 3 and 1 × 2, between text.
const IDS: [u32; 15] = [1, 3, 10, 10, 10, 12, 10, 10, 10, 13, 40, 10, 10, 13, 4];

fn pictures<'a>(one: &'a ImageFeatures, two: &'a ImageFeatures) -> [PictureRows<'a>; 2] {
    [
        PictureRows { first: 2, n_rows: 6, features: Some(one) },
        PictureRows { first: 11, n_rows: 2, features: Some(two) },
    ]
}

#[test]
fn chunks_change_nothing() {
    let model = model();
    let (one, two) = (encode(&model, &pixels(12, 8, 0.7)), encode(&model, &pixels(8, 4, 0.3)));
    let pictures = pictures(&one, &two);
    let prompt = Prompt { ids: &IDS, image_token: Some(10), pictures: &pictures };
    let mut whole = model.new_cache(32, KvFormat::F32).unwrap();
    let expected = prefill(&model, &prompt, &mut whole, 100);
    for chunk in [1, 2, 4, 7] {
        let mut cache = model.new_cache(32, KvFormat::F32).unwrap();
        assert!(difference(&prefill(&model, &prompt, &mut cache, chunk), &expected) < 1e-4);
    }
}

#[test]
fn a_follow_up_needs_no_picture_that_was_read() {
    let model = model();
    let (one, two) = (encode(&model, &pixels(12, 8, 0.7)), encode(&model, &pixels(8, 4, 0.3)));
    let known = pictures(&one, &two);
    let prompt = Prompt { ids: &IDS, image_token: Some(10), pictures: &known };
    let mut cold = model.new_cache(32, KvFormat::F32).unwrap();
    let expected = prefill(&model, &prompt, &mut cold, 100);

    // Stopped inside the second picture, of which the rest is then read.
    let mut cache = model.new_cache(32, KvFormat::F32).unwrap();
    let start = Prompt {
        ids: &IDS[..12],
        image_token: Some(10),
        pictures: &[known[0], PictureRows { n_rows: 1, features: None, ..known[1] }],
    };
    assert!(model.prefill(&start, &mut cache, 4, &mut go_on).is_err());
    let outcome = model.prefill(&prompt, &mut cache, 4, &mut |n_read, _| {
        if n_read >= 12 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(outcome, Err(Interrupted::Cancelled)));
    assert_eq!(cache.len(), 12);
    let rest = [PictureRows { features: None, ..known[0] }, known[1]];
    let prompt = Prompt { pictures: &rest, ..prompt };
    assert!(difference(&prefill(&model, &prompt, &mut cache, 100), &expected) < 1e-4);
}

/// Rows on two devices cannot stand in one prompt: wherever the network is, both are on the CPU.
#[test]
fn a_picture_recalled_from_its_encoding_stands_beside_a_fresh_one() {
    for device in devices() {
        let model = model_on(&device);
        let (one, two) = (encode(&model, &pixels(12, 8, 0.7)), encode(&model, &pixels(8, 4, 0.3)));
        let hidden = one.vision_hidden().flatten_all().unwrap().to_vec1().unwrap();
        let recalled = model.project(hidden, (2, 3)).unwrap();
        for features in [&one, &two, &recalled] {
            assert!(features.rows().device().is_cpu(), "{device:?}");
            assert!(features.vision_hidden().device().is_cpu(), "{device:?}");
        }
        let logits = |one: &ImageFeatures| {
            let pictures = pictures(one, &two);
            let prompt = Prompt { ids: &IDS, image_token: Some(10), pictures: &pictures };
            let mut cache = model.new_cache(32, KvFormat::F32).unwrap();
            prefill(&model, &prompt, &mut cache, 100)
        };
        assert_eq!(logits(&recalled), logits(&one), "{device:?}");
    }
}

#[test]
fn decoding_a_token_equals_reading_it() {
    let model = model();
    let mut cache = model.new_cache(8, KvFormat::F32).unwrap();
    let prompt = Prompt { ids: &[1, 20, 30], image_token: None, pictures: &[] };
    prefill(&model, &prompt, &mut cache, 8);
    let decoded = model.decode_step(40, &mut cache).unwrap();
    let mut cache = model.new_cache(8, KvFormat::F32).unwrap();
    let prompt = Prompt { ids: &[1, 20, 30, 40], ..prompt };
    assert!(difference(&prefill(&model, &prompt, &mut cache, 8), &decoded) < 1e-4);
}

/// Sequences that begin and end at different times, in every format of keys and values, with every set
/// of kernels.
#[test]
fn sequences_read_together_say_what_each_says_alone_to_the_last_bit() {
    let dir = TempDir::new().unwrap();
    let mut config = tiny_config();
    config.text.attention_scale = None;
    write_native(dir.path(), &config, |_, _| {});
    let checkpoint = Checkpoint::open(dir.path()).unwrap();
    let prompt: Vec<u32> = (0..45).map(|i| 20 + i * 7 % 40).collect();
    let prompt = Prompt { ids: &prompt, image_token: None, pictures: &[] };
    let step =
        |sequence: usize, at: usize| (3 + 11 * sequence + 5 * at * (sequence + 1)) as u32 % 64;
    // More of them than go through the network in one pass.
    let (n, n_steps) = (TOGETHER + 3, 70);
    let is_live = |sequence: usize, at: usize| at >= sequence % 3 && at < n_steps - 4 * sequence;
    for kernels in Level::ALL.into_iter().filter(|level| level.is_supported()).map(Kernels::Own) {
        let options = LoadOptions { kernels: Some(kernels), ..LoadOptions::default() };
        let placement = Placement::all_on(&Device::Cpu);
        let model = Pixtral::load_with(&checkpoint, &placement, &options, &mut |_| {}).unwrap();
        for format in KvFormat::ALL {
            let mut cache = model.new_cache(45 + n_steps, format).unwrap();
            prefill(&model, &prompt, &mut cache, 512);
            let mut tails: Vec<KvTail> = (0..n).map(|_| model.new_tail(&cache).unwrap()).collect();
            let mut together: Vec<Vec<Vec<f32>>> = vec![Vec::new(); n];
            for at in 0..n_steps {
                let live: Vec<usize> = (0..n).filter(|i| is_live(*i, at)).collect();
                let ids: Vec<u32> = live.iter().map(|i| step(*i, at)).collect();
                let mut tails: Vec<&mut KvTail> = tails
                    .iter_mut()
                    .enumerate()
                    .filter_map(|(i, tail)| is_live(i, at).then_some(tail))
                    .collect();
                let logits = model.decode_together(&ids, &cache, &mut tails).unwrap();
                for (i, logits) in live.into_iter().zip(logits) {
                    together[i].push(logits);
                }
            }
            assert_eq!(cache.len(), 45);
            for (i, together) in together.iter().enumerate() {
                cache.truncate(45);
                let steps = (0..n_steps).filter(|at| is_live(i, *at));
                for (at, together) in steps.zip(together) {
                    let alone = model.decode_step(step(i, at), &mut cache).unwrap();
                    assert_eq!(&alone, together, "{kernels} {format} {i} {at}");
                }
            }
        }
    }
}

#[test]
fn sequences_that_do_not_go_on_from_the_cache_or_fill_it_are_refused() {
    let model = model();
    let mut cache = model.new_cache(4, KvFormat::F16).unwrap();
    let prompt = Prompt { ids: &[1, 20, 30], image_token: None, pictures: &[] };
    prefill(&model, &prompt, &mut cache, 8);
    let mut tail = model.new_tail(&cache).unwrap();
    let mut read = |ids: &[u32], cache: &KvCache| {
        let read = model.decode_together(ids, cache, &mut [&mut tail]);
        read.map(drop).map_err(|error| error.to_string())
    };
    assert!(read(&[64], &cache).unwrap_err().contains("token 64 is outside"));
    assert!(read(&[5, 6], &cache).unwrap_err().contains("not a token for each"));
    read(&[5], &cache).unwrap();
    assert!(read(&[5], &cache).unwrap_err().contains("5 tokens do not fit into the 4"));
    cache.truncate(2);
    assert!(read(&[5], &cache).unwrap_err().contains("does not go on from what was read"));
    assert_eq!(tail.len(), 4);
}

/// Half the memory, and hardly another network.
#[test]
fn keys_and_values_in_8_bits_change_logits_little() {
    let dir = TempDir::new().unwrap();
    write_native(dir.path(), &tiny_config(), |_, _| {});
    let checkpoint = Checkpoint::open(dir.path()).unwrap();
    // Nothing else is rounded.
    let options = LoadOptions { exact: true, ..LoadOptions::default() };
    let placement = Placement::all_on(&Device::Cpu);
    let model = Pixtral::load_with(&checkpoint, &placement, &options, &mut |_| {}).unwrap();
    let run = |format| {
        let mut cache = model.new_cache(64, format).unwrap();
        let ids: Vec<u32> = (0..40).map(|i| 1 + i * 13 % 60).collect();
        let prompt = Prompt { ids: &ids, image_token: None, pictures: &[] };
        let mut logits = prefill(&model, &prompt, &mut cache, 16);
        for id in 0..20 {
            logits.extend(model.decode_step(id, &mut cache).unwrap());
        }
        (logits, cache.bytes_of(10))
    };
    let (exact, _) = run(KvFormat::F32);
    let largest = exact.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
    let (half, half_bytes) = run(KvFormat::F16);
    let (eight, eight_bytes) = run(KvFormat::Q8_0);
    assert!(difference(&half, &exact) < 1e-3 * largest);
    let far = difference(&eight, &exact) / largest;
    assert!(far > 1e-5 && far < 2e-2, "{far}");
    // Heads of 16 numbers do not fill a block; those of real networks do.
    assert_eq!((half_bytes, eight_bytes), (2 * 2 * 2 * 10 * 16 * 2, 2 * 2 * 2 * 10 * 34));
    assert_eq!(KvFormat::Q8_0.row_bytes(128) * 32, KvFormat::F16.row_bytes(128) * 17);
}

#[test]
fn later_tokens_do_not_change_earlier_logits() {
    let model = model();
    let logits = |ids: &[u32]| {
        let mut cache = model.new_cache(8, KvFormat::F32).unwrap();
        let prompt = Prompt { ids, image_token: None, pictures: &[] };
        let all = model.prefill_all_logits(&prompt, &mut cache, 8).unwrap();
        all.get(1).unwrap().to_vec1::<f32>().unwrap()
    };
    assert!(difference(&logits(&[1, 20, 30]), &logits(&[1, 20, 50])) < 1e-6);
}

/// A picture of one patch, of one row and of one column, with every set of kernels that this machine
/// has.
#[test]
fn the_smallest_pictures_are_encoded_alike_by_all_kernels() {
    let dir = TempDir::new().unwrap();
    write_native(dir.path(), &tiny_config(), |_, _| {});
    let checkpoint = Checkpoint::open(dir.path()).unwrap();
    let placement = Placement::all_on(&Device::Cpu);
    let all = Level::ALL.into_iter().map(Kernels::Own).chain([Kernels::Candle]);
    let models: Vec<Pixtral> = all
        .filter(|kernels| kernels.is_supported())
        .map(|kernels| {
            let options = LoadOptions { kernels: Some(kernels), ..LoadOptions::default() };
            Pixtral::load_with(&checkpoint, &placement, &options, &mut |_| {}).unwrap()
        })
        .collect();
    for (width, height) in [(4, 4), (12, 4), (4, 12)] {
        let rows: Vec<Vec<f32>> = models
            .iter()
            .map(|model| {
                let features = encode(model, &pixels(width, height, 0.7));
                assert_eq!(features.n_rows() as u32, width * height / 16);
                features.rows().flatten_all().unwrap().to_vec1().unwrap()
            })
            .collect();
        for other in &rows[1..] {
            assert!(difference(&rows[0], other) < 0.05, "{width} x {height}");
        }
    }
}

#[test]
fn a_picture_lying_down_is_another_picture() {
    let model = model();
    let upright = encode(&model, &pixels(8, 16, 0.7));
    let lying = encode(&model, &pixels(16, 8, 0.7));
    let rows = |features: &ImageFeatures| features.rows().flatten_all().unwrap().to_vec1().unwrap();
    assert!(difference(&rows(&upright), &rows(&lying)) > 0.01);
    // And a picture alone is what it is beside others: encoded one at a time.
    assert!(difference(&rows(&upright), &rows(&encode(&model, &pixels(8, 16, 0.7)))) < 1e-9);
}

#[test]
fn encoding_can_be_stopped_and_tells_how_far_it_is() {
    let model = model();
    let mut told = Vec::new();
    let outcome = model.encode_image(&pixels(12, 8, 0.7), &mut |done, total| {
        told.push((done, total));
        if told.len() == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert!(matches!(outcome, Err(Interrupted::Cancelled)));
    assert_eq!(told, [(1, 7), (2, 7), (3, 7)]);
}

#[track_caller]
fn check_refused(prompt: &Prompt<'_>, expected: &str) {
    let model = model();
    let mut cache = model.new_cache(16, KvFormat::F16).unwrap();
    let outcome = model.prefill(prompt, &mut cache, 8, &mut |_, _| panic!("nothing is computed"));
    let error = outcome.unwrap_err().expect_failure().to_string();
    assert!(error.contains(expected), "{error}");
    assert!(cache.is_empty());
}

#[test]
fn prompts_that_do_not_fit_are_refused_before_anything_is_computed() {
    let model = model();
    let one = encode(&model, &pixels(8, 4, 0.3));
    let picture = PictureRows { first: 1, n_rows: 2, features: Some(&one) };
    let check = |ids: &[u32], pictures: &[PictureRows<'_>], expected: &str| {
        check_refused(&Prompt { ids, image_token: Some(10), pictures }, expected);
    };
    check(&[0; 17], &[], "17 tokens do not fit into the 16");
    check(&[1, 64], &[], "token 64 is outside");
    check(&[1, 10, 10, 10, 13], &[picture], "belongs to no picture");
    check(&[1, 10, 13], &[picture], "not where it says");
    check(&[1, 2, 10, 10, 13], &[picture], "not where it says");
    check(&[1, 10, 10, 10, 13], &[PictureRows { n_rows: 3, ..picture }], "2 rows for 3 tokens");
    check(&[1, 10, 10, 13], &[PictureRows { features: None, ..picture }], "not encoded");
}
