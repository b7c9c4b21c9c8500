use super::*;

use BlockFormat as F;
use half::f16;

/// Where the scales of a block lie that are halves.
fn scale_places(format: BlockFormat) -> &'static [usize] {
    match format {
        F::Q4_1 | F::Q5_1 | F::Q4K | F::Q5K => &[0, 2],
        F::Q2K => &[80, 82],
        F::Q3K => &[108],
        F::Q6K => &[208],
        F::IQ1M | F::MXFP4 => &[],
        _ => &[0],
    }
}

/// Bytes of a matrix whose numbers are of ordinary size: any codes, scales near 1 / 64.
fn matrix(format: BlockFormat, n: usize, k: usize, seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = move || {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 56) as u8
    };
    let n_blocks = n * k / format.block_len();
    let mut bytes: Vec<u8> = (0..n_blocks * format.block_bytes()).map(|_| next()).collect();
    for block in bytes.chunks_exact_mut(format.block_bytes()) {
        let mut scale = || f16::from_f32((f32::from(next()) - 127.0) / 8192.0);
        for place in scale_places(format) {
            block[*place..place + 2].copy_from_slice(&scale().to_le_bytes());
        }
        if format == F::MXFP4 {
            block[0] = 118 + block[0] % 4;
        }
        if format == F::IQ1M {
            // Four bits in each of the last bytes of four pairs.
            let scale = scale();
            for (i, byte) in block[48..].iter_mut().skip(1).step_by(2).enumerate() {
                *byte = *byte & 15 | (scale.to_bits() >> (4 * i) << 4) as u8;
            }
        }
    }
    bytes
}

fn rows(m: usize, k: usize) -> Vec<f32> {
    (0..m * k).map(|i| ((i * 7919 + i * i % 31) % 613) as f32 / 307.0 - 1.0).collect()
}

/// The product of the dequantised numbers, in f64.
fn exact(w: &QuantMatrix<'_>, x: &[f32], m: usize) -> Vec<f64> {
    let mut y = vec![0.0; m * w.n];
    let mut numbers = vec![0.0; w.k];
    for row in 0..w.n {
        w.dequantise_row(row, &mut numbers);
        for (i, x) in x.chunks_exact(w.k).enumerate() {
            let product = |(a, b): (&f32, &f32)| f64::from(*a) * f64::from(*b);
            y[i * w.n + row] = numbers.iter().zip(x).map(product).sum();
        }
    }
    y
}

/// Root mean square of the difference, over that of the product.
fn error(y: &[f32], exact: &[f64]) -> f64 {
    let square = |x: f64| x * x;
    let far: f64 = y.iter().zip(exact).map(|(y, e)| square(f64::from(*y) - e)).sum();
    (far / exact.iter().map(|e| square(*e)).sum::<f64>()).sqrt()
}

/// Odd numbers of rows, groups that are not whole.
fn shapes(format: BlockFormat) -> Vec<(usize, usize, usize)> {
    let k = format.block_len();
    let mut shapes = vec![(1, 1, k), (2, 33, 2 * k), (4, 65, k), (5, 31, 3 * k), (13, 70, 2 * k)];
    // Around what is read where it lies, some rows of `x` at a time.
    shapes.extend([(3, 37, 2 * k), (7, 66, k), (8, 35, 2 * k), (9, 3, k)]);
    if k == 32 {
        shapes.extend([(1, 20, 288), (3, 40, 320), (7, 33, 544), (12, 16, 704)]);
    }
    shapes
}

#[test]
fn every_level_is_near_the_exact_product() {
    for format in BlockFormat::ALL {
        // A single number may be near 0 by chance, and all of it an error.
        for (m, n, k) in shapes(format).into_iter().filter(|(m, n, _)| m * n > 1) {
            let bytes = matrix(format, n, k, 7);
            let (w, x) = (QuantMatrix::new(format, n, k, &bytes), rows(m, k));
            let exact = exact(&w, &x, m);
            for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
                let mut y = vec![f32::NAN; m * n];
                w.matmul(&x, &mut y, m, level);
                let error = error(&y, &exact);
                assert!(error < 0.02, "{format:?} {level} {m} x {n} x {k}: {error}");
            }
        }
    }
}

/// So that answers written together are those written one by one.
#[test]
fn few_rows_are_what_each_is_alone_at_every_level() {
    for format in BlockFormat::ALL {
        let (n, k) = (71, 3 * format.block_len());
        let bytes = matrix(format, n, k, 13);
        let w = QuantMatrix::new(format, n, k, &bytes);
        for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
            for m in 2..=FEW_ROWS {
                let (x, mut y) = (rows(m, k), vec![f32::NAN; m * n]);
                w.matmul_quickest(&x, &mut y, m, level);
                for (x, y) in x.chunks_exact(k).zip(y.chunks_exact(n)) {
                    let mut alone = vec![f32::NAN; n];
                    w.matmul_quickest(x, &mut alone, 1, level);
                    assert_eq!(alone, y, "{format:?} {level}, {m} rows");
                }
            }
        }
    }
}

/// Which rows of 16 bits have to be: they are taken where they are quicker.
#[test]
#[cfg(target_arch = "x86_64")]
fn rows_of_16_bits_are_nearer_to_the_exact_product() {
    if !Level::Avx2.is_supported() {
        return eprintln!("skipped: this processor has no AVX2");
    }
    for (m, n, k) in [(32, 1, 32), (33, 70, 288), (40, 17, 1024)] {
        let bytes = matrix(BlockFormat::Q8_0, n, k, 5);
        let (w, x) = (QuantMatrix::new(BlockFormat::Q8_0, n, k, &bytes), rows(m, k));
        let exact = exact(&w, &x, m);
        let (mut coarse, mut fine) = (vec![f32::NAN; m * n], vec![f32::NAN; m * n]);
        w.matmul(&x, &mut coarse, m, Level::Avx2);
        w.matmul_quickest(&x, &mut fine, m, Level::Avx2);
        let (coarse, fine) = (error(&coarse, &exact), error(&fine, &exact));
        assert!(fine < coarse / 4.0 && fine < 1e-3, "{m} x {n} x {k}: {fine}, {coarse}");
    }
}

/// The integer sums are the same; the floating ones are added in another order.
#[test]
fn every_level_computes_what_the_scalar_one_does() {
    for format in BlockFormat::ALL {
        for (m, n, k) in shapes(format) {
            let bytes = matrix(format, n, k, 11);
            let (w, x) = (QuantMatrix::new(format, n, k, &bytes), rows(m, k));
            let mut expected = vec![0.0; m * n];
            w.matmul(&x, &mut expected, m, Level::Scalar);
            let expected: Vec<f64> = expected.into_iter().map(f64::from).collect();
            for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
                let mut y = vec![f32::NAN; m * n];
                w.matmul(&x, &mut y, m, level);
                let error = error(&y, &expected);
                assert!(error < 2e-5, "{format:?} {level} {m} x {n} x {k}: {error}");
            }
        }
    }
}

/// Sums of 16 bits inside the kernels hold the largest codes times the largest numbers.
#[test]
fn the_largest_products_do_not_overflow() {
    let (n, k) = (35, 2 * GROUP);
    for format in BlockFormat::ALL {
        for (byte, sign) in [(0x00, 1.0), (0xff, 1.0), (0xff, -1.0), (0x80, -1.0), (0x7f, 1.0)] {
            let mut bytes = vec![byte; n * k / format.block_len() * format.block_bytes()];
            for block in bytes.chunks_exact_mut(format.block_bytes()) {
                for place in scale_places(format) {
                    block[*place..place + 2].copy_from_slice(&f16::ONE.to_le_bytes());
                }
                if format == F::IQ1M {
                    block[55] &= 0x3f; // no infinity
                } else if format == F::MXFP4 {
                    block[0] = 127;
                }
            }
            for m in [1, 3, 4, 9] {
                let (w, x) = (QuantMatrix::new(format, n, k, &bytes), vec![sign; m * k]);
                let mut expected = vec![0.0; m * n];
                w.matmul(&x, &mut expected, m, Level::Scalar);
                let most = expected.iter().fold(0.0_f32, |most, y| most.max(y.abs()));
                for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
                    let mut y = vec![f32::NAN; m * n];
                    w.matmul(&x, &mut y, m, level);
                    for (y, expected) in y.iter().zip(&expected) {
                        let far = (y - expected).abs();
                        assert!(
                            far <= 2e-5 * most,
                            "{format:?} {level} {byte:x} {m}: {y}, {expected}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn a_tile_is_filled_the_same_at_every_level() {
    for format in BlockFormat::ALL {
        let k = 2 * GROUP;
        let bytes = matrix(format, 40, k, 3);
        let w = QuantMatrix::new(format, 40, k, &bytes);
        let scratch = || Box::new(chunk::Tile::zeroed());
        for (first, group) in [(0, 0), (16, 1), (32, 1)] {
            let mut expected = scratch();
            expected.fill(&w, first, group);
            #[cfg(target_arch = "x86_64")]
            if Level::Avx512Vnni.is_supported() {
                let mut tile = scratch();
                avx512::fill(&mut tile, &w, first, group);
                assert!(tile.codes == expected.codes, "{format:?} codes");
                assert_eq!(tile.scales, expected.scales, "{format:?}");
                assert_eq!(tile.mins, expected.mins, "{format:?}");
                assert_eq!(tile.min_scales, expected.min_scales, "{format:?}");
            }
        }
    }
}

#[test]
fn threads_change_nothing() {
    let (m, n, k) = (9, 300, 512);
    let bytes = matrix(BlockFormat::Q4K, n, k, 5);
    let (w, x) = (QuantMatrix::new(BlockFormat::Q4K, n, k, &bytes), rows(m, k));
    let run = |n_threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(n_threads).build().unwrap();
        let mut y = vec![0.0; m * n];
        pool.install(|| w.matmul(&x, &mut y, m, Level::best()));
        y
    };
    assert_eq!(run(1), run(2));
    assert_eq!(run(1), run(5));
}

#[test]
fn what_is_not_finite_is_not_hidden() {
    let bytes = matrix(BlockFormat::Q4K, 3, 256, 5);
    let w = QuantMatrix::new(BlockFormat::Q4K, 3, 256, &bytes);
    for m in [1, 6] {
        let mut x = rows(m, 256);
        x[17] = f32::NAN;
        for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
            let mut y = vec![0.0; m * 3];
            w.matmul(&x, &mut y, m, level);
            assert!(y[..3].iter().all(|y| y.is_nan()), "{level}");
            assert!(y[3..].iter().all(|y| y.is_finite()), "{level}");
        }
    }
}
