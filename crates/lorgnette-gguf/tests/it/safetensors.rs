//! Against the `safetensors` crate.

use std::collections::BTreeMap;

use lorgnette_gguf::GgufError;
use lorgnette_gguf::quantise::f8_e4m3;
use lorgnette_gguf::safetensors::{Dtype, SafetensorsTensor, SafetensorsWriter};
use proptest::prelude::*;
use safetensors::SafeTensors;

fn tensor(name: &str, shape: &[usize], dtype: Dtype) -> SafetensorsTensor {
    SafetensorsTensor { name: name.into(), shape: shape.to_vec(), dtype }
}

#[test]
fn one_file_needs_no_index() {
    let dir = tempfile::tempdir().expect("temp dir");
    let declared = vec![tensor("norm", &[3], Dtype::BF16), tensor("matrix", &[2, 2], Dtype::F32)];
    let mut writer = SafetensorsWriter::create(dir.path(), declared, u64::MAX).expect("create");
    let norm: Vec<u8> = [1.0, 0.5, -2.0]
        .into_iter()
        .map(half::bf16::from_f32)
        .flat_map(half::bf16::to_le_bytes)
        .collect();
    writer.append("norm", &norm).expect("append");
    writer.append("matrix", &[7; 10]).expect("append");
    writer.append("matrix", &[9; 6]).expect("append");
    assert_eq!(writer.finish().expect("finish"), 22);

    let names: Vec<_> = fs_err::read_dir(dir.path())
        .expect("dir")
        .map(|entry| entry.expect("entry").file_name())
        .collect();
    assert_eq!(names, ["model.safetensors"]);
    let bytes = fs_err::read(dir.path().join("model.safetensors")).expect("read");
    let read = SafeTensors::deserialize(&bytes).expect("safetensors reads it");
    let view = read.tensor("norm").expect("norm");
    assert_eq!((view.dtype(), view.shape(), view.data()), (Dtype::BF16, &[3][..], &norm[..]));
    let view = read.tensor("matrix").expect("matrix");
    assert_eq!((view.dtype(), view.shape(), view.data().len()), (Dtype::F32, &[2, 2][..], 16));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn shards_hold_every_tensor_once(
        sizes in proptest::collection::vec(1_usize..40, 1..12),
        max_shard_bytes in 1_u64..200,
    ) {
        let dir = tempfile::tempdir().expect("temp dir");
        let declared: Vec<_> = sizes
            .iter()
            .enumerate()
            .map(|(i, n)| tensor(&format!("t{i}"), &[*n], Dtype::F16))
            .collect();
        let content = |i: usize| vec![i as u8 + 1; sizes[i] * 2];
        let mut writer = SafetensorsWriter::create(dir.path(), declared, max_shard_bytes).expect("create");
        for i in 0..sizes.len() {
            writer.append(&format!("t{i}"), &content(i)).expect("append");
        }
        let n_bytes = writer.finish().expect("finish");
        prop_assert_eq!(n_bytes, 2 * sizes.iter().sum::<usize>() as u64);

        let index_path = dir.path().join("model.safetensors.index.json");
        let weight_map: BTreeMap<String, String> = if index_path.exists() {
            let index: serde_json::Value =
                serde_json::from_slice(&fs_err::read(&index_path).expect("read")).expect("json");
            prop_assert_eq!(index["metadata"]["total_size"].as_u64(), Some(n_bytes));
            serde_json::from_value(index["weight_map"].clone()).expect("weight map")
        } else {
            (0..sizes.len()).map(|i| (format!("t{i}"), "model.safetensors".to_owned())).collect()
        };
        prop_assert_eq!(weight_map.len(), sizes.len());
        for i in 0..sizes.len() {
            let shard = fs_err::read(dir.path().join(&weight_map[&format!("t{i}")])).expect("read");
            let shard = SafeTensors::deserialize(&shard).expect("safetensors reads it");
            let n_shard_bytes: usize = shard.tensors().iter().map(|(_, view)| view.data().len()).sum();
            prop_assert!(n_shard_bytes as u64 <= max_shard_bytes || shard.len() == 1);
            let view = shard.tensor(&format!("t{i}")).expect("tensor");
            prop_assert_eq!(view.data(), content(i));
        }
    }
}

#[test]
fn a_missing_shard_leaves_no_index() {
    let dir = tempfile::tempdir().expect("temp dir");
    let declared: Vec<_> = ["a", "b", "c"].map(|name| tensor(name, &[8], Dtype::F32)).into();
    let mut writer = SafetensorsWriter::create(dir.path(), declared, 32).expect("create");
    assert!(matches!(writer.append("b", &[]), Err(GgufError::OutOfOrder { .. })));
    assert!(matches!(writer.append("a", &[0; 33]), Err(GgufError::TooLong { .. })));
    writer.append("a", &[0; 32]).expect("append");
    match writer.finish() {
        Err(GgufError::Incomplete { tensor, missing_bytes, .. }) => {
            assert_eq!((tensor.as_str(), missing_bytes), ("b", 32));
        }
        other => panic!("{other:?}"),
    }
    assert!(!dir.path().join("model.safetensors.index.json").exists());
}

#[test]
fn a_name_is_there_once() {
    let dir = tempfile::tempdir().expect("temp dir");
    let declared = vec![tensor("a", &[1], Dtype::F32); 2];
    let error = SafetensorsWriter::create(dir.path(), declared, u64::MAX);
    assert!(matches!(error, Err(GgufError::Declaration { .. })));
}

/// All 256 codes as torch 2.15 reads them.
#[test]
fn codes_of_fp8_are_the_references_numbers() {
    let file = include_bytes!("../fixtures/fp8-codes.safetensors");
    let file = SafeTensors::deserialize(file).expect("safetensors reads it");
    let (codes, values) = (file.tensor("codes").unwrap(), file.tensor("values").unwrap());
    let (numbers, _) = values.data().as_chunks::<4>();
    for (code, number) in codes.data().iter().zip(numbers) {
        let (found, expected) = (f8_e4m3(*code), f32::from_le_bytes(*number));
        let is_same = found.to_bits() == expected.to_bits() || found.is_nan() && expected.is_nan();
        assert!(is_same, "{code:#x}: {found} instead of {expected}");
    }
}
