use proptest::prelude::*;

use super::*;

/// A GGUF file, field by field.
struct Builder(Vec<u8>);

impl Builder {
    fn new(version: u32, n_tensors: u64, n_values: u64) -> Self {
        Self(b"GGUF".to_vec()).u32(version).u64(n_tensors).u64(n_values)
    }
    fn u32(mut self, x: u32) -> Self {
        self.0.extend(x.to_le_bytes());
        self
    }
    fn u64(mut self, x: u64) -> Self {
        self.0.extend(x.to_le_bytes());
        self
    }
    fn text(self, text: &str) -> Self {
        let mut me = self.u64(text.len() as u64);
        me.0.extend(text.bytes());
        me
    }
    /// A metadata value of kind u32.
    fn value(self, key: &str, x: u32) -> Self {
        self.text(key).u32(4).u32(x)
    }
    fn tensor(self, name: &str, dims: &[u64], dtype: u32, offset: u64) -> Self {
        let mut me = self.text(name).u32(dims.len() as u32);
        for dim in dims {
            me = me.u64(*dim);
        }
        me.u32(dtype).u64(offset)
    }
    fn data(mut self, n: usize) -> Self {
        self.0.resize(self.0.len().next_multiple_of(32) + n, 0);
        self
    }
    fn open(self) -> Result<GgufFile, GgufError> {
        open(&self.0)
    }
}

fn open(bytes: &[u8]) -> Result<GgufFile, GgufError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), bytes).unwrap();
    GgufFile::open(file.path())
}

#[track_caller]
fn check_malformed(file: Builder, expected: &str) {
    match file.open() {
        Err(GgufError::Malformed { reason, .. }) => assert!(reason.contains(expected), "{reason}"),
        other => panic!("{other:?}"),
    }
}

fn one_tensor(dims: &[u64], dtype: u32, offset: u64) -> Builder {
    Builder::new(3, 1, 0).tensor("t", dims, dtype, offset)
}

#[test]
fn a_file_is_read() {
    let file = Builder::new(3, 2, 3)
        .value("general.alignment", 64)
        .text("names")
        .u32(9)
        .u32(8)
        .u64(2)
        .text("a")
        .text("é")
        .text("general.architecture")
        .u32(8)
        .text("llama")
        .tensor("a", &[4, 2], 0, 0)
        .tensor("b", &[32], 8, 64)
        .data(200)
        .open()
        .unwrap();
    assert_eq!(file.architecture(), "llama");
    assert_eq!(file.get("names"), Some(&Value::Strings(vec!["a".into(), "é".into()])));
    let (a, b) = (&file.tensors["a"], &file.tensors["b"]);
    assert_eq!((a.shape.as_slice(), a.n_bytes), ([2, 4].as_slice(), 32));
    assert_eq!((b.dtype, b.n_bytes, b.offset - a.offset), (NumberFormat::Q8_0, 34, 64));
    assert!(a.offset.is_multiple_of(64));
}

#[test]
fn what_is_no_gguf_says_so() {
    for (bytes, expected) in [
        (&b""[..], Some("is empty")),
        (b"GG", None),
        (b"something else entirely", None),
        (b"PK\x03\x04 weights", Some("is an archive")),
        (b"\n<!DOCTYPE html>", Some("is a web page")),
    ] {
        let error = open(bytes).unwrap_err();
        assert!(
            matches!(error, GgufError::NotGguf { what, .. } if what == expected),
            "{bytes:?}: {error:?}"
        );
    }
    for version in [1, 4, 0x0300_0000] {
        let file = Builder::new(version, 0, 0).open();
        assert!(matches!(file, Err(GgufError::Unsupported { .. })), "{file:?}");
    }
}

#[test]
fn a_pointer_of_git_lfs_says_so() {
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 12\n";
    assert!(matches!(open(pointer), Err(GgufError::LfsPointer { .. })));
    assert!(matches!(open(&pointer[..20]), Err(GgufError::NotGguf { .. })));
}

/// Writes the parts of a model with these numbers and tensors, and opens the first.
fn open_parts(parts: &[(u32, u32, &[&str])], n_tensors: u32) -> Result<GgufFile, GgufError> {
    let dir = tempfile::tempdir().unwrap();
    for (i, (no, count, names)) in parts.iter().enumerate() {
        let mut part = Builder::new(3, names.len() as u64, 3)
            .value("split.no", *no)
            .value("split.count", *count)
            .value("split.tensors.count", n_tensors);
        for (name, offset) in names.iter().zip((0..).step_by(32)) {
            part = part.tensor(name, &[8], 0, offset);
        }
        let path = dir.path().join(format!("m-{:05}-of-00002.gguf", i + 1));
        fs_err::write(path, part.data(32 * names.len()).0).unwrap();
    }
    GgufFile::open_with_shards(&dir.path().join("m-00001-of-00002.gguf"))
}

#[test]
fn parts_are_read_together() {
    let whole = open_parts(&[(0, 2, &["a", "b"]), (1, 2, &["c"])], 3).unwrap();
    assert_eq!(whole.tensors().keys().collect::<Vec<_>>(), ["a", "b", "c"]);
    assert!(whole.tensors()["c"].source.path().ends_with("m-00002-of-00002.gguf"));
    assert!(
        open_parts(&[(0, 2, &[]), (1, 2, &["c"])], 1).is_ok(),
        "a first part of metadata alone"
    );

    let missing = open_parts(&[(0, 2, &["a"])], 2);
    assert!(matches!(missing, Err(GgufError::MissingShard { n_shards: 2, .. })), "{missing:?}");
    let renamed = open_parts(&[(0, 3, &["a"]), (1, 3, &["b"])], 3);
    assert!(matches!(renamed, Err(GgufError::ShardName { n_shards: 3, .. })), "{renamed:?}");
    let two = |second: (u32, u32, &'static [&'static str])| [(0, 2, &["a"][..]), second];
    for (parts, n_tensors, expected) in [
        (two((0, 2, &["b"])), 2, "not part 2 of 2"),
        (two((1, 3, &["b"])), 2, "not part 2 of 2"),
        (two((1, 2, &["a"])), 2, "in another part too"),
        (two((1, 2, &["b"])), 3, "2 of 3 tensors"),
    ] {
        match open_parts(&parts, n_tensors) {
            Err(GgufError::Malformed { reason, .. }) => {
                assert!(reason.contains(expected), "{reason}");
            }
            other => panic!("{expected}: {other:?}"),
        }
    }
}

#[test]
fn counts_beyond_the_file_are_refused_before_memory_is_taken() {
    check_malformed(Builder::new(3, u64::MAX, 0), "tensors do not fit");
    check_malformed(Builder::new(3, 0, 1 << 60), "metadata values do not fit");
    check_malformed(Builder::new(3, 0, 1).u64(1 << 50).data(64), "bytes of text do not fit");
    let array = Builder::new(3, 0, 1).text("k").u32(9).u32(4).u64(u64::MAX).data(64);
    check_malformed(array, "numbers do not fit");
    let nested = Builder::new(3, 0, 1).text("k").u32(9).u32(9).u64(1).data(64);
    check_malformed(nested, "array of kind 9");
}

#[test]
fn shapes_and_places_that_cannot_be_are_refused() {
    check_malformed(one_tensor(&[1 << 33, 1 << 33], 0, 0).data(64), "overflows");
    check_malformed(one_tensor(&[0, 4], 0, 0).data(64), "dimension of 0");
    check_malformed(one_tensor(&[1; 5], 0, 0).data(64), "5 dimensions");
    check_malformed(one_tensor(&[33], 8, 0).data(64), "do not fill blocks");
    check_malformed(one_tensor(&[4], 0, 7).data(64), "not aligned");
    check_malformed(one_tensor(&[4], 0, u64::MAX - 31).data(64), "outside every file");
    let out = one_tensor(&[4], 0, 1 << 20).data(64).open();
    assert!(matches!(out, Err(GgufError::Truncated { .. })), "{out:?}");
    let two = |offset| {
        let file = Builder::new(3, 2, 0).tensor("a", &[64], 0, 0);
        file.tensor("b", &[64], 0, offset).data(1024)
    };
    assert!(two(256).open().is_ok());
    check_malformed(two(224), "overlap");
    let twice = Builder::new(3, 2, 0).tensor("a", &[4], 0, 0).tensor("a", &[4], 0, 32);
    check_malformed(twice.data(64), "twice");
}

#[test]
fn an_alignment_must_be_a_power_of_two() {
    for alignment in [0, 1, 3, 48, u32::MAX] {
        let file = Builder::new(3, 0, 1).value("general.alignment", alignment);
        check_malformed(file, "general.alignment");
    }
}

#[test]
fn formats_that_are_not_computed_with_are_named() {
    for (dtype, name) in [(34, "TQ1_0"), (35, "TQ2_0"), (40, "NVFP4"), (77, "number 77")] {
        let error = one_tensor(&[256], dtype, 0).data(4096).open().unwrap_err();
        let message = error.to_string();
        let expected = format!("tensor t has the number format {name}, which is not supported");
        let GgufError::UnsupportedDtype { file, .. } = &error else { panic!("{error:?}") };
        assert_eq!(message, format!("{}: {expected}", file.display()));
        assert!(error.hint().contains("Q4_K_M"), "{}", error.hint());
    }
}

#[test]
fn formats_of_all_kinds_stand_side_by_side() {
    let formats: Vec<_> = NumberFormat::all().collect();
    let mut file = Builder::new(3, formats.len() as u64, 0);
    let mut offset = 0;
    for dtype in &formats {
        file = file.tensor(dtype.name(), &[512, 3], dtype.type_id(), offset);
        offset += dtype.tensor_bytes(&[3, 512]).unwrap().next_multiple_of(32);
    }
    let file = file.data(offset as usize).open().unwrap();
    for dtype in formats {
        let tensor = &file.tensors[dtype.name()];
        assert_eq!((tensor.dtype, tensor.shape.as_slice()), (dtype, [3, 512].as_slice()));
        assert_eq!(Ok(tensor.n_bytes), dtype.tensor_bytes(&[3, 512]));
    }
}

#[test]
fn every_shortened_file_is_an_error() {
    let whole = Builder::new(3, 1, 2)
        .value("general.alignment", 32)
        .text("text")
        .u32(8)
        .text("something")
        .tensor("t", &[16], 0, 0)
        .data(64)
        .0;
    assert!(open(&whole).is_ok());
    for n in 0..whole.len() {
        assert!(open(&whole[..n]).is_err(), "{n} of {} bytes", whole.len());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_file_panics(bytes in prop::collection::vec(any::<u8>(), 0..200), with_header: bool) {
        let mut file = if with_header { Builder::new(3, 1, 1).0 } else { Vec::new() };
        file.extend(bytes);
        let _ = open(&file);
    }

    #[test]
    fn no_changed_byte_panics(at in 0..220_usize, to: u8) {
        let file = Builder::new(3, 2, 2).value("general.alignment", 32).text("k").u32(9).u32(5).u64(3);
        let mut file = file.u32(1).u32(2).u32(3).tensor("a", &[8, 4], 0, 0).tensor("b", &[256], 12, 128).data(300).0;
        file[at] = to;
        let _ = open(&file);
    }
}
