use super::*;

fn rows_piece(bytes: Range<u64>, row_len: usize, outputs: Vec<Output>) -> Piece {
    Piece { bytes, becomes: Becomes::Rows { dtype: Dtype::BF16, scale: 1.0, row_len, outputs } }
}

fn output(rows: Rows) -> Output {
    Output { target: 0, offset: 0, dtype: NumberFormat::F32, rows }
}

fn source(n_bytes: u64, pieces: Vec<Piece>) -> Source {
    let name = FileName::new("x.safetensors").expect("name");
    Source::local(name, PathBuf::new(), n_bytes, pieces)
}

#[test]
fn chunks_cover_a_source_once() {
    // A header, a tensor of 6 rows of 8 bytes, a gap, one whose heads have 4 rows, a tail.
    let all = rows_piece(10..58, 4, vec![output(Rows::All)]);
    let heads = rows_piece(64..128, 4, vec![output(Rows::Interleaved { n_heads: 2 })]);
    let source = source(130, vec![all, heads]);
    for chunk_bytes in [1, 7, 8, 20, 33, 1000] {
        let mut position = 0;
        while position < source.n_bytes {
            let chunk = source.chunk_at(position, chunk_bytes);
            assert_eq!(chunk.bytes.start, position);
            assert!(chunk.bytes.end > position);
            match chunk.piece_idx {
                Some(0) => assert_eq!((chunk.bytes.end - 10) % 8, 0),
                Some(_) => assert_eq!((chunk.bytes.end - 64) % 32, 0, "whole heads"),
                None => assert!(chunk.bytes.end <= position + chunk_bytes),
            }
            position = chunk.bytes.end;
        }
        assert_eq!(position, source.n_bytes);
    }
}

/// Rows 0, 1, 2, … of two numbers, in chunks; what stands in the file.
fn convert(n_rows: usize, rows: Rows, chunk_bytes: u64) -> Vec<f32> {
    let bytes: Vec<u8> =
        (0..2 * n_rows).flat_map(|i| bf16::from_f32((i / 2) as f32).to_le_bytes()).collect();
    let source =
        source(bytes.len() as u64, vec![rows_piece(0..bytes.len() as u64, 2, vec![output(rows)])]);
    let mut file = vec![f32::NAN; 2 * n_rows];
    let mut position = 0;
    while position < source.n_bytes {
        let chunk = source.chunk_at(position, chunk_bytes);
        position = chunk.bytes.end;
        let part = &bytes[chunk.bytes.start as usize..chunk.bytes.end as usize];
        for written in source.convert(&chunk, part).expect("convert") {
            for (i, four) in written.bytes.chunks_exact(4).enumerate() {
                file[written.offset as usize / 4 + i] =
                    f32::from_le_bytes(four.try_into().expect("four"));
            }
        }
    }
    file.into_iter().step_by(2).collect()
}

#[test]
fn rows_find_their_places_whatever_the_chunks() {
    for chunk_bytes in [1, 4, 12, 16, 100] {
        assert_eq!(convert(5, Rows::All, chunk_bytes), [0.0, 1.0, 2.0, 3.0, 4.0]);
        let halves = convert(8, Rows::Interleaved { n_heads: 2 }, chunk_bytes);
        assert_eq!(halves, [0.0, 2.0, 1.0, 3.0, 4.0, 6.0, 5.0, 7.0]);
        assert_eq!(convert(5, Rows::One(3), chunk_bytes)[0].to_bits(), 3_f32.to_bits());
    }
}

#[test]
fn f8_numbers() {
    // Largest, smallest subnormal, one, minus one and a half.
    for (code, number) in [(0x7e, 448.0), (0x01, 2_f32.powi(-9)), (0x38, 1.0), (0xbc, -1.5)] {
        assert_eq!(f8_e4m3(code).to_bits(), f32::to_bits(number));
    }
    assert!(f8_e4m3(0x7f).is_nan());
    assert_eq!(numbers(Dtype::F8_E4M3, 0.5, &[0x38, 0x00]), [0.5, 0.0]);
}

#[test]
fn recipes_that_leave_their_files_are_refused() {
    let target =
        |n_bytes| Target { name: FileName::new("t").expect("name"), header: Vec::new(), n_bytes };
    let check = |pieces, n_target_bytes| {
        let recipe =
            Recipe { targets: vec![target(n_target_bytes)], sources: vec![source(64, pieces)] };
        recipe.check().is_ok()
    };
    let all = |bytes| rows_piece(bytes, 4, vec![output(Rows::All)]);
    assert!(check(vec![all(0..32), all(32..64)], 128));
    assert!(!check(vec![all(0..32), all(24..64)], 1000), "overlap");
    assert!(!check(vec![all(32..72)], 1000), "beyond the source");
    assert!(!check(vec![all(0..36)], 1000), "half a row");
    assert!(!check(vec![all(0..32)], 63), "beyond the target");
    assert!(!check(vec![rows_piece(0..32, 4, vec![output(Rows::One(4))])], 1000), "no such row");
    assert!(!check(
        vec![rows_piece(0..24, 4, vec![output(Rows::Interleaved { n_heads: 2 })])],
        1000
    ));
}

/// Journals hold a hash of this text: another one would begin every unfinished model anew.
#[test]
fn the_text_of_a_fingerprint_stays_as_it_is() {
    let rows = Rows::Interleaved { n_heads: 4 };
    let outputs = vec![Output { target: 0, offset: 32, dtype: NumberFormat::Q4K, rows }];
    let becomes = Becomes::Rows { dtype: Dtype::BF16, scale: 1.0, row_len: 4, outputs };
    let checksum = Some(Checksum::Sha256("ab".into()));
    let pieces = [Piece { bytes: 8..16, becomes }];
    assert_eq!(
        format!("{checksum:?} {pieces:?}"),
        "Some(Sha256(\"ab\")) [Piece { bytes: 8..16, becomes: Rows { dtype: BF16, scale: 1.0, \
         row_len: 4, outputs: [Output { target: 0, offset: 32, dtype: Q4K, \
         rows: Interleaved { n_heads: 4 } }] } }]"
    );
}
