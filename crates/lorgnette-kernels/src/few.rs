//! Products of few rows, in f32: each is what it would be of its row alone.
//!
//! A sum is added in an order that does not depend on how many rows there are, so that answers
//! written together are those written one by one. `gemm` chooses its order by the shape.

use pulp::{Arch, Simd, WithSimd};

/// Rows of `x` at a time; with two rows of `w` each, their sums fill 8 of 16 registers.
const ROWS: usize = 4;
/// Rows of `w` at a time for a single row of `x`.
const ROWS_FOR_ONE: usize = 8;

/// `y[i · y_stride + j] = x[i] · w[j]`.
///
/// Shapes: `x` `(m, k)`, `w` `(n, k)`, row by row.
///
/// # Panics
/// When a slice is shorter than its shape.
pub(crate) fn dots(
    x: &[f32],
    w: &[f32],
    y: &mut [f32],
    y_stride: usize,
    (m, n, k): (usize, usize, usize),
) {
    let (x, w) = (&x[..m * k], &w[..n * k]);
    Arch::new().dispatch(Dots { x, w, y, y_stride, sizes: (m, n, k) });
}

/// `out[i] += Σ weights[i · weights_stride + j] · values[j]`.
///
/// Shapes: `weights` `(m, n)`, `values` `(n, k)`, `out` `(m, k)`.
///
/// # Panics
/// When a slice is shorter than its shape.
pub(crate) fn add_weighted(
    weights: &[f32],
    weights_stride: usize,
    values: &[f32],
    out: &mut [f32],
    (m, n, k): (usize, usize, usize),
) {
    let (values, out) = (&values[..n * k], &mut out[..m * k]);
    Arch::new().dispatch(AddWeighted { weights, weights_stride, values, out, k });
}

/// The work of [`dots`].
struct Dots<'a> {
    x: &'a [f32],
    w: &'a [f32],
    y: &'a mut [f32],
    y_stride: usize,
    sizes: (usize, usize, usize),
}

impl WithSimd for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { x, w, y, y_stride, sizes: (m, n, k) } = self;
        let n_whole = m / ROWS * ROWS;
        for i in (0..n_whole).step_by(ROWS) {
            rows_of_x::<S, ROWS, 2>(simd, &x[i * k..], w, &mut y[i * y_stride..], y_stride, (n, k));
        }
        for i in n_whole..m {
            let (x, y) = (&x[i * k..], &mut y[i * y_stride..]);
            rows_of_x::<S, 1, ROWS_FOR_ONE>(simd, x, w, y, y_stride, (n, k));
        }
    }
}

/// `R` rows of `x` by all rows of `w`, `W` at a time.
#[inline(always)]
fn rows_of_x<S: Simd, const R: usize, const W: usize>(
    simd: S,
    x: &[f32],
    w: &[f32],
    y: &mut [f32],
    y_stride: usize,
    (n, k): (usize, usize),
) {
    let x: [&[f32]; R] = std::array::from_fn(|r| &x[r * k..(r + 1) * k]);
    let n_whole = n / W * W;
    for j in (0..n_whole).step_by(W) {
        let w: [&[f32]; W] = std::array::from_fn(|i| &w[(j + i) * k..(j + i + 1) * k]);
        let sums = dot_products::<S, R, W>(simd, x, w);
        for (r, sums) in sums.iter().enumerate() {
            y[r * y_stride + j..][..W].copy_from_slice(sums);
        }
    }
    for j in n_whole..n {
        let sums = dot_products::<S, R, 1>(simd, x, [&w[j * k..(j + 1) * k]]);
        for (r, [sum]) in sums.into_iter().enumerate() {
            y[r * y_stride + j] = sum;
        }
    }
}

/// Each of them has one vector of sums, and what is behind the last whole vector is padded with zeros.
#[inline(always)]
fn dot_products<S: Simd, const R: usize, const W: usize>(
    simd: S,
    x: [&[f32]; R],
    w: [&[f32]; W],
) -> [[f32; W]; R] {
    let mut sums = [[simd.splat_f32s(0.0); W]; R];
    let (x, x_rest) = (x.map(|x| S::as_simd_f32s(x).0), x.map(|x| S::as_simd_f32s(x).1));
    let (w, w_rest) = (w.map(|w| S::as_simd_f32s(w).0), w.map(|w| S::as_simd_f32s(w).1));
    let n_vectors = x[0].len();
    let (x, w) = (x.map(|x| &x[..n_vectors]), w.map(|w| &w[..n_vectors]));
    for i in 0..n_vectors {
        let here: [S::f32s; W] = std::array::from_fn(|j| w[j][i]);
        for r in 0..R {
            for j in 0..W {
                sums[r][j] = simd.mul_add_e_f32s(x[r][i], here[j], sums[r][j]);
            }
        }
    }
    if !x_rest[0].is_empty() {
        let here: [S::f32s; W] = std::array::from_fn(|j| simd.partial_load_f32s(w_rest[j]));
        for r in 0..R {
            let x = simd.partial_load_f32s(x_rest[r]);
            for j in 0..W {
                sums[r][j] = simd.mul_add_e_f32s(x, here[j], sums[r][j]);
            }
        }
    }
    let mut out = [[0.0; W]; R];
    for r in 0..R {
        for j in 0..W {
            out[r][j] = simd.reduce_sum_f32s(sums[r][j]);
        }
    }
    out
}

/// The work of [`add_weighted`], from values `(n, k)` to sums `(m, k)`.
struct AddWeighted<'a> {
    weights: &'a [f32],
    weights_stride: usize,
    values: &'a [f32],
    out: &'a mut [f32],
    k: usize,
}

impl WithSimd for AddWeighted<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { weights, weights_stride, values, out, k } = self;
        let (mut weights, mut out) = (weights, out);
        while out.len() >= ROWS * k {
            let (rows, rest) = out.split_at_mut(ROWS * k);
            add_to_rows::<S, ROWS>(simd, weights, weights_stride, values, rows, k);
            (weights, out) = (weights.get(ROWS * weights_stride..).unwrap_or_default(), rest);
        }
        for row in out.chunks_exact_mut(k) {
            add_to_rows::<S, 1>(simd, weights, weights_stride, values, row, k);
            weights = weights.get(weights_stride..).unwrap_or_default();
        }
    }
}

/// Adds to `R` rows, two vectors of them at a time.
#[inline(always)]
fn add_to_rows<S: Simd, const R: usize>(
    simd: S,
    weights: &[f32],
    weights_stride: usize,
    values: &[f32],
    out: &mut [f32],
    k: usize,
) {
    let n = values.len() / k;
    let weights: [&[f32]; R] = std::array::from_fn(|r| &weights[r * weights_stride..][..n]);
    let lanes = size_of::<S::f32s>() / size_of::<f32>();
    let n_pairs = k / (2 * lanes);
    for pair in 0..n_pairs {
        let columns = 2 * lanes * pair..2 * lanes * (pair + 1);
        let mut sums: [[S::f32s; 2]; R] =
            std::array::from_fn(|r| two::<S>(&out[r * k..][columns.clone()]));
        for (j, values) in values.chunks_exact(k).enumerate() {
            let values = two::<S>(&values[columns.clone()]);
            for r in 0..R {
                let weight = simd.splat_f32s(weights[r][j]);
                for v in 0..2 {
                    sums[r][v] = simd.mul_add_e_f32s(weight, values[v], sums[r][v]);
                }
            }
        }
        for (r, sums) in sums.iter().enumerate() {
            S::as_mut_simd_f32s(&mut out[r * k..][columns.clone()]).0.copy_from_slice(sums);
        }
    }
    for first in (2 * lanes * n_pairs..k).step_by(lanes) {
        let columns = first..k.min(first + lanes);
        for r in 0..R {
            let mut sum = simd.partial_load_f32s(&out[r * k..][columns.clone()]);
            for (j, values) in values.chunks_exact(k).enumerate() {
                let weight = simd.splat_f32s(weights[r][j]);
                let values = simd.partial_load_f32s(&values[columns.clone()]);
                sum = simd.mul_add_e_f32s(weight, values, sum);
            }
            simd.partial_store_f32s(&mut out[r * k..][columns.clone()], sum);
        }
    }
}

#[inline(always)]
fn two<S: Simd>(from: &[f32]) -> [S::f32s; 2] {
    let vectors = S::as_simd_f32s(from).0;
    [vectors[0], vectors[1]]
}

#[cfg(test)]
mod tests;
