//! As [`dot`](super::dot), of formats whose codes are points of a table: they are looked up one block
//! at a time, and multiplied as vectors.

use std::arch::x86_64::*;

use lorgnette_gguf::BlockFormat;

use super::dot::{even_and_odd, number_16, total};
use crate::quant::GROUP;
use crate::quant::activations::Activations;
use crate::quant::gemv::prefetch;

/// Products of `R` rows of the matrix with `M` rows of `x`, from `first_x` on. The codes are signed
/// ones, without mins, in blocks of 256.
#[target_feature(enable = "avx2,fma")]
pub(super) fn points<const R: usize, const M: usize>(
    format: BlockFormat,
    rows: [&[u8]; R],
    x: &Activations,
    first_x: usize,
) -> [[f32; M]; R] {
    let block_bytes = format.block_bytes();
    let mut codes = [0; GROUP];
    let mut sums = [[_mm256_setzero_ps(); M]; R];
    for i in 0..x.n_groups() {
        prefetch(rows, i * block_bytes, block_bytes);
        let groups = x.whole_groups::<M>(format, i, first_x);
        for r in 0..R {
            let block = &rows[r][i * block_bytes..][..block_bytes];
            format.codes(block, &mut codes);
            let small: [i8; 16] = std::array::from_fn(|i| {
                format.small_scale_and_min(block, 16 * i / format.sub_len()).0
            });
            let scales = even_and_odd(load_128(&small));
            let mut sum = [_mm256_setzero_si256(); M];
            for sub in 0..8 {
                // The codes are 128 more than the numbers.
                let w = load_256(&codes[32 * sub..]);
                let w = _mm256_xor_si256(w, _mm256_set1_epi8(-128));
                let scale = _mm256_shuffle_epi8(scales, number_16(sub));
                for m in 0..M {
                    let x = load_256_of(&groups.codes[m][32 * sub..]);
                    let products = _mm256_maddubs_epi16(_mm256_abs_epi8(w), _mm256_sign_epi8(x, w));
                    sum[m] = _mm256_add_epi32(sum[m], _mm256_madd_epi16(products, scale));
                }
            }
            let scale = format.scales(block).0;
            for m in 0..M {
                let scale = _mm256_set1_ps(scale * groups.scales[m]);
                sums[r][m] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sum[m]), scale, sums[r][m]);
            }
        }
    }
    sums.map(|sums| sums.map(|sums| total(sums)))
}

loads! { "avx2":
    load_128(i8, 16) -> __m128i = _mm_loadu_si128;
    load_256(u8, 32) -> __m256i = _mm256_loadu_si256;
    load_256_of(i8, 32) -> __m256i = _mm256_loadu_si256;
}
