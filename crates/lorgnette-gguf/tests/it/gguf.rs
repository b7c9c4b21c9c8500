//! Files written here, against candle's reader and our own.

use std::path::{Path, PathBuf};

use candle_core::Device;
use candle_core::quantized::gguf_file::Content;
use lorgnette_gguf::quantise::{dequantise, quantise};
use lorgnette_gguf::{GgufError, GgufFile, GgufTensor, GgufValue, GgufWriter, NumberFormat};
use proptest::prelude::*;

fn tensor(name: &str, shape: &[usize], dtype: NumberFormat) -> GgufTensor {
    GgufTensor { name: name.into(), shape: shape.to_vec(), dtype }
}

fn open(path: &Path) -> (fs_err::File, Content) {
    let mut file = fs_err::File::open(path).expect("open");
    let content = Content::read(&mut file).expect("candle reads the header");
    (file, content)
}

fn part(path: &Path) -> PathBuf {
    path.with_extension("gguf.part")
}

#[test]
fn metadata_comes_back_as_it_was() {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = dir.path().join("model.gguf");
    let texts = vec!["Ġthe".to_owned(), String::new(), "…".to_owned()];
    let metadata = [
        ("u32".to_owned(), GgufValue::U32(7)),
        ("i32".to_owned(), GgufValue::I32(-7)),
        ("u64".to_owned(), GgufValue::U64(1 << 40)),
        ("f32".to_owned(), GgufValue::F32(1e-5)),
        ("bool".to_owned(), GgufValue::Bool(true)),
        ("string".to_owned(), "tekken".into()),
        ("i32s".to_owned(), GgufValue::I32s(vec![3, 1])),
        ("f32s".to_owned(), GgufValue::F32s(vec![0.5, 0.25])),
        ("strings".to_owned(), GgufValue::Strings(texts.clone())),
    ];
    let writer = GgufWriter::create(&path, &metadata, Vec::new()).expect("create");
    writer.finish().expect("finish");

    let read = open(&path).1.metadata;
    assert_eq!(read.len(), metadata.len());
    assert_eq!(read["u32"].to_u32().expect("u32"), 7);
    assert_eq!(read["i32"].to_i32().expect("i32"), -7);
    assert_eq!(read["u64"].to_u64().expect("u64"), 1 << 40);
    assert_eq!(read["f32"].to_f32().expect("f32").to_bits(), 1e-5_f32.to_bits());
    assert!(read["bool"].to_bool().expect("bool"));
    assert_eq!(read["string"].to_string().expect("string"), "tekken");
    let ints: Vec<i32> =
        read["i32s"].to_vec().expect("array").iter().map(|x| x.to_i32().expect("i32")).collect();
    assert_eq!(ints, [3, 1]);
    let floats: Vec<f32> =
        read["f32s"].to_vec().expect("array").iter().map(|x| x.to_f32().expect("f32")).collect();
    assert_eq!(floats, [0.5, 0.25]);
    let strings: Vec<String> = read["strings"]
        .to_vec()
        .expect("array")
        .iter()
        .map(|x| x.to_string().expect("string").clone())
        .collect();
    assert_eq!(strings, texts);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// Shapes whose bytes are no multiples of the alignment, handed over in pieces of any size.
    #[test]
    fn every_format_round_trips(
        tensors in proptest::collection::vec((1_usize..5, 1_usize..4, 0_usize..64), 1..5),
        piece in 1_usize..700,
        padding in 0_usize..40,
    ) {
        // Others are only read.
        let is_written = |dtype: &NumberFormat| quantise(&[0.0; 256], 256, *dtype).is_ok();
        let formats: Vec<_> = NumberFormat::all().filter(is_written).collect();
        assert_eq!(formats.len(), 9);
        let dir = tempfile::tempdir().expect("temp dir");
        let path = dir.path().join("model.gguf");
        let mut declared = Vec::new();
        let mut contents = Vec::new();
        for (i, (n_rows, n_blocks, format_idx)) in tensors.into_iter().enumerate() {
            let dtype = formats[format_idx % formats.len()];
            let row_len = n_blocks * dtype.block_len();
            let numbers: Vec<f32> =
                (0..n_rows * row_len).map(|j| ((i * 31 + j * 17) % 101) as f32 / 50.0 - 1.0).collect();
            contents.push(quantise(&numbers, row_len, dtype).expect("quantise"));
            declared.push(tensor(&format!("t{i}"), &[n_rows, row_len], dtype));
        }
        // The header's length, and so its padding, varies with a text in it.
        let metadata = [("pad".to_owned(), GgufValue::String("x".repeat(padding)))];
        let mut writer = GgufWriter::create(&path, &metadata, declared.clone()).expect("create");
        for (tensor, bytes) in declared.iter().zip(&contents) {
            for bytes in bytes.chunks(piece) {
                writer.append(&tensor.name, bytes).expect("append");
            }
        }
        let n_bytes = writer.finish().expect("finish");
        prop_assert_eq!(n_bytes, fs_err::metadata(&path).expect("metadata").len());
        prop_assert!(!part(&path).exists());

        let own = GgufFile::open(&path).expect("our reader");
        for (tensor, bytes) in declared.iter().zip(&contents) {
            let stored = &own.tensors()[&tensor.name];
            let mut read = vec![0; stored.n_bytes as usize];
            stored.read_into(&mut read).expect("bytes");
            prop_assert_eq!((stored.dtype, &stored.shape, &read), (tensor.dtype, &tensor.shape, bytes));
        }
        let (mut file, content) = open(&path);
        prop_assert_eq!(content.tensor_infos.len(), declared.len());
        for (tensor, bytes) in declared.iter().zip(&contents) {
            let read = content.tensor(&mut file, &tensor.name, &Device::Cpu).expect("tensor");
            prop_assert_eq!(format!("{:?}", read.dtype()), format!("{:?}", tensor.dtype));
            prop_assert_eq!(read.shape().dims(), &tensor.shape);
            prop_assert_eq!(&*read.data().expect("data"), bytes);
            // Candle reads the same numbers in it.
            let numbers = read.dequantize(&Device::Cpu).expect("numbers").flatten_all();
            let numbers: Vec<f32> = numbers.and_then(|x| x.to_vec1()).expect("f32");
            let row_len = *tensor.shape.last().expect("rows");
            prop_assert_eq!(dequantise(bytes, row_len, tensor.dtype).expect("numbers"), numbers);
        }
    }
}

#[test]
fn an_unfinished_file_leaves_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let path = dir.path().join("model.gguf");
    let declared = vec![tensor("a", &[2], NumberFormat::F32), tensor("b", &[2], NumberFormat::F32)];
    let mut writer = GgufWriter::create(&path, &[], declared).expect("create");
    writer.append("a", &[0; 8]).expect("append");
    writer.append("b", &[0; 3]).expect("append");
    assert!(part(&path).exists());
    match writer.finish() {
        Err(GgufError::Incomplete { tensor, missing_bytes, .. }) => {
            assert_eq!((tensor.as_str(), missing_bytes), ("b", 5));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(fs_err::read_dir(dir.path()).expect("dir").count(), 0);
}

#[test]
fn tensors_come_in_their_order_and_length() {
    let dir = tempfile::tempdir().expect("temp dir");
    let declared = vec![tensor("a", &[2], NumberFormat::F32), tensor("b", &[2], NumberFormat::F32)];
    let path = dir.path().join("model.gguf");
    let mut writer = GgufWriter::create(&path, &[], declared).expect("create");
    assert!(matches!(writer.append("b", &[0; 8]), Err(GgufError::OutOfOrder { .. })));
    assert!(matches!(writer.append("a", &[0; 9]), Err(GgufError::TooLong { .. })));
    writer.append("a", &[0; 8]).expect("append");
    writer.append("b", &[0; 8]).expect("append");
    match writer.append("a", &[]) {
        Err(GgufError::OutOfOrder { expected, .. }) => assert_eq!(expected, "nothing"),
        other => panic!("{other:?}"),
    }
}

#[track_caller]
fn check_refused(declared: Vec<GgufTensor>, because: &str) {
    let dir = tempfile::tempdir().expect("temp dir");
    let error = GgufWriter::create(&dir.path().join("model.gguf"), &[], declared);
    let error = error.expect_err("refused").to_string();
    assert!(error.contains(because), "{error}");
}

#[test]
fn what_the_format_cannot_hold_is_refused() {
    let twice = vec![tensor("a", &[1], NumberFormat::F32); 2];
    check_refused(twice, "twice");
    check_refused(vec![tensor("a", &[2, 128], NumberFormat::Q4K)], "do not fill blocks");
    check_refused(vec![tensor("a", &[], NumberFormat::F32)], "1 to 4 sizes");
    check_refused(vec![tensor("a", &[1; 5], NumberFormat::F32)], "1 to 4 sizes");
    check_refused(vec![tensor("a", &[0, 256], NumberFormat::F32)], "1 to 4 sizes");
    check_refused(vec![tensor(&"a".repeat(64), &[1], NumberFormat::F32)], "1 to 63 bytes");
    check_refused(vec![tensor("a", &[usize::MAX, 2], NumberFormat::F32)], "overflows");
}
