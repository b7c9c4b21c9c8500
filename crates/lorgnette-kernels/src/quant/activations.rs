//! Rows of `x` in 8 bits.

use lorgnette_gguf::BlockFormat;
use rayon::prelude::*;

use super::{GROUP, fine_activations};

/// Rows of `x` in 8 bits, a group of columns of all rows beside each other.
///
/// A number is `scale · code`. The scale is that of 256 columns for the K formats and of 32 for
/// the others, which are the pairs that llama.cpp has.
pub(super) struct Activations {
    pub(super) m: usize,
    pub(super) format: BlockFormat,
    k: usize,
    codes: Vec<i8>,
    scales: Vec<f32>,
    starts: Vec<i32>,
    narrow_starts: Vec<i32>,
    sums: Vec<i32>,
}

/// One group of columns, at most [`GROUP`], of all rows.
#[derive(Clone, Copy)]
pub(super) struct Group<'a> {
    /// Columns, a multiple of 32.
    pub(super) len: usize,
    /// The numbers in 8 bits, `(m, len)`.
    pub(super) codes: &'a [i8],
    /// What the codes are multiplied with, `(m, n_scales)`.
    pub(super) scales: &'a [f32],
    /// What the integer sums of a sub-block start from, `−zero · Σ codes`: `(m, n_subs)`.
    pub(super) starts: &'a [i32],
    /// The same of unsigned codes, for sums in 16 bits: those of the first two of each four columns in
    /// the low half, those of the others in the high one. `(m, n_subs)`, or empty.
    #[cfg_attr(not(target_arch = "x86_64"), expect(dead_code, reason = "AVX2 has such sums"))]
    pub(super) narrow_starts: &'a [i32],
    /// `Σ codes` of sub-blocks, for the mins, [`n_sums`] of each row. Those of 256 columns that share
    /// a scale stand two by two, the first in the low half. Empty without mins.
    pub(super) sums: &'a [i32],
}

impl Group<'_> {
    /// `Σ codes` of one sub-block of a row, of a format with mins.
    pub(super) fn sum(&self, format: BlockFormat, row: usize, sub: usize) -> i32 {
        let n_sums = n_sums(format, self.len / format.sub_len());
        let sums = &self.sums[row * n_sums..][..n_sums];
        if fine_activations(format) {
            return sums[sub];
        }
        let pair = sums[sub / 2];
        if sub.is_multiple_of(2) { i32::from(pair as i16) } else { pair >> 16 }
    }
}

/// A group of 256 columns of `M` rows, for the formats in such blocks.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct WholeGroups<'a, const M: usize> {
    pub(super) codes: &'a [[i8; GROUP]; M],
    pub(super) scales: &'a [f32; M],
    starts: &'a [i32],
    sums: &'a [i32],
}

#[cfg(target_arch = "x86_64")]
impl<'a, const M: usize> WholeGroups<'a, M> {
    /// As [`Group::starts`], of one row.
    #[inline(always)]
    pub(super) fn starts(&self, row: usize) -> &'a [i32] {
        let n = self.starts.len() / M;
        &self.starts[row * n..][..n]
    }

    /// As [`Group::sums`], of one row.
    #[inline(always)]
    pub(super) fn sums(&self, row: usize) -> &'a [i32] {
        let n = self.sums.len() / M;
        &self.sums[row * n..][..n]
    }
}

/// Whether codes are more than the numbers that they stand for, and still have no sign.
fn is_shifted(format: BlockFormat) -> bool {
    format.zero() != 0 && !format.is_signed()
}

/// How many scales, starts, narrow starts and sums one row of `x` has in `len` columns.
fn counts(format: BlockFormat, len: usize) -> [usize; 4] {
    // A power of two, shifted by: this runs for each group of each row, where a division takes long.
    let n_subs = len >> format.sub_len().trailing_zeros();
    let n_scales = if fine_activations(format) { n_subs } else { len.div_ceil(GROUP) };
    let n_narrow = if is_shifted(format) { n_subs } else { 0 };
    [n_scales, n_subs, n_narrow, n_sums(format, n_subs)]
}

/// How many sums one row of `x` has for so many sub-blocks.
#[inline(always)]
pub(super) const fn n_sums(format: BlockFormat, n_subs: usize) -> usize {
    match (format.has_min(), fine_activations(format)) {
        (false, _) => 0,
        (true, true) => n_subs,
        (true, false) => n_subs / 2,
    }
}

impl Activations {
    pub(super) fn quantise(x: &[f32], m: usize, k: usize, format: BlockFormat) -> Self {
        let [n_scales, n_starts, n_narrow, n_sums] = counts(format, k);
        let mut all = Self {
            m,
            format,
            k,
            codes: vec![0; m * k],
            scales: vec![0.0; m * n_scales],
            starts: vec![0; m * n_starts],
            narrow_starts: vec![0; m * n_narrow],
            sums: vec![0; m * n_sums],
        };
        all.groups_mut().into_par_iter().enumerate().with_min_len(256 / m.min(256)).for_each(
            |(i, mut group)| {
                fill(x, k, i, format, &mut group);
            },
        );
        all
    }

    /// All groups, to be filled.
    fn groups_mut(&mut self) -> Vec<GroupMut<'_>> {
        let n_groups = self.n_groups();
        // What a whole group takes of each; there may be none of some.
        let counts = counts(self.format, GROUP).map(|n| (n * self.m).max(1));
        let [n_scales, n_starts, n_narrow, n_sums] = counts;
        let mut codes = self.codes.chunks_mut(GROUP * self.m);
        let mut scales = self.scales.chunks_mut(n_scales);
        let mut starts = self.starts.chunks_mut(n_starts);
        let mut narrow_starts = self.narrow_starts.chunks_mut(n_narrow);
        let mut sums = self.sums.chunks_mut(n_sums);
        let group = |_| GroupMut {
            codes: codes.next().unwrap_or_default(),
            scales: scales.next().unwrap_or_default(),
            starts: starts.next().unwrap_or_default(),
            narrow_starts: narrow_starts.next().unwrap_or_default(),
            sums: sums.next().unwrap_or_default(),
        };
        (0..n_groups).map(group).collect()
    }

    pub(super) fn n_groups(&self) -> usize {
        self.k.div_ceil(GROUP)
    }

    /// What [`Activations::group`] has of `M` rows, quicker to find where the format is a constant.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    pub(super) fn whole_groups<const M: usize>(
        &self,
        format: BlockFormat,
        i: usize,
        first: usize,
    ) -> WholeGroups<'_, M> {
        debug_assert_eq!(format, self.format);
        let at = i * self.m + first;
        let n_subs = GROUP / format.sub_len();
        let n_sums = n_sums(format, n_subs);
        WholeGroups {
            codes: self.codes.as_chunks().0[at..].first_chunk().expect("rows are there"),
            scales: self.scales[at..].first_chunk().expect("rows are there"),
            starts: &self.starts[at * n_subs..][..M * n_subs],
            sums: &self.sums[at * n_sums..][..M * n_sums],
        }
    }

    pub(super) fn group(&self, i: usize) -> Group<'_> {
        let len = GROUP.min(self.k - i * GROUP);
        let before = counts(self.format, i * GROUP).map(|n| n * self.m);
        let counts = counts(self.format, len).map(|n| n * self.m);
        Group {
            len,
            codes: &self.codes[i * GROUP * self.m..][..len * self.m],
            scales: &self.scales[before[0]..][..counts[0]],
            starts: &self.starts[before[1]..][..counts[1]],
            narrow_starts: &self.narrow_starts[before[2]..][..counts[2]],
            sums: &self.sums[before[3]..][..counts[3]],
        }
    }
}

/// A [`Group`], of all rows or of one, to be filled.
struct GroupMut<'a> {
    codes: &'a mut [i8],
    scales: &'a mut [f32],
    starts: &'a mut [i32],
    narrow_starts: &'a mut [i32],
    sums: &'a mut [i32],
}

fn fill(x: &[f32], k: usize, group: usize, format: BlockFormat, into: &mut GroupMut<'_>) {
    let first = group * GROUP;
    let len = GROUP.min(k - first);
    let [n_scales, n_starts, n_narrow, n_sums] = counts(format, len);
    for (row, codes) in into.codes.chunks_exact_mut(len).enumerate() {
        let x = &x[row * k + first..][..len];
        let into = GroupMut {
            codes,
            scales: &mut into.scales[row * n_scales..][..n_scales],
            starts: &mut into.starts[row * n_starts..][..n_starts],
            narrow_starts: &mut into.narrow_starts[row * n_narrow..][..n_narrow],
            sums: &mut into.sums[row * n_sums..][..n_sums],
        };
        pulp::Arch::new().dispatch(FillRow { x, format, into });
    }
}

/// One row of a group, compiled for the processor at hand.
struct FillRow<'a> {
    x: &'a [f32],
    format: BlockFormat,
    into: GroupMut<'a>,
}

impl pulp::NullaryFnOnce for FillRow<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { x, format, into } = self;
        let GroupMut { codes, scales, starts, narrow_starts, sums } = into;
        let scale_len = x.len() / scales.len();
        for ((x, codes), scale) in
            x.chunks_exact(scale_len).zip(codes.chunks_exact_mut(scale_len)).zip(scales)
        {
            let most = x.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
            // NaN and infinity reach the result through the scale.
            let is_finite = x.iter().fold(true, |finite, x| finite & x.is_finite());
            *scale = if is_finite { most / 127.0 } else { f32::NAN };
            let inverse = if most > 0.0 { 127.0 / most } else { 0.0 };
            for (code, x) in codes.iter_mut().zip(x) {
                *code = nearest(x * inverse);
            }
        }
        let sum = |codes: &[i8]| codes.iter().map(|code| i32::from(*code)).sum::<i32>();
        let sub_len = format.sub_len();
        if fine_activations(format) {
            for (sums, codes) in sums.iter_mut().zip(codes.chunks_exact(sub_len)) {
                *sums = sum(codes);
            }
        } else {
            for (sums, codes) in sums.iter_mut().zip(codes.chunks_exact(2 * sub_len)) {
                *sums = sum(&codes[sub_len..]) << 16 | sum(&codes[..sub_len]) & 0xffff;
            }
        }
        let zero = format.zero();
        if zero != 0 {
            for (start, codes) in starts.iter_mut().zip(codes.chunks_exact(sub_len)) {
                *start = -zero * sum(codes);
            }
        }
        for (start, codes) in narrow_starts.iter_mut().zip(codes.chunks_exact(sub_len)) {
            let (mut low, mut high) = (0, 0);
            for quad in codes.as_chunks::<4>().0 {
                let [a, b, c, d] = quad.map(i32::from);
                (low, high) = (low + a + b, high + c + d);
            }
            *start = (-zero * high) << 16 | (-zero * low) & 0xffff;
        }
    }
}

/// The nearest whole number of `x`, at most 127 in size, half to even. Adding 1.5 · 2²³ leaves no
/// bit for a fraction, which is quicker than an instruction that not every processor has.
#[inline(always)]
fn nearest(x: f32) -> i8 {
    const SHIFT: f32 = 12_582_912.0;
    ((x + SHIFT).to_bits().wrapping_sub(SHIFT.to_bits())) as i8
}
