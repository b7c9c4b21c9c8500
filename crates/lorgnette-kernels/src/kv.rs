//! Keys and values as a cache has them: numbers, or `Q8_0` blocks along each head.
//!
//! A row in blocks is `head_dim` numbers, 32 to a block: a scale of f16 and 32 whole numbers of 8
//! bits, as llama.cpp's cache in `q8_0` has them. Where `head_dim` is no multiple of 32, the last
//! block ends in zeros.

use std::ops::Range;

use half::f16;
use rayon::prelude::*;

use crate::element::{Dense, Element, Wide};

/// Numbers of a block.
const BLOCK: usize = 32;
/// Bytes of a block: its scale comes first.
const BLOCK_BYTES: usize = 2 + BLOCK;
/// Rows a thread quantises at a time.
const ROWS: usize = 64;

/// Keys, or values, of several heads, each head's rows behind each other.
pub trait Heads: Copy + Sync {
    /// One of the heads.
    type Head: Wide;

    /// The first `n_rows` rows of a head, `(n_rows, head_dim)`.
    ///
    /// # Panics
    /// When there is no such head or it has not so many rows.
    fn head(self, head: usize, n_rows: usize) -> Self::Head;

    /// Rows of a head behind each other, in the cache or in the front of `scratch`.
    ///
    /// # Panics
    /// When there are no such rows or `scratch` is too short for them.
    fn rows<'a>(&'a self, head: usize, rows: Range<usize>, scratch: &'a mut [f32]) -> &'a [f32];

    /// Writes rows of a head to `wide`.
    ///
    /// # Panics
    /// When there are no such rows or `wide` has another length than they.
    fn rows_into(&self, head: usize, rows: Range<usize>, wide: &mut [f32]);

    /// Panics unless there are so many heads with so many rows of `head_dim` numbers.
    fn check(&self, n_heads: usize, n_rows: usize, head_dim: usize);
}

/// Heads whose rows are plain numbers.
#[derive(Debug, Clone, Copy)]
pub struct DenseHeads<'a, T> {
    /// From the first row of the first head on.
    pub numbers: &'a [T],
    /// Numbers from one head to the next.
    pub stride: usize,
    /// Numbers of a row.
    pub head_dim: usize,
}

impl<'a, T: Element> Heads for DenseHeads<'a, T> {
    type Head = Dense<'a, T>;

    fn head(self, head: usize, n_rows: usize) -> Dense<'a, T> {
        let numbers = &self.numbers[head * self.stride..][..n_rows * self.head_dim];
        Dense { numbers, k: self.head_dim }
    }

    fn rows<'b>(&'b self, head: usize, rows: Range<usize>, scratch: &'b mut [f32]) -> &'b [f32] {
        T::widen(&self.numbers[dense_range(self.stride, self.head_dim, head, rows)], scratch)
    }

    fn rows_into(&self, head: usize, rows: Range<usize>, wide: &mut [f32]) {
        T::widen_into(&self.numbers[dense_range(self.stride, self.head_dim, head, rows)], wide);
    }

    fn check(&self, n_heads: usize, n_rows: usize, head_dim: usize) {
        assert_eq!(head_dim, self.head_dim);
        check_lengths(self.numbers.len(), self.stride, n_heads, n_rows * head_dim);
    }
}

/// Heads whose rows are `Q8_0` blocks, [`q8_0_row_bytes`] each.
#[derive(Debug, Clone, Copy)]
pub struct Q8Heads<'a> {
    /// From the first row of the first head on.
    pub bytes: &'a [u8],
    /// Bytes from one head to the next.
    pub stride: usize,
    /// Numbers of a row.
    pub head_dim: usize,
}

impl<'a> Heads for Q8Heads<'a> {
    type Head = Q8Rows<'a>;

    fn head(self, head: usize, n_rows: usize) -> Q8Rows<'a> {
        let bytes = &self.bytes[head * self.stride..][..n_rows * q8_0_row_bytes(self.head_dim)];
        Q8Rows { bytes, k: self.head_dim }
    }

    fn rows<'b>(&'b self, head: usize, rows: Range<usize>, scratch: &'b mut [f32]) -> &'b [f32] {
        let wide = &mut scratch[..rows.len() * self.head_dim];
        self.rows_into(head, rows, wide);
        wide
    }

    fn rows_into(&self, head: usize, rows: Range<usize>, wide: &mut [f32]) {
        assert_eq!(wide.len(), rows.len() * self.head_dim);
        let row_bytes = q8_0_row_bytes(self.head_dim);
        let bytes = &self.bytes[dense_range(self.stride, row_bytes, head, rows)];
        widen_rows(bytes, self.head_dim, wide);
    }

    fn check(&self, n_heads: usize, n_rows: usize, head_dim: usize) {
        assert_eq!(head_dim, self.head_dim);
        let n_bytes = n_rows * q8_0_row_bytes(head_dim);
        check_lengths(self.bytes.len(), self.stride, n_heads, n_bytes);
    }
}

/// Rows of one head in `Q8_0` blocks.
#[derive(Debug, Clone, Copy)]
pub struct Q8Rows<'a> {
    bytes: &'a [u8],
    k: usize,
}

impl Wide for Q8Rows<'_> {
    fn shape(&self) -> (usize, usize) {
        (self.bytes.len() / q8_0_row_bytes(self.k), self.k)
    }

    fn widen<'a>(&'a self, row: usize, columns: Range<usize>, scratch: &'a mut [f32]) -> &'a [f32] {
        let row_bytes = q8_0_row_bytes(self.k);
        let first = columns.start / BLOCK * BLOCK_BYTES;
        let bytes = &self.bytes[row * row_bytes..(row + 1) * row_bytes][first..];
        let wide = &mut scratch[..columns.len()];
        let n_bytes = q8_0_row_bytes(columns.len());
        widen_rows(&bytes[..n_bytes], columns.len(), wide);
        wide
    }
}

fn dense_range(stride: usize, row_len: usize, head: usize, rows: Range<usize>) -> Range<usize> {
    let (start, end) = (rows.start * row_len, rows.end * row_len);
    assert!(end <= stride || head == 0, "rows of another head");
    head * stride + start..head * stride + end
}

fn check_lengths(len: usize, stride: usize, n_heads: usize, of_head: usize) {
    assert!(n_heads > 0 && (of_head <= stride || n_heads == 1));
    assert!(len >= (n_heads - 1) * stride + of_head);
}

/// Bytes of a row of `head_dim` numbers.
pub const fn q8_0_row_bytes(head_dim: usize) -> usize {
    head_dim.div_ceil(BLOCK) * BLOCK_BYTES
}

/// Makes `Q8_0` blocks of rows of `head_dim` numbers, [`q8_0_row_bytes`] of each. What is not finite
/// makes its block not a number.
///
/// Source: `ggml-quants.c`, `quantize_row_q8_0_ref`.
///
/// # Panics
/// When `bytes` has not as many rows as `numbers`.
pub fn quantise_rows(numbers: &[f32], head_dim: usize, bytes: &mut [u8]) {
    let row_bytes = q8_0_row_bytes(head_dim);
    assert_eq!(numbers.len() / head_dim * row_bytes, bytes.len());
    let rows = numbers.par_chunks(ROWS * head_dim).zip(bytes.par_chunks_mut(ROWS * row_bytes));
    rows.for_each(|(numbers, bytes)| {
        pulp::Arch::new().dispatch(|| quantise_rows_by(numbers, head_dim, bytes));
    });
}

#[inline(always)]
fn quantise_rows_by(numbers: &[f32], head_dim: usize, bytes: &mut [u8]) {
    let rows = numbers.chunks_exact(head_dim).zip(bytes.chunks_exact_mut(q8_0_row_bytes(head_dim)));
    for (row, bytes) in rows {
        let (blocks, _) = bytes.as_chunks_mut::<BLOCK_BYTES>();
        for (numbers, block) in row.chunks(BLOCK).zip(blocks) {
            if let Some(numbers) = numbers.as_array() {
                quantise_block(numbers, block);
            } else {
                let mut padded = [0.0; BLOCK];
                padded[..numbers.len()].copy_from_slice(numbers);
                quantise_block(&padded, block);
            }
        }
    }
}

#[inline(always)]
fn quantise_block(numbers: &[f32; BLOCK], block: &mut [u8; BLOCK_BYTES]) {
    // Lanes by hand: a float reduction keeps its order, so the compiler may not split it.
    let (mut most, mut strange) = ([0.0_f32; 8], [0.0_f32; 8]);
    for eight in numbers.chunks_exact(8) {
        for l in 0..8 {
            let abs = eight[l].abs();
            most[l] = if abs > most[l] { abs } else { most[l] };
            // Zero times a number is zero, unless it is none or infinite.
            strange[l] += eight[l] * 0.0;
        }
    }
    let most = most.iter().fold(0.0, |a, b| if *b > a { *b } else { a });
    let is_finite = strange.iter().all(|x| *x == 0.0);
    let scale = if is_finite { most / 127.0 } else { f32::NAN };
    // The inverse of the least scales is beyond the range of f32, and so is what they would say.
    let inverse = if scale > f32::MIN_POSITIVE { 1.0 / scale } else { 0.0 };
    block[..2].copy_from_slice(&f16::from_f32(scale).to_le_bytes());
    for (code, x) in block[2..].iter_mut().zip(numbers) {
        // Halves away from zero, as `roundf`; the number below one half does not carry.
        let x = x * inverse;
        *code = ((x + 0.499_999_97_f32.copysign(x)) as i8).cast_unsigned();
    }
}

/// Widens rows of `k` numbers in `Q8_0` blocks.
fn widen_rows(bytes: &[u8], k: usize, wide: &mut [f32]) {
    pulp::Arch::new().dispatch(|| widen_rows_by(bytes, k, wide));
}

#[inline(always)]
fn widen_rows_by(bytes: &[u8], k: usize, wide: &mut [f32]) {
    for (bytes, wide) in bytes.chunks_exact(q8_0_row_bytes(k)).zip(wide.chunks_exact_mut(k)) {
        let (blocks, _) = bytes.as_chunks::<BLOCK_BYTES>();
        for (block, wide) in blocks.iter().zip(wide.chunks_mut(BLOCK)) {
            let scale = scale_of(u16::from_le_bytes([block[0], block[1]]));
            for (wide, code) in wide.iter_mut().zip(&block[2..]) {
                *wide = f32::from(code.cast_signed()) * scale;
            }
        }
    }
}

/// An f16 without sign as f32. Inside the loop, where a call that asks for instructions costs as much
/// as the block.
#[inline(always)]
fn scale_of(bits: u16) -> f32 {
    const TWO_TO_112: f32 = f32::from_bits((127 + 112) << 23);
    // The exponents of f16 are 112 below those of f32, also those of numbers below the normal ones.
    let scale = f32::from_bits(u32::from(bits & 0x7fff) << 13) * TWO_TO_112;
    if bits & 0x7c00 == 0x7c00 { f32::NAN } else { scale }
}

#[cfg(test)]
mod tests;
