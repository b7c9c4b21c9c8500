use half::{bf16, f16};
use proptest::prelude::*;

use super::*;
#[cfg(target_arch = "x86_64")]
use crate::quant::Level;

fn number(i: usize) -> f32 {
    (i as f32 * 12.9898).sin()
}

#[track_caller]
fn check<T: Element>(m: usize, n: usize, k: usize, narrow: fn(f32) -> T, wide: fn(T) -> f32) {
    let x: Vec<f32> = (0..m * k).map(number).collect();
    let w: Vec<T> = (0..n * k).map(|i| narrow(number(i + 7))).collect();
    let mut y = vec![f32::NAN; m * n];
    matmul_nt(&x, &w, &mut y, (m, n, k), Precision::F32);
    for row in 0..m {
        for col in 0..n {
            let expected: f64 =
                (0..k).map(|i| f64::from(x[row * k + i]) * f64::from(wide(w[col * k + i]))).sum();
            let got = f64::from(y[row * n + col]);
            assert!(
                (got - expected).abs() < 1e-4,
                "({m}, {n}, {k}) at {row}, {col}: {got}, {expected}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]
    #[test]
    fn the_product_is_that_of_the_widened_matrix(m in 1..9_usize, n in 1..80_usize, k in 1..70_usize) {
        check(m, n, k, f16::from_f32, f16::to_f32);
        check(m, n, k, bf16::from_f32, bf16::to_f32);
    }
}

#[test]
fn tall_products_take_larger_panels() {
    check(70, 300, 5, f16::from_f32, f16::to_f32);
}

#[test]
fn no_rows_is_no_work() {
    matmul_nt::<f16>(&[], &[f16::ONE; 4], &mut [], (0, 2, 2), Precision::F32);
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_product_in_bf16_is_that_of_factors_in_bf16() {
    if !crate::bf16::is_supported() {
        return eprintln!("skipped: this processor does not multiply bf16");
    }
    let bf16_of = |i| bf16::from_f32(number(i)).to_f32();
    for (m, n, k) in [(1, 1, 2), (5, 64, 34), (6, 65, 256), (13, 130, 258), (520, 40, 600)] {
        let x: Vec<f32> = (0..m * k).map(number).collect();
        let w: Vec<f16> = (0..n * k).map(|i| f16::from_f32(bf16_of(i + 7))).collect();
        let mut y = vec![f32::NAN; m * n];
        super::bf16::matmul_nt(&x, &w, &mut y, (m, n, k));
        for (i, y) in y.iter().enumerate() {
            let (row, col) = (i / n, i % n);
            let products = (0..k).map(|j| {
                let w = bf16::from_f32(w[col * k + j].to_f32());
                f64::from(bf16_of(row * k + j)) * f64::from(w.to_f32())
            });
            let expected: f64 = products.sum();
            assert!((f64::from(*y) - expected).abs() < 1e-4, "({m}, {n}, {k}) at {row}, {col}");
        }
    }
}

/// The definition: codes, scales and sums of whole blocks as they are, in f64.
#[cfg(target_arch = "x86_64")]
fn product_of_codes(x: &[f32], w: &[f32], (m, n, k): (usize, usize, usize)) -> Vec<f64> {
    let codes = |row: &[f32]| {
        let blocks = row.chunks(crate::int16::BLOCK).flat_map(|block| {
            let largest = crate::int16::largest_code(block.len());
            let most = block.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            let inverse = if most > 0.0 { largest / most } else { 0.0 };
            block.iter().map(move |x| {
                f64::from((x * inverse).round_ties_even()) * f64::from(most / largest)
            })
        });
        blocks.collect::<Vec<f64>>()
    };
    let [x, w] = [x, w].map(|rows| rows.chunks_exact(k).map(codes).collect::<Vec<_>>());
    let dot = |i: usize| x[i / n].iter().zip(&w[i % n]).map(|(x, w)| x * w).sum();
    (0..m * n).map(dot).collect()
}

#[test]
#[cfg(target_arch = "x86_64")]
fn the_product_in_16_bits_is_that_of_its_codes() {
    let levels = [Level::Avx2, Level::AvxVnni, Level::Avx512Vnni];
    for level in levels.into_iter().filter(|level| level.is_supported()) {
        for (m, n, k) in [(1, 1, 2), (5, 16, 34), (6, 17, 256), (13, 130, 258), (1030, 40, 600)] {
            // Outliers, rows of zeros, and factors that are largest everywhere.
            let x: Vec<f32> = (0..m * k)
                .map(|i| match (i / k) % 4 {
                    1 if i % 97 == 0 => 90.0 * number(i),
                    2 => 0.0,
                    3 => 1.0,
                    _ => number(i),
                })
                .collect();
            let w: Vec<f32> =
                (0..n * k).map(|i| if (i / k) % 3 == 1 { -2.0 } else { number(i + 7) }).collect();
            let expected = product_of_codes(&x, &w, (m, n, k));
            let exact: Vec<f64> = (0..m * n)
                .map(|i| {
                    let (x, w) = (&x[i / n * k..][..k], &w[i % n * k..][..k]);
                    x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w)).sum()
                })
                .collect();
            let mut y = vec![f32::NAN; m * n];
            int16::matmul_nt(&x, &Dense { numbers: &w, k }, &mut y, m, level);
            for (i, y) in y.iter().enumerate() {
                let (y, at) = (f64::from(*y), format!("{level} ({m}, {n}, {k}) at {i}"));
                // A scale is an f32, and so are the sums of blocks.
                assert!((y - expected[i]).abs() <= 3e-6 * (1.0 + k as f64), "{at}: {y}");
                let largest = x[i / n * k..][..k].iter().fold(0.0_f32, |most, x| most.max(x.abs()));
                let bound = 2.0 * f64::from(largest) * (k as f64).sqrt() / 1000.0;
                assert!((y - exact[i]).abs() <= bound.max(1e-9), "{at}: {y}, {}", exact[i]);
            }
        }
    }
}

#[test]
#[cfg(target_arch = "x86_64")]
fn a_number_that_is_none_is_not_hidden_by_16_bits() {
    if !Level::Avx2.is_supported() {
        return eprintln!("skipped: this processor has no AVX2");
    }
    let (m, n, k) = (20, 18, 300);
    let mut x: Vec<f32> = (0..m * k).map(number).collect();
    let mut w: Vec<f16> = (0..n * k).map(|i| f16::from_f32(number(i))).collect();
    (x[3 * k + 299], x[4 * k], w[5 * k + 7]) = (f32::NAN, f32::INFINITY, f16::NAN);
    let mut y = vec![0.0; m * n];
    int16::matmul_nt(&x, &Dense { numbers: &w, k }, &mut y, m, Level::Avx2);
    for (i, y) in y.iter().enumerate() {
        assert_eq!(y.is_nan(), matches!(i / n, 3 | 4) || i % n == 5, "{i}");
    }
}

#[test]
fn few_rows_are_what_each_is_alone() {
    for (m, n, k) in [(2, 40, 64), (5, 33, 96), (8, 1000, 48), (3, 7, 17)] {
        let x: Vec<f32> = (0..m * k).map(number).collect();
        let w: Vec<bf16> = (0..n * k).map(|i| bf16::from_f32(number(i + 7))).collect();
        for precision in [Precision::F32, Precision::best()] {
            let mut y = vec![f32::NAN; m * n];
            matmul_nt(&x, &w, &mut y, (m, n, k), precision);
            for (x, y) in x.chunks_exact(k).zip(y.chunks_exact(n)) {
                let mut alone = vec![f32::NAN; n];
                matmul_nt(x, &w, &mut alone, (1, n, k), precision);
                assert_eq!(alone, y, "{m} x {n} x {k} in {precision}");
            }
        }
    }
}
