//! f32 rows by a matrix that stays in GGUF's blocks: `y = x · wᵀ`.
//!
//! Rows of `x` are quantised to 8 bits, the products are integers, and only their sums are
//! floating: the arithmetic of llama.cpp's kernels, arranged anew.
//!
//! - Many rows ([`gemm`]): 32 rows of the matrix are unpacked, 256 columns at a time, into a
//!   [`Chunk`](chunk::Chunk) that fits the first cache and serves all rows of `x`.
//! - Few rows ([`gemv`]): the memory that holds the matrix is the limit, so each block is read
//!   once, where it lies.
//!
//! Each has a scalar form, which says what is computed, and forms for what a processor has.

/// Functions that load a vector from the beginning of a slice, for a set of instructions.
#[cfg(target_arch = "x86_64")]
macro_rules! loads {
    ($features:literal: $($name:ident($item:ty, $n:literal) -> $vector:ty = $load:ident;)*) => {$(
        #[expect(unsafe_code, reason = "a vector load")]
        #[target_feature(enable = $features)]
        fn $name(from: &[$item]) -> $vector {
            let from = &from[..$n];
            // SAFETY: the slice has the length of the vector.
            unsafe { $load(from.as_ptr().cast()) }
        }
    )*};
}

mod activations;
#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
mod chunk;
mod gemm;
mod gemv;
mod level;
#[cfg(target_arch = "aarch64")]
mod neon;

use lorgnette_gguf::BlockFormat;
use lorgnette_gguf::format::SUPER_BLOCK;
use rayon::prelude::*;

use crate::element::Wide;

pub use self::level::Level;

use self::activations::Activations;

/// Columns whose sums of products are made together: a super-block of the K formats, several
/// blocks of the others.
const GROUP: usize = SUPER_BLOCK;

/// Activations have a scale for each 32 columns instead of each 256: llama.cpp pairs them so with
/// blocks of 32.
#[inline(always)]
const fn fine_activations(format: BlockFormat) -> bool {
    format.block_len() < GROUP
}

/// Rows of `x` up to which each block is read where it lies, and a row of `y` is what it would be alone.
pub const FEW_ROWS: usize = 8;

/// Whether codes have a sign, which AVX2 has to take from them and give to `x`, for each product
/// anew.
#[cfg(target_arch = "x86_64")]
fn takes_signs(format: BlockFormat) -> bool {
    matches!(format, BlockFormat::Q8_0)
}

/// A matrix in GGUF's blocks. Shape `(n, k)`, row by row.
#[derive(Debug, Clone, Copy)]
pub struct QuantMatrix<'a> {
    format: BlockFormat,
    n: usize,
    k: usize,
    bytes: &'a [u8],
}

impl<'a> QuantMatrix<'a> {
    /// A view of `n` rows of `k` columns.
    ///
    /// # Panics
    /// When the bytes do not have the shape's length, or a row does not fill its blocks.
    pub fn new(format: BlockFormat, n: usize, k: usize, bytes: &'a [u8]) -> Self {
        assert!(k.is_multiple_of(format.block_len()), "{k} columns do not fill blocks");
        assert_eq!(bytes.len(), n * k / format.block_len() * format.block_bytes());
        Self { format, n, k, bytes }
    }

    fn row_bytes(&self) -> usize {
        self.k / self.format.block_len() * self.format.block_bytes()
    }

    fn row(&self, row: usize) -> &'a [u8] {
        &self.bytes[row * self.row_bytes()..][..self.row_bytes()]
    }

    /// The blocks of a group of columns, of 16 rows from `first` on; `None` where not all are there.
    #[cfg(target_arch = "x86_64")]
    fn whole_group(&self, first: usize, group: usize) -> Option<[&'a [u8]; chunk::LANES]> {
        if first + chunk::LANES > self.n || (group + 1) * GROUP > self.k {
            return None;
        }
        let n_bytes = GROUP / self.format.block_len() * self.format.block_bytes();
        let mut rows: [&[u8]; chunk::LANES] = [&[]; chunk::LANES];
        for (lane, row) in rows.iter_mut().enumerate() {
            *row = &self.row(first + lane)[group * n_bytes..][..n_bytes];
        }
        Some(rows)
    }

    /// The numbers of one row, `out` `(k)`.
    ///
    /// # Panics
    /// When `out` has another length or there is no such row.
    pub fn dequantise_row(&self, row: usize, out: &mut [f32]) {
        assert_eq!(out.len(), self.k);
        self.format.dequantise(self.row(row), out);
    }

    /// As [`QuantMatrix::matmul`], with rows of `x` in 8 or 16 bits, whichever is quicker for so many
    /// rows. With 16 bits the result is nearer to the exact one.
    ///
    /// # Panics
    /// When a slice does not have its shape's length.
    pub fn matmul_quickest(&self, x: &[f32], y: &mut [f32], m: usize, level: Level) {
        #[cfg(target_arch = "x86_64")]
        if level == Level::Avx2 && m >= 32 && takes_signs(self.format) {
            return crate::int16::matmul_nt(x, self, y, m, level);
        }
        self.matmul(x, y, m, level);
    }

    /// `y = x · wᵀ` on all threads of the current pool, with rows of `x` in 8 bits. Shapes: `x`
    /// `(m, k)`, `y` `(m, n)`.
    ///
    /// The result is the same for every number of threads.
    ///
    /// # Panics
    /// When a slice does not have its shape's length.
    pub fn matmul(&self, x: &[f32], y: &mut [f32], m: usize, level: Level) {
        assert_eq!(x.len(), m * self.k);
        assert_eq!(y.len(), m * self.n);
        if y.is_empty() {
            return;
        }
        let x = Activations::quantise(x, m, self.k, self.format);
        if m <= FEW_ROWS {
            gemv::run(self, &x, y, level);
        } else {
            gemm::run(self, &x, y, level);
        }
    }
}

impl Wide for QuantMatrix<'_> {
    fn shape(&self) -> (usize, usize) {
        (self.n, self.k)
    }

    fn widen<'a>(
        &'a self,
        row: usize,
        columns: std::ops::Range<usize>,
        scratch: &'a mut [f32],
    ) -> &'a [f32] {
        let byte = |column: usize| column / self.format.block_len() * self.format.block_bytes();
        let blocks = &self.row(row)[byte(columns.start)..byte(columns.end)];
        let scratch = &mut scratch[..columns.len()];
        self.format.dequantise(blocks, scratch);
        scratch
    }
}

/// Where the columns of a result begin, for threads that write columns side by side.
#[derive(Clone, Copy)]
struct Columns {
    start: *mut f32,
    n: usize,
    m: usize,
}

#[expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]
// SAFETY: every user gives each column to one thread.
unsafe impl Sync for Columns {}

impl Columns {
    fn of(y: &mut [f32], m: usize, n: usize) -> Self {
        assert_eq!(y.len(), m * n);
        Self { start: y.as_mut_ptr(), n, m }
    }

    /// Writes columns `first..` of one row.
    ///
    /// # Safety
    /// No other thread may write these columns.
    #[expect(unsafe_code, reason = "threads write disjoint columns of one matrix")]
    unsafe fn write(&self, row: usize, first: usize, values: &[f32]) {
        assert!(row < self.m && first + values.len() <= self.n);
        // SAFETY: inside the slice it was made of, by the assertion; nobody else writes there.
        unsafe {
            std::ptr::copy_nonoverlapping(
                values.as_ptr(),
                self.start.add(row * self.n + first),
                values.len(),
            );
        }
    }
}

/// Splits `0..n` into pieces of `size` for the threads.
fn par_pieces(
    n: usize,
    size: usize,
) -> impl IndexedParallelIterator<Item = std::ops::Range<usize>> {
    (0..n.div_ceil(size)).into_par_iter().map(move |i| i * size..((i + 1) * size).min(n))
}

#[cfg(test)]
mod tests;
