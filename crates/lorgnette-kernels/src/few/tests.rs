use super::*;

fn numbers(n: usize, seed: usize) -> Vec<f32> {
    (0..n).map(|i| ((i + seed) * 7919 % 613) as f32 / 307.0 - 1.0).collect()
}

/// Every form that this processor runs, the plain one first.
fn forms() -> Vec<Arch> {
    #[cfg(target_arch = "x86_64")]
    let all = vec![Arch::Scalar, Arch::new()];
    #[cfg(not(target_arch = "x86_64"))]
    let all = vec![Arch::new()];
    all
}

const SHAPES: [(usize, usize, usize); 8] = [
    (1, 1, 1),
    (1, 9, 128),
    (4, 32, 128),
    (5, 33, 64),
    (20, 31, 80),
    (7, 2, 17),
    (3, 17, 30),
    (32, 8, 256),
];

fn dots_of(arch: Arch, x: &[f32], w: &[f32], (m, n, k): (usize, usize, usize)) -> Vec<f32> {
    let y_stride = n + 3;
    let mut y = vec![f32::NAN; m * y_stride];
    arch.dispatch(Dots { x, w, y: &mut y, y_stride, sizes: (m, n, k) });
    y.chunks_exact(y_stride).flat_map(|row| row[..n].to_vec()).collect()
}

#[test]
fn products_are_near_the_exact_ones_in_every_form_and_those_of_each_row_alone() {
    for (m, n, k) in SHAPES {
        let (x, w) = (numbers(m * k, 1), numbers(n * k, 5));
        for arch in forms() {
            let y = dots_of(arch, &x, &w, (m, n, k));
            for (i, x) in x.chunks_exact(k).enumerate() {
                for (j, w) in w.chunks_exact(k).enumerate() {
                    let exact: f64 =
                        x.iter().zip(w).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
                    let far = (f64::from(y[i * n + j]) - exact).abs();
                    assert!(far < 1e-4, "{arch:?} {m} x {n} x {k}: {far}");
                }
                let alone = dots_of(arch, x, &w, (1, n, k));
                assert_eq!(alone, y[i * n..][..n], "{arch:?} row {i} of {m} x {n} x {k}");
            }
            // And the first products are the same with fewer rows of the other side.
            let fewer = dots_of(arch, &x, &w[..n.div_ceil(2) * k], (m, n.div_ceil(2), k));
            for (fewer, y) in fewer.chunks_exact(n.div_ceil(2)).zip(y.chunks_exact(n)) {
                assert_eq!(fewer, &y[..n.div_ceil(2)]);
            }
        }
    }
}

#[test]
fn weighted_sums_are_near_the_exact_ones_in_every_form_and_those_of_each_row_alone() {
    for (m, n, k) in SHAPES {
        let weights_stride = n + 2;
        let (weights, values) = (numbers(m * weights_stride, 3), numbers(n * k, 7));
        let before = numbers(m * k, 11);
        for arch in forms() {
            let add = |weights: &[f32], out: &mut [f32]| {
                arch.dispatch(AddWeighted { weights, weights_stride, values: &values, out, k });
            };
            let mut out = before.clone();
            add(&weights, &mut out);
            for i in 0..m {
                let weights = &weights[i * weights_stride..];
                for c in 0..k {
                    let sum: f64 = (0..n)
                        .map(|j| f64::from(weights[j]) * f64::from(values[j * k + c]))
                        .sum::<f64>();
                    let exact = f64::from(before[i * k + c]) + sum;
                    let far = (f64::from(out[i * k + c]) - exact).abs();
                    assert!(far < 1e-4, "{arch:?} {m} x {n} x {k}: {far}");
                }
                let mut alone = before[i * k..][..k].to_vec();
                add(weights, &mut alone);
                assert_eq!(alone, out[i * k..][..k], "{arch:?} row {i} of {m} x {n} x {k}");
            }
        }
    }
}
