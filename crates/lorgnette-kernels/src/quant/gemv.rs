//! Few rows of `x`: every block is read once, where it lies.

use std::ops::Range;

use lorgnette_gguf::BlockFormat;
use rayon::prelude::*;

use super::activations::{Activations, Group};
#[cfg(target_arch = "x86_64")]
use super::chunk::LANES;
use super::level::Level;
use super::{Columns, GROUP, QuantMatrix, fine_activations, par_pieces};

/// Rows of the matrix that a task takes. Enough to be worth a task, few enough that a slower core
/// does not hold the others up.
const TASK_ROWS: usize = 64;

/// Rows of `x` at a time: for so many a block is unpacked once, where a level can.
const X_ROWS: usize = super::FEW_ROWS;

/// Computes `y = x · wᵀ`, some rows of the matrix for each task.
pub(super) fn run(w: &QuantMatrix<'_>, x: &Activations, y: &mut [f32], level: Level) {
    let columns = Columns::of(y, x.m, w.n);
    #[cfg(target_arch = "x86_64")]
    if x.m > 2 && level == Level::Avx512Vnni && super::avx512::has_few(w.format) {
        return par_pieces(w.n, TASK_ROWS).for_each(|rows| side_by_side(w, rows, x, columns));
    }
    par_pieces(w.n, TASK_ROWS).for_each(|rows| row_by_row(w, rows, x, columns, level));
}

/// Some rows of `x` at a time, with each row of the matrix by itself.
fn row_by_row(
    w: &QuantMatrix<'_>,
    rows: Range<usize>,
    x: &Activations,
    columns: Columns,
    level: Level,
) {
    let mut sums = [[0.0; TASK_ROWS]; X_ROWS];
    let x_rows = x_rows(w.format, level);
    for first_x in (0..x.m).step_by(x_rows) {
        let n_x = x_rows.min(x.m - first_x);
        let mut out = sums.each_mut().map(|sums| &mut sums[..rows.len()]);
        dot(w, rows.clone(), x, first_x, &mut out[..n_x], level);
        for (i, sums) in out[..n_x].iter().enumerate() {
            #[expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]
            // SAFETY: tasks have disjoint ranges of columns.
            unsafe {
                columns.write(first_x + i, rows.start, sums);
            }
        }
    }
}

/// All rows of `x`, with 16 rows of the matrix side by side. What is left of the rows goes one by one.
#[cfg(target_arch = "x86_64")]
fn side_by_side(w: &QuantMatrix<'_>, rows: Range<usize>, x: &Activations, columns: Columns) {
    fn of<const M: usize>(
        w: &QuantMatrix<'_>,
        first: usize,
        x: &Activations,
        out: &mut [[f32; LANES]; X_ROWS],
    ) {
        let rows = std::array::from_fn(|i| w.row(first + i));
        out[..M].copy_from_slice(&super::avx512::few::<M>(w.format, rows, x, 0));
    }
    let whole = rows.start + rows.len() / LANES * LANES;
    let mut out = [[0.0; LANES]; X_ROWS];
    for first in (rows.start..whole).step_by(LANES) {
        match x.m {
            3 => of::<3>(w, first, x, &mut out),
            4 => of::<4>(w, first, x, &mut out),
            5 => of::<5>(w, first, x, &mut out),
            6 => of::<6>(w, first, x, &mut out),
            7 => of::<7>(w, first, x, &mut out),
            X_ROWS => of::<X_ROWS>(w, first, x, &mut out),
            m => unreachable!("{m} rows are not few, or fewer than this is for"),
        }
        for (i, sums) in out[..x.m].iter().enumerate() {
            #[expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]
            // SAFETY: tasks have disjoint ranges of columns.
            unsafe {
                columns.write(i, first, sums);
            }
        }
    }
    if whole < rows.end {
        row_by_row(w, whole..rows.end, x, columns, Level::Avx512Vnni);
    }
}

/// Rows of `x` that a level takes at a time, row by row of the matrix. With four, the forms for AVX-512
/// have more numbers than registers and take longer than twice with two.
fn x_rows(format: BlockFormat, level: Level) -> usize {
    #[cfg(target_arch = "x86_64")]
    if level == Level::Avx512Vnni && super::avx512::has_dot(format) {
        return 2;
    }
    let _ = (format, level);
    X_ROWS
}

/// Products of some rows of the matrix with rows of `x` from `first_x` on, one row for each of `out`.
fn dot(
    w: &QuantMatrix<'_>,
    rows: Range<usize>,
    x: &Activations,
    first_x: usize,
    out: &mut [&mut [f32]],
    level: Level,
) {
    #[cfg(target_arch = "x86_64")]
    if level == Level::Avx512Vnni && super::avx512::has_dot(w.format) {
        return dot_by::<super::avx512::Avx512>(w, rows.start, x, first_x, out);
    }
    #[cfg(target_arch = "x86_64")]
    if level != Level::Scalar {
        return dot_by::<super::avx2::Avx2>(w, rows.start, x, first_x, out);
    }
    for (row_of_x, sums) in (first_x..).zip(out) {
        match level {
            Level::Scalar => {
                for (sum, row) in sums.iter_mut().zip(rows.clone()) {
                    *sum = dot_scalar(w.format, w.row(row), x, row_of_x);
                }
            }
            #[cfg(target_arch = "aarch64")]
            Level::NeonDotprod | Level::NeonI8mm => {
                super::neon::dot(w, rows.start, x, row_of_x, sums);
            }
            _ => unreachable!("only levels that are supported are run"),
        }
    }
}

/// The products of a level that takes several rows of the matrix, and several of `x`, at a time.
#[cfg(target_arch = "x86_64")]
pub(super) trait Dot {
    /// Whether this processor has the instructions of [`Self::dot`].
    fn is_supported() -> bool;

    /// Products of `R` rows of the matrix with `M` rows of `x`, from `first_x` on.
    ///
    /// # Safety
    /// The processor has the instructions: see [`Self::is_supported`].
    #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
    unsafe fn dot<const R: usize, const M: usize>(
        format: BlockFormat,
        rows: [&[u8]; R],
        x: &Activations,
        first_x: usize,
    ) -> [[f32; M]; R];
}

/// Products of rows of the matrix from `first` on, as many as each of `out` has, with rows of `x` from
/// `first_x` on, as many as there are `out`, [`X_ROWS`] at the most.
#[cfg(target_arch = "x86_64")]
fn dot_by<L: Dot>(
    w: &QuantMatrix<'_>,
    first: usize,
    x: &Activations,
    first_x: usize,
    out: &mut [&mut [f32]],
) {
    match out {
        [_] => rows_of_w::<L, 4, 1>(w, first, x, first_x, out),
        [_, _] => rows_of_w::<L, 4, 2>(w, first, x, first_x, out),
        [_, _, _] => rows_of_w::<L, 2, 3>(w, first, x, first_x, out),
        [_, _, _, _] => rows_of_w::<L, 2, 4>(w, first, x, first_x, out),
        [_, _, _, _, _] => rows_of_w::<L, 2, 5>(w, first, x, first_x, out),
        [_, _, _, _, _, _] => rows_of_w::<L, 2, 6>(w, first, x, first_x, out),
        [_, _, _, _, _, _, _] => rows_of_w::<L, 2, 7>(w, first, x, first_x, out),
        _ => rows_of_w::<L, 2, X_ROWS>(w, first, x, first_x, out),
    }
}

/// As [`dot_by`], `R` rows of the matrix at a time: their blocks are asked for together, and what is
/// made of `x` serves all of them.
#[cfg(target_arch = "x86_64")]
fn rows_of_w<L: Dot, const R: usize, const M: usize>(
    w: &QuantMatrix<'_>,
    first: usize,
    x: &Activations,
    first_x: usize,
    out: &mut [&mut [f32]],
) {
    assert!(L::is_supported() && out.len() == M);
    let n = out[0].len();
    let mut write = |done: usize, products: &[[f32; M]]| {
        for (i, products) in products.iter().enumerate() {
            out.iter_mut().zip(products).for_each(|(out, product)| out[done + i] = *product);
        }
    };
    let n_whole = n / R * R;
    for done in (0..n_whole).step_by(R) {
        let rows: [_; R] = std::array::from_fn(|i| w.row(first + done + i));
        #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
        // SAFETY: they are there, by the assertion.
        write(done, &unsafe { L::dot::<R, M>(w.format, rows, x, first_x) });
    }
    for done in n_whole..n {
        let rows = [w.row(first + done)];
        #[expect(unsafe_code, reason = "needs instructions that not every processor has")]
        // SAFETY: as above.
        write(done, &unsafe { L::dot::<1, M>(w.format, rows, x, first_x) });
    }
}

/// Asks, one after the other, for as many bytes as `R` rows have from `at` on, of the rows that come
/// next. They go to the second cache, since long rows would push each other out of the first one.
///
/// Left to itself, the processor follows each row as a stream of its own and guesses only inside a
/// page of 4 KiB, which is a row or two: a third of the memory's speed is lost.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub(super) fn prefetch<const R: usize>(rows: [&[u8]; R], at: usize, len: usize) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    let next = rows[0].as_ptr().wrapping_add(R * (rows[0].len() + at));
    for at in (0..R * len).step_by(64) {
        #[expect(unsafe_code, reason = "a hint")]
        // SAFETY: nothing is read; any address may be asked for.
        unsafe {
            _mm_prefetch::<_MM_HINT_T1>(next.wrapping_add(at).cast());
        }
    }
}

/// The product of a row of the matrix with one of `x`: what every level computes.
fn dot_scalar(format: BlockFormat, row: &[u8], x: &Activations, row_of_x: usize) -> f32 {
    let group_bytes = GROUP / format.block_len() * format.block_bytes();
    let groups = row.chunks(group_bytes).enumerate();
    groups.map(|(i, blocks)| dot_group(format, blocks, &x.group(i), row_of_x)).sum()
}

fn dot_group(format: BlockFormat, blocks: &[u8], group: &Group<'_>, row_of_x: usize) -> f32 {
    let (block_len, sub_len) = (format.block_len(), format.sub_len());
    let n_subs = group.len / sub_len;
    let x = &group.codes[row_of_x * group.len..][..group.len];
    let fine = fine_activations(format);
    let n_scales = if fine { n_subs } else { 1 };
    let mut codes = [0; GROUP];
    let mut total = 0.0;
    for (i, block) in blocks.chunks_exact(format.block_bytes()).enumerate() {
        format.codes(block, &mut codes[..block_len]);
        let (scale, min_scale) = format.scales(block);
        let x = &x[i * block_len..][..block_len];
        let (mut sum, mut mins) = (0_i32, 0_i32);
        for sub in 0..block_len / sub_len {
            let at = i * block_len / sub_len + sub;
            let columns = sub * sub_len..(sub + 1) * sub_len;
            let product: i32 = columns.map(|j| i32::from(codes[j]) * i32::from(x[j])).sum();
            let (small, min) = format.small_scale_and_min(block, sub);
            sum += (group.starts[row_of_x * n_subs + at] + product) * i32::from(small);
            if format.has_min() {
                mins += i32::from(min) * group.sum(format, row_of_x, at);
            }
        }
        let x_scale = group.scales[row_of_x * n_scales + if fine { i } else { 0 }];
        total += (scale * sum as f32 - min_scale * mins as f32) * x_scale;
    }
    total
}
