use half::{bf16, f16};
use proptest::prelude::*;

use super::*;

fn number(i: usize) -> f32 {
    (i as f32 * 12.9898).sin()
}

#[track_caller]
fn check<T: Element>(m: usize, n: usize, k: usize, narrow: fn(f32) -> T, wide: fn(T) -> f32) {
    let x: Vec<f32> = (0..m * k).map(number).collect();
    let w: Vec<T> = (0..n * k).map(|i| narrow(number(i + 7))).collect();
    let mut y = vec![f32::NAN; m * n];
    matmul_nt(&x, &w, &mut y, (m, n, k));
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
    matmul_nt::<f16>(&[], &[f16::ONE; 4], &mut [], (0, 2, 2));
}
