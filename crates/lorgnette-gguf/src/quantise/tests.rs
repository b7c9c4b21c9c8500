use super::*;

use proptest::prelude::*;

/// Numbers near a bell curve, as weights are: the sum of four even ones.
fn weights(n: usize, std: f32) -> Vec<f32> {
    let mut state = 1_u64;
    let mut next = || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 40) as f32 / (1_u64 << 24) as f32 - 0.5
    };
    (0..n).map(|_| (next() + next() + next() + next()) * std * 3_f32.sqrt()).collect()
}

/// Root of the mean square of the error, over that of the numbers.
fn relative_error(dtype: NumberFormat, row_len: usize, numbers: &[f32]) -> f32 {
    let bytes = quantise(numbers, row_len, dtype).expect("quantise");
    assert_eq!(bytes.len(), numbers.len() / dtype.block_len() * dtype.block_bytes());
    let back = dequantise(&bytes, row_len, dtype).expect("dequantise");
    let square = |x: f32| f64::from(x) * f64::from(x);
    let error: f64 = numbers.iter().zip(&back).map(|(a, b)| square(a - b)).sum();
    let size: f64 = numbers.iter().map(|a| square(*a)).sum();
    (error / size).sqrt() as f32
}

#[track_caller]
fn check_error(dtype: NumberFormat, at_most: f32) {
    // Longer than a chunk, so that the seam between two threads is in it.
    let error = relative_error(dtype, 512, &weights(3 * CHUNK / 2, 0.014));
    assert!(error <= at_most, "{dtype:?}: {error}");
    assert!(error >= at_most / 1.5, "{dtype:?}: {error} is far under the bound, tighten it");
}

// Each bound is a tenth above what was measured. Weights of 12 B have about this size.
#[test]
fn f32_is_exact() {
    check_error(NumberFormat::F32, 0.0);
}
#[test]
fn f16_error() {
    check_error(NumberFormat::F16, 2.3e-4);
}
#[test]
fn bf16_error() {
    check_error(NumberFormat::Bf16, 1.8e-3);
}
#[test]
fn q8_0_error() {
    check_error(NumberFormat::Q8_0, 5.6e-3);
}
#[test]
fn q6_k_error() {
    check_error(NumberFormat::Q6K, 0.0193);
}
#[test]
fn q5_k_error() {
    check_error(NumberFormat::Q5K, 0.0391);
}
#[test]
fn q4_k_error() {
    check_error(NumberFormat::Q4K, 0.079);
}
#[test]
fn q3_k_error() {
    check_error(NumberFormat::Q3K, 0.19);
}
#[test]
fn q4_0_error() {
    check_error(NumberFormat::Q4_0, 0.0895);
}

/// The formats that have a quantiser, plain ones too.
fn written() -> impl Iterator<Item = NumberFormat> {
    use BlockFormat::{Q3K, Q4_0, Q4K, Q5K, Q6K, Q8_0};
    NumberFormat::all().filter(|dtype| {
        dtype.blocks().is_none_or(|format| matches!(format, Q3K | Q4_0 | Q4K | Q5K | Q6K | Q8_0))
    })
}

#[test]
fn formats_that_are_only_read_are_refused_by_name() {
    for dtype in NumberFormat::all() {
        match quantise(&[0.5; 256], 256, dtype) {
            Ok(_) => assert!(written().any(|written| written == dtype), "{dtype}"),
            Err(error) => {
                assert_eq!(error.to_string(), format!("{dtype} is read and not written"));
                assert!(written().all(|written| written != dtype), "{dtype}");
            }
        }
    }
}

#[test]
fn zeros_stay_zeros() {
    for dtype in written() {
        let bytes = quantise(&[0.0; 256], 256, dtype).expect("quantise");
        let back = dequantise(&bytes, 256, dtype).expect("dequantise");
        assert!(back.iter().all(|x| *x == 0.0), "{dtype:?}");
    }
}

#[test]
fn rows_must_fill_blocks() {
    for (n_numbers, row_len) in [(512, 128), (300, 256), (256, 0)] {
        let error = quantise(&vec![0.0; n_numbers], row_len, NumberFormat::Q4K);
        assert!(matches!(error, Err(GgufError::Rows { .. })), "{n_numbers} in {row_len}");
    }
}

#[test]
fn infinity_is_refused() {
    for value in [f32::INFINITY, f32::NAN, -1e6] {
        let mut numbers = vec![0.0; 256];
        numbers[7] = value;
        let error = quantise(&numbers, 256, NumberFormat::Q4K);
        assert!(matches!(error, Err(GgufError::OutOfRange { index: 7, .. })), "{value}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn no_numbers_panic_or_come_back_infinite(
        numbers in proptest::collection::vec(-F16_MAX..F16_MAX, 512),
        scale_exponent in -30_i32..=0,
    ) {
        let numbers: Vec<f32> = numbers.iter().map(|x| x * 2_f32.powi(scale_exponent)).collect();
        for dtype in written() {
            let bytes = quantise(&numbers, 256, dtype).expect("quantise");
            let back = dequantise(&bytes, 256, dtype).expect("dequantise");
            prop_assert!(back.iter().all(|x| x.is_finite()), "{:?}", dtype);
        }
    }

    #[test]
    fn rows_are_quantised_apart(seed in 0_usize..1000) {
        let numbers = weights(1024 + seed, 0.1);
        let rows = &numbers[seed..];
        for dtype in written() {
            let all = quantise(rows, 512, dtype).expect("quantise");
            let each = rows.chunks(512).flat_map(|row| quantise(row, 512, dtype).expect("quantise"));
            prop_assert!(each.eq(all), "{:?}", dtype);
        }
    }
}

/// llama.cpp's blocks of the same numbers, made by `ggml_quantize_chunk` of llama-cpp-python 0.3.36
/// (`scripts/compare quantisers --fixture`): numbers as weights have them, then blocks
/// with zeros, with one size, with outliers, with tiny numbers, and one of one sign.
const PEER: &[u8] = include_bytes!("../../tests/fixtures/llama-cpp-blocks.bin");

fn peer_numbers() -> Vec<f32> {
    let mut numbers = weights(8 * 256, 0.014);
    numbers[256..512].fill(0.0);
    numbers[512..520].fill(0.0);
    numbers[600..640].fill(0.0);
    numbers[768..1024].fill(-0.25);
    numbers[1024] = 30.0;
    numbers[1300] = -3.0;
    for x in &mut numbers[1536..1792] {
        *x *= 1e-5;
    }
    for x in &mut numbers[1792..] {
        *x = x.abs() + 0.01;
    }
    numbers
}

#[test]
fn blocks_are_those_of_llama_cpp() {
    let numbers = peer_numbers();
    let mut rest = PEER;
    for dtype in [
        NumberFormat::Q4K,
        NumberFormat::Q5K,
        NumberFormat::Q6K,
        NumberFormat::Q8_0,
        NumberFormat::Q4_0,
        NumberFormat::Q3K,
    ] {
        let n_block_bytes = dtype.block_bytes() * 256 / dtype.block_len();
        let ours = quantise(&numbers, 256, dtype).expect("quantise");
        let (theirs, tail) = rest.split_at(ours.len());
        rest = tail;
        let blocks = ours.chunks(n_block_bytes).zip(theirs.chunks(n_block_bytes));
        for (block, (ours, theirs)) in blocks.enumerate() {
            assert_eq!(ours, theirs, "block {block} of {dtype:?}");
        }
    }
    assert!(rest.is_empty());
}
