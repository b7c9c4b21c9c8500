//! Random weights: the same seed gives the same weights on every machine.
//!
//! Matrices have a deviation of 1 / sqrt(row length), which keeps the size of what they multiply;
//! norms are near 1. So activations stay finite and logits have a deviation near 1.

use std::collections::HashMap;

use anyhow::Result;
use lorgnette_app::models::convert::pair::Rows;
use lorgnette_gguf::NumberFormat;
use lorgnette_gguf::quantise::quantise;
use rayon::prelude::*;

use super::script::Script;

/// The number of numbers in a pool. Quantising 12 billion numbers would take an hour; these take a second.
const N_POOL: usize = 1 << 22;
/// The most units of a pool that a row takes in one piece.
const MAX_PIECE_UNITS: usize = 8;
/// The most numbers that are written at a time.
const N_CHUNK: usize = 1 << 23;

/// The distribution of a tensor's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Numbers around 0, with a deviation of 1 / sqrt(row length).
    Matrix,
    /// Numbers around 1, as norms have.
    Norm,
    /// Small numbers around 0, as biases are.
    Bias,
    /// The number that FP8 codes are multiplied with.
    Scale,
}

/// What FP8 codes are larger than what they stand for: most weights would be below its smallest
/// numbers.
const F8_GAIN: f32 = 256.0;

/// The description of a tensor that is to be made.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// The name, from which the numbers are drawn together with the seed: the same name gives the same
    /// numbers.
    pub name: String,
    pub kind: Kind,
    pub n_rows: usize,
    pub row_len: usize,
    /// The order in which the rows stand in the file.
    pub dtype: NumberFormat,
    pub rows: Rows,
}

/// Makes tensors of random numbers.
pub struct RandomWeights {
    seed: u64,
    /// Whether each weight is a number of its own. Otherwise, rows are composed of pieces of pools.
    independent: bool,
    pools: HashMap<(NumberFormat, usize), Pool>,
    /// A text that stands in some of the weights.
    script: Option<Script>,
}

impl RandomWeights {
    pub fn new(seed: u64, independent: bool) -> Self {
        Self { seed, independent, pools: HashMap::new(), script: None }
    }

    /// Puts a text in the place of the random numbers that would say another one.
    pub fn say(&mut self, script: Script) {
        self.script = Some(script);
    }

    /// Hands the tensor's bytes to `write`, in pieces.
    pub fn stream(
        &mut self,
        wanted: &Wanted,
        mut write: impl FnMut(&[u8]) -> Result<()>,
    ) -> Result<()> {
        let rows_a_chunk = (N_CHUNK / wanted.row_len).max(1);
        for first in (0..wanted.n_rows).step_by(rows_a_chunk) {
            let end = (first + rows_a_chunk).min(wanted.n_rows);
            write(&self.rows(wanted, first..end)?)?;
        }
        Ok(())
    }

    /// Returns the bytes of some rows. Each row depends only on its own number.
    pub fn rows(&mut self, wanted: &Wanted, rows: std::ops::Range<usize>) -> Result<Vec<u8>> {
        let script = self.script.as_ref();
        let said = script.and_then(|it| it.rows(&wanted.name, rows.clone(), wanted.row_len));
        if let Some(numbers) = said {
            return Ok(quantise(&numbers, wanted.row_len, wanted.dtype)?);
        }
        if self.independent || wanted.kind != Kind::Matrix {
            let mut numbers = vec![0.0; rows.len() * wanted.row_len];
            let seed = self.seed;
            numbers.par_chunks_mut(wanted.row_len).zip(rows).for_each(|(numbers, row)| {
                Rng::new(seed, &wanted.name, wanted.rows.source_row(row, wanted.n_rows))
                    .fill(numbers, wanted.kind);
            });
            gain(&mut numbers, wanted.dtype);
            return Ok(quantise(&numbers, wanted.row_len, wanted.dtype)?);
        }
        let (dtype, row_len) = (wanted.dtype, wanted.row_len);
        if !self.pools.contains_key(&(dtype, row_len)) {
            self.pools.insert((dtype, row_len), Pool::new(self.seed, dtype, row_len)?);
        }
        let pool = &self.pools[&(dtype, row_len)];
        let n_row_bytes = row_len / dtype.block_len() * dtype.block_bytes();
        let mut bytes = vec![0; rows.len() * n_row_bytes];
        bytes.par_chunks_mut(n_row_bytes).zip(rows).for_each(|(bytes, row)| {
            let mut rng =
                Rng::new(self.seed, &wanted.name, wanted.rows.source_row(row, wanted.n_rows));
            pool.fill(bytes, &mut rng);
        });
        Ok(bytes)
    }
}

/// Makes numbers as large as the codes of their format.
fn gain(numbers: &mut [f32], dtype: NumberFormat) {
    if dtype == NumberFormat::F8E4M3 {
        for number in numbers {
            *number *= F8_GAIN;
        }
    }
}

/// Quantised numbers of which rows are composed.
struct Pool {
    bytes: Vec<u8>,
    /// A unit is the largest power of two up to 256 that divides a row: whole blocks in every
    /// format that the row can have, and the same numbers in each.
    n_unit_bytes: usize,
}

impl Pool {
    fn new(seed: u64, dtype: NumberFormat, row_len: usize) -> Result<Self> {
        let unit = 1 << row_len.trailing_zeros().min(8);
        let mut numbers = vec![0.0; N_POOL.next_multiple_of(row_len)];
        numbers.par_chunks_mut(row_len).enumerate().for_each(|(row, numbers)| {
            Rng::new(seed, "pool", row).fill(numbers, Kind::Matrix);
        });
        gain(&mut numbers, dtype);
        let bytes = quantise(&numbers, row_len, dtype)?;
        Ok(Self { bytes, n_unit_bytes: unit / dtype.block_len() * dtype.block_bytes() })
    }

    /// Takes at least two pieces, so that two rows of a vocabulary are never the same: greedy decoding
    /// must not meet a tie.
    fn fill(&self, row: &mut [u8], rng: &mut Rng) {
        let n_pool_units = self.bytes.len() / self.n_unit_bytes;
        let n_piece_units = (row.len() / self.n_unit_bytes / 2).clamp(1, MAX_PIECE_UNITS);
        for piece in row.chunks_mut(n_piece_units * self.n_unit_bytes) {
            let first = rng.next() % (n_pool_units - n_piece_units + 1) as u64;
            let start = first as usize * self.n_unit_bytes;
            piece.copy_from_slice(&self.bytes[start..start + piece.len()]);
        }
    }
}

/// splitmix64 by Sebastiano Vigna. It is written here because the streams of `rand` change with its
/// versions.
struct Rng(u64);

impl Rng {
    fn new(seed: u64, name: &str, row: usize) -> Self {
        // FNV-1a over the name; the standard library's hash may change with its versions.
        let hash = name.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
        });
        let mut rng = Self(seed);
        rng.0 = rng.next() ^ hash;
        rng.0 = rng.next() ^ row as u64;
        rng.0 = rng.next();
        rng
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ (x >> 31)
    }

    /// Returns a number of mean 0 and deviation 1, near a bell curve: the sum of four even 16-bit
    /// numbers. It is computed in integers, because logarithm and cosine differ by machine in their
    /// last bit.
    fn normal(&mut self) -> f32 {
        const MEAN: i32 = 2 * 0xffff;
        const DEVIATION: f32 = 37_837.23; // sqrt(4 * (65536^2 - 1) / 12)
        let x = self.next();
        let sum = (0..4).map(|i| (x >> (16 * i) & 0xffff) as i32).sum::<i32>();
        (sum - MEAN) as f32 / DEVIATION
    }

    fn fill(&mut self, row: &mut [f32], kind: Kind) {
        let (mean, deviation) = match kind {
            Kind::Matrix => (0.0, 1.0 / (row.len() as f32).sqrt()),
            Kind::Norm => (1.0, 0.1),
            Kind::Bias => (0.0, 0.1),
            Kind::Scale => (1.0 / F8_GAIN, 0.0),
        };
        for number in row {
            *number = mean + deviation * self.normal();
        }
    }
}

#[cfg(test)]
mod tests;
