use super::*;

use lorgnette_gguf::quantise::dequantise;

fn wanted(dtype: NumberFormat, rows: Rows) -> Wanted {
    let name = "layers.0.q".to_owned();
    Wanted { name, kind: Kind::Matrix, n_rows: 64, row_len: 512, dtype, rows }
}

fn numbers(seed: u64, independent: bool, wanted: &Wanted) -> Vec<f32> {
    let mut bytes = Vec::new();
    let mut weights = RandomWeights::new(seed, independent);
    let keep = |piece: &[u8]| {
        bytes.extend_from_slice(piece);
        Ok(())
    };
    weights.stream(wanted, keep).expect("stream");
    dequantise(&bytes, wanted.row_len, wanted.dtype).expect("dequantise")
}

#[test]
fn the_stream_of_a_seed_never_changes() {
    // The first three of splitmix64 from state 0, as published with it.
    let mut rng = Rng(0);
    let first = [rng.next(), rng.next(), rng.next()];
    assert_eq!(first, [0xe220_a839_7b1d_cdaf, 0x6e78_9e6a_a1b9_65f4, 0x06c4_5d18_8009_454f]);
}

#[test]
fn matrices_keep_the_size_of_what_they_multiply() {
    for independent in [true, false] {
        let numbers = numbers(1, independent, &wanted(NumberFormat::F32, Rows::All));
        let mean = numbers.iter().sum::<f32>() / numbers.len() as f32;
        let square = numbers.iter().map(|x| x * x).sum::<f32>() / numbers.len() as f32;
        assert!(mean.abs() < 2e-3, "mean {mean}");
        assert!((square.sqrt() * 512_f32.sqrt() - 1.0).abs() < 0.02, "square {square}");
    }
}

#[test]
fn a_seed_is_a_network_and_another_seed_another() {
    for independent in [true, false] {
        let wanted = wanted(NumberFormat::F32, Rows::All);
        assert_eq!(numbers(1, independent, &wanted), numbers(1, independent, &wanted));
        assert_ne!(numbers(1, independent, &wanted), numbers(2, independent, &wanted));
    }
}

#[test]
fn a_format_rounds_the_same_numbers() {
    for independent in [true, false] {
        let exact = numbers(1, independent, &wanted(NumberFormat::F32, Rows::All));
        for dtype in [NumberFormat::Bf16, NumberFormat::Q8_0, NumberFormat::Q4K] {
            let nearby = numbers(1, independent, &wanted(dtype, Rows::All));
            let far = exact.iter().zip(&nearby).filter(|(a, b)| (*a - *b).abs() > 0.02).count();
            assert_eq!(far, 0, "{dtype:?}");
        }
    }
}

#[test]
fn no_two_rows_are_the_same() {
    for independent in [true, false] {
        let mut many = wanted(NumberFormat::F32, Rows::All);
        many.n_rows = 4096;
        let numbers = numbers(1, independent, &many);
        let mut rows: Vec<Vec<u32>> =
            numbers.chunks(512).map(|row| row.iter().map(|x| x.to_bits()).collect()).collect();
        rows.sort();
        rows.dedup();
        assert_eq!(rows.len(), 4096);
    }
}

#[test]
fn interleaved_rows_are_the_halves_of_a_head_in_turn() {
    let half = numbers(1, true, &wanted(NumberFormat::F32, Rows::All));
    let interleaved =
        numbers(1, true, &wanted(NumberFormat::F32, Rows::Interleaved { n_heads: 4 }));
    let row = |numbers: &[f32], row: usize| numbers[row * 512..][..512].to_vec();
    // Heads of 16 rows: neighbours of the second head were 8 rows apart.
    assert_eq!(row(&interleaved, 16), row(&half, 16));
    assert_eq!(row(&interleaved, 17), row(&half, 24));
    assert_eq!(row(&interleaved, 18), row(&half, 17));
    assert_eq!(row(&interleaved, 31), row(&half, 31));
}
