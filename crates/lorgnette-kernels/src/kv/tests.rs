use lorgnette_gguf::BlockFormat;
use lorgnette_gguf::NumberFormat;
use lorgnette_gguf::quantise::quantise;

use super::*;

fn numbers(n: usize) -> Vec<f32> {
    (0..n).map(|i| ((i * 7919 % 2003) as f32 / 1000.0 - 1.0) * (1 + i % 7) as f32).collect()
}

#[track_caller]
fn quantised(numbers: &[f32], head_dim: usize) -> Vec<u8> {
    let mut bytes = vec![0xee; numbers.len() / head_dim * q8_0_row_bytes(head_dim)];
    quantise_rows(numbers, head_dim, &mut bytes);
    // The form for any processor, beside the one for the processor at hand.
    let mut plain = vec![0x77; bytes.len()];
    quantise_rows_by(numbers, head_dim, &mut plain);
    assert_eq!(bytes, plain);
    bytes
}

#[test]
fn blocks_are_those_of_the_quantiser_of_files() {
    for (head_dim, rows) in [(32, 1), (64, 5), (128, 200), (256, 3)] {
        let mut numbers = numbers(head_dim * rows);
        numbers[3] = 0.0;
        numbers[..32].iter_mut().filter(|_| rows > 5).for_each(|x| *x = 0.0);
        let expected =
            quantise(&numbers, head_dim, NumberFormat::Blocks(BlockFormat::Q8_0)).unwrap();
        assert_eq!(quantised(&numbers, head_dim), expected, "{rows} of {head_dim}");
    }
}

#[test]
fn widened_rows_are_within_half_a_step_and_the_same_in_both_forms() {
    for head_dim in [8, 16, 32, 48, 80, 128] {
        let numbers = numbers(7 * head_dim);
        let bytes = quantised(&numbers, head_dim);
        let heads = Q8Heads { bytes: &bytes, stride: bytes.len(), head_dim };
        let mut wide = vec![f32::NAN; numbers.len()];
        heads.rows_into(0, 0..7, &mut wide);
        for (block, wide) in numbers.chunks(head_dim).zip(wide.chunks(head_dim)) {
            for (block, wide) in block.chunks(BLOCK).zip(wide.chunks(BLOCK)) {
                let most = block.iter().fold(0.0_f32, |a, b| a.max(b.abs()));
                // Half a step, and what the scale loses in f16.
                let step = most / 127.0;
                for (x, wide) in block.iter().zip(wide) {
                    assert!((x - wide).abs() <= 0.57 * step, "{x} became {wide}, step {step}");
                }
            }
        }
        let mut plain = vec![f32::NAN; numbers.len()];
        widen_rows_by(&bytes, head_dim, &mut plain);
        assert_eq!(wide, plain);
        // Parts of a row, and rows from the middle.
        let mut scratch = vec![0.0; 7 * head_dim];
        assert_eq!(heads.rows(0, 2..5, &mut scratch), &wide[2 * head_dim..5 * head_dim]);
        let head = heads.head(0, 7);
        assert_eq!(head.shape(), (7, head_dim));
        let columns = if head_dim > 32 { 32..head_dim } else { 0..head_dim };
        let expected = &wide[3 * head_dim..][columns.clone()];
        assert_eq!(head.widen(3, columns, &mut scratch), expected);
    }
}

#[test]
fn what_is_not_finite_is_not_hidden_and_what_is_next_to_nothing_is_zero() {
    for strange in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut row = numbers(64);
        row[40] = strange;
        let bytes = quantised(&row, 64);
        let heads = Q8Heads { bytes: &bytes, stride: bytes.len(), head_dim: 64 };
        let mut wide = vec![0.0; 64];
        heads.rows_into(0, 0..1, &mut wide);
        assert!(wide[..32].iter().all(|x| x.is_finite()));
        assert!(wide[32..].iter().all(|x| x.is_nan()));
    }
    for tiny in [0.0, 1e-42, -1e-38] {
        let bytes = quantised(&[tiny; 32], 32);
        let heads = Q8Heads { bytes: &bytes, stride: bytes.len(), head_dim: 32 };
        let mut wide = vec![1.0; 32];
        heads.rows_into(0, 0..1, &mut wide);
        assert!(wide.iter().all(|x| *x == 0.0), "{tiny}: {wide:?}");
    }
}

#[test]
fn scales_are_widened_as_numbers_of_16_bits_are() {
    for bits in 0..0x7c00 {
        assert_eq!(scale_of(bits).to_bits(), f16::from_bits(bits).to_f32().to_bits(), "{bits:x}");
    }
    assert!(scale_of(f16::NAN.to_bits()).is_nan() && scale_of(f16::INFINITY.to_bits()).is_nan());
}
