use half::{bf16, f16};
use proptest::prelude::*;

use super::*;
use crate::precision::supports_bf16;

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
    if !supports_bf16() {
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
