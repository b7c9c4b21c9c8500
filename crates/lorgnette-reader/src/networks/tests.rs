//! What the runtime computes, beside onnxruntime: of the same weights, and of those that were published.

use serde::Deserialize;

use super::*;

#[derive(Deserialize)]
struct Golden {
    /// Left, top, width and height of the part of `big-36.png` that detection takes.
    detection_region: [usize; 4],
    /// The same for recognition; it is 48 pixels high.
    recognition_region: [usize; 4],
    /// Of the networks of this program.
    int8: Outputs,
    /// Of the networks with weights as they were published.
    published: Outputs,
}

#[derive(Deserialize)]
struct Outputs {
    detection: Vec<f32>,
    /// The likeliest output of each step, and its probability.
    indices: Vec<usize>,
    probabilities: Vec<f32>,
}

/// Two runtimes add in another order; `golden.json` is rounded to five digits.
const SAME_WEIGHTS: f32 = 1e-3;
/// Weights that were rounded to int8 move the edges of letters most: the worst pixel was 0.094 off.
const DETECTION_WORST: f32 = 0.15;
const DETECTION_MEAN: f32 = 0.002;
/// The worst step was 0.011 off.
const RECOGNITION_WORST: f32 = 0.05;

/// Returns a part of the picture, channel by channel, blue first, each value through `normalise`.
fn part([left, top, width, height]: [usize; 4], normalise: impl Fn(usize, f32) -> f32) -> Vec<f32> {
    let fixtures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    let bytes = fs_err::read(fixtures.join("big-36.png")).unwrap();
    let picture = lorgnette_image::Picture::decode(&bytes).unwrap();
    let mut values = Vec::new();
    for channel in 0..3 {
        for y in top..top + height {
            for x in left..left + width {
                let at = (y * picture.width() as usize + x) * 3 + 2 - channel;
                values.push(normalise(channel, f32::from(picture.rgb()[at])));
            }
        }
    }
    values
}

/// Returns the largest and the mean difference.
fn difference(found: &[f32], expected: &[f32]) -> (f32, f32) {
    assert_eq!(found.len(), expected.len());
    let differences: Vec<f32> = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).collect();
    let largest = differences.iter().copied().fold(0.0, f32::max);
    (largest, differences.iter().sum::<f32>() / differences.len() as f32)
}

#[test]
fn both_networks_compute_what_onnxruntime_does() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/golden.json");
    let golden: Golden = serde_json::from_slice(&fs_err::read(path).unwrap()).unwrap();
    let networks = Networks::new(Arc::new(Weights::load().unwrap()), Some(1));

    let (mean, std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225]);
    let [_, _, width, height] = golden.detection_region;
    let normalise = |channel: usize, value: f32| (value / 255.0 - mean[channel]) / std[channel];
    let input = part(golden.detection_region, normalise);
    let map = networks.detect(input, (width, height)).unwrap();
    assert!(map.iter().any(|value| *value > 0.9), "there is text in it");
    let same = difference(&map, &golden.int8.detection);
    assert!(same.0 < SAME_WEIGHTS, "{same:?}");
    let published = difference(&map, &golden.published.detection);
    assert!(published.0 < DETECTION_WORST && published.1 < DETECTION_MEAN, "{published:?}");

    let [_, _, columns, _] = golden.recognition_region;
    let input = part(golden.recognition_region, |_, value| value / 127.5 - 1.0);
    let (_, values) = networks.run("recognition", input, [1, 3, LINE_HEIGHT, columns]).unwrap();
    let steps: Vec<(usize, f32)> = values.chunks_exact(N_OUTPUTS).map(likeliest).collect();
    let (indices, probabilities): (Vec<usize>, Vec<f32>) = steps.iter().copied().unzip();
    assert_eq!(indices, golden.int8.indices);
    assert_eq!(indices, golden.published.indices);
    let same = difference(&probabilities, &golden.int8.probabilities);
    assert!(same.0 < SAME_WEIGHTS, "{same:?}");
    let published = difference(&probabilities, &golden.published.probabilities);
    assert!(published.0 < RECOGNITION_WORST, "{published:?}");
    assert_eq!(networks.weights.alphabet.decode(steps.into_iter()).text(), "Night buses");
}

#[test]
fn a_size_that_the_network_does_not_take_is_an_error() {
    let networks = Networks::new(Arc::new(Weights::load().unwrap()), Some(1));
    let outcome = networks.detect(vec![0.0; 3 * 32 * 32], (64, 32));
    assert!(matches!(outcome, Err(ReaderError::Network { what: "detection", .. })));
}
