//! Rows of a matrix, unpacked for products with many rows of `x`.

use lorgnette_gguf::BlockFormat;

use super::activations::{Group, n_sums};
use super::{GROUP, QuantMatrix, fine_activations};

/// Rows side by side in a vector of 16 lanes.
pub(super) const LANES: usize = 16;
/// Sub-blocks of a group, at most.
const MAX_SUBS: usize = GROUP / 16;

/// Codes of 16 rows of one group of columns, in the order `(column / 4, row, column % 4)`: as
/// `vpdpbusd` has it, a vector of 64 bytes holds 4 columns of each row.
pub(super) type Codes = [[[u8; 4]; LANES]; GROUP / 4];

/// 16 rows of one group of columns, in the order in which vectors of 64 bytes take them.
#[repr(C, align(64))]
pub(super) struct Tile {
    pub(super) codes: Codes,
    /// Scales of sub-blocks in the order `(sub-block, row)`.
    pub(super) scales: [[f32; LANES]; MAX_SUBS],
    /// The small scales of a super-block, each in the low half and in the high one: `(sub-block, row)`.
    pub(super) small_scales: [[i32; LANES]; MAX_SUBS],
    /// What the small scales of a super-block are multiplied with: `(row)`.
    pub(super) block_scales: [f32; LANES],
    /// Small mins of sub-blocks two by two, the first in the low half: `(pair, row)`. Those of a block
    /// with a single one are 1 and left out.
    pub(super) mins: [[i32; LANES]; MAX_SUBS / 2],
    /// What the small mins of a block are multiplied with: `(block, row)`.
    pub(super) min_scales: [[f32; LANES]; GROUP / 32],
}

impl Tile {
    pub(super) fn zeroed() -> Self {
        Self {
            codes: [[[0; 4]; LANES]; GROUP / 4],
            scales: [[0.0; LANES]; MAX_SUBS],
            small_scales: [[0; LANES]; MAX_SUBS],
            block_scales: [0.0; LANES],
            mins: [[0; LANES]; MAX_SUBS / 2],
            min_scales: [[0.0; LANES]; GROUP / 32],
        }
    }

    /// Unpacks group `group` of the rows from `first`; rows that are not there become 0.
    pub(super) fn fill(&mut self, w: &QuantMatrix<'_>, first: usize, group: usize) {
        for lane in 0..LANES {
            if first + lane < w.n {
                let len = GROUP.min(w.k - group * GROUP);
                let n_bytes = len / w.format.block_len() * w.format.block_bytes();
                let start = group * (GROUP / w.format.block_len()) * w.format.block_bytes();
                self.fill_lane(w.format, &w.row(first + lane)[start..start + n_bytes], lane);
            } else {
                self.clear_lane(lane);
            }
        }
    }

    fn fill_lane(&mut self, format: BlockFormat, blocks: &[u8], lane: usize) {
        let block_len = format.block_len();
        let mut codes = [0; GROUP];
        for (i, block) in blocks.chunks_exact(format.block_bytes()).enumerate() {
            let codes = &mut codes[..block_len];
            format.codes(block, codes);
            for (quad, codes) in codes.chunks_exact(4).enumerate() {
                self.codes[i * block_len / 4 + quad][lane].copy_from_slice(codes);
            }
        }
        self.fill_scales(format, blocks, lane);
    }

    /// The scales and mins of one row.
    #[inline]
    pub(super) fn fill_scales(&mut self, format: BlockFormat, blocks: &[u8], lane: usize) {
        let (block_len, sub_len) = (format.block_len(), format.sub_len());
        for (i, block) in blocks.chunks_exact(format.block_bytes()).enumerate() {
            let (scale, min_scale) = format.scales(block);
            self.min_scales[i][lane] = min_scale;
            self.block_scales[lane] = scale;
            for sub in 0..block_len / sub_len {
                let (small, min) = format.small_scale_and_min(block, sub);
                let at = i * block_len / sub_len + sub;
                self.scales[at][lane] = scale * f32::from(small);
                let small = i32::from(small);
                self.small_scales[at][lane] = small << 16 | small & 0xffff;
                if format.has_min() && !fine_activations(format) {
                    let pair = &mut self.mins[at / 2][lane];
                    if at.is_multiple_of(2) {
                        *pair = i32::from(min);
                    } else {
                        *pair |= i32::from(min) << 16;
                    }
                }
            }
        }
    }

    fn clear_lane(&mut self, lane: usize) {
        for quad in &mut self.codes {
            quad[lane] = [0; 4];
        }
        for scales in &mut self.scales {
            scales[lane] = 0.0;
        }
        for small in self.small_scales.iter_mut().chain(&mut self.mins) {
            small[lane] = 0;
        }
        for scales in &mut self.min_scales {
            scales[lane] = 0.0;
        }
    }

    /// What the mins take off the product of a row of the tile with one of `x`: before the scale of
    /// `x`, where there is one for the whole group.
    pub(super) fn mins(
        &self,
        lane: usize,
        group: &Group<'_>,
        format: BlockFormat,
        row: usize,
    ) -> f32 {
        let n_subs = group.len / format.sub_len();
        let n_sums = n_sums(format, n_subs);
        let sums = &group.sums[row * n_sums..][..n_sums];
        if fine_activations(format) {
            let scales = &group.scales[row * n_subs..][..n_subs];
            let products = sums.iter().zip(scales).zip(&self.min_scales);
            return products.map(|((sum, scale), min)| *sum as f32 * scale * min[lane]).sum();
        }
        let halves = |x: i32| (i32::from(x as i16), x >> 16);
        let products = sums.iter().zip(&self.mins).map(|(sums, mins)| {
            let (m, s) = (halves(mins[lane]), halves(*sums));
            m.0 * s.0 + m.1 * s.1
        });
        products.sum::<i32>() as f32 * self.min_scales[0][lane]
    }
}

/// What a thread unpacks at a time: two tiles, 32 rows.
pub(super) struct Chunk {
    pub(super) tiles: [Tile; 2],
}

/// Rows of a chunk.
pub(super) const CHUNK_ROWS: usize = 2 * LANES;

impl Chunk {
    pub(super) fn zeroed() -> Box<Self> {
        Box::new(Self { tiles: [Tile::zeroed(), Tile::zeroed()] })
    }
}
