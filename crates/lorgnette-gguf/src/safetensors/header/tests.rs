use proptest::prelude::*;

use super::*;

fn file(header: &str, n_data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.resize(bytes.len() + n_data, 0);
    bytes
}

fn read(bytes: &[u8]) -> Result<Header, GgufError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), bytes).unwrap();
    Header::read(file.path())
}

fn tensor(shape: &str, start: u64, end: u64) -> String {
    format!(r#"{{"t": {{"dtype": "F32", "shape": {shape}, "data_offsets": [{start}, {end}]}}}}"#)
}

#[test]
fn a_file_is_read() {
    let header = read(&file(&tensor("[2, 3]", 0, 24), 24)).unwrap();
    let [tensor] = header.entries.as_slice() else { panic!("one tensor") };
    assert_eq!((tensor.name.as_str(), tensor.dtype), ("t", Dtype::F32));
    assert_eq!(tensor.shape, [2, 3]);
    assert_eq!(tensor.bytes.end - tensor.bytes.start, 24);
    assert!(read(&file(&self::tensor("[2, 3]", 0, 24), 30)).is_ok(), "bytes behind are no fault");
}

#[test]
fn contradictions_are_refused() {
    for header in [
        "{".to_owned(),
        "[]".to_owned(),
        tensor("[2, 3]", 0, 20),
        tensor("[2, 3]", 4, 28),
        tensor("[2, 3]", 24, 0),
        tensor("[18446744073709551615, 2]", 0, 24),
        tensor("[4294967296, 4294967296]", 0, 0),
        r#"{"a": {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]},
            "b": {"dtype": "F32", "shape": [2], "data_offsets": [4, 12]}}"#
            .to_owned(),
    ] {
        let read = read(&file(&header, 64));
        assert!(matches!(read, Err(GgufError::Malformed { .. })), "{header}: {read:?}");
    }
}

#[test]
fn short_files_say_what_is_missing() {
    let whole = file(&tensor("[2, 3]", 0, 24), 24);
    for n in 0..whole.len() {
        let read = read(&whole[..n]);
        assert!(matches!(read, Err(GgufError::Truncated { .. })), "{n} bytes: {read:?}");
    }
    let huge = u64::MAX.to_le_bytes();
    assert!(matches!(read(&huge), Err(GgufError::Malformed { .. })));
}

#[track_caller]
fn check_refused(header: &str, n_data_bytes: u64, because: &str) {
    let n_file_bytes = 8 + header.len() as u64 + n_data_bytes;
    let path = Path::new("x");
    let parsed = Header::parse(path, header.as_bytes());
    let checked = parsed.and_then(|header| header.check_size(path, n_file_bytes));
    let error = checked.expect_err("refused").to_string();
    assert!(error.contains(because), "{error}");
}

#[test]
fn headers_that_cannot_be_are_refused() {
    for n in [1_u64 << 63, u64::MAX, 93, MAX_HEADER_BYTES + 1] {
        assert!(header_len(Path::new("x"), n.to_le_bytes(), 100).is_err(), "{n}");
    }
    assert_eq!(header_len(Path::new("x"), 92_u64.to_le_bytes(), 100).expect("fits"), 92);
    let a = r#""a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}"#;
    let overlapping = r#""b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]}"#;
    check_refused(&format!("{{{a},{overlapping}}}"), 12, "header");
    let gap = r#""b":{"dtype":"F32","shape":[2],"data_offsets":[16,24]}"#;
    check_refused(&format!("{{{a},{gap}}}"), 24, "header");
    let overflowing =
        r#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,8]}}"#;
    check_refused(overflowing, 8, "header");
    check_refused(&format!("{{{a}}}"), 7, "not of");
    check_refused(&format!("{{{a}}}"), 9, "not of");
    check_refused("not JSON", 8, "header");
}

#[test]
fn tensors_come_in_the_order_of_their_bytes() {
    let header = r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"BF16","shape":[1,2],"data_offsets":[4,8]},"b":{"dtype":"F16","shape":[2],"data_offsets":[0,4]}}"#;
    let start = 8 + header.len() as u64;
    let header = Header::parse(Path::new("x"), header.as_bytes()).expect("header");
    assert_eq!(header.n_file_bytes, start + 8);
    let tensors = header.entries;
    assert_eq!(tensors[0].name, "b");
    assert_eq!((tensors[1].dtype, tensors[1].bytes.clone()), (Dtype::BF16, start + 4..start + 8));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_header_panics(header in r#"[\{\}\[\]",:0-9a-z ]{0,80}"#, n_data in 0..64_usize) {
        let _ = read(&file(&header, n_data));
    }
}
