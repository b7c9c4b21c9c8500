use proptest::prelude::*;

use super::*;

fn file(header: &str, n_data: usize) -> Vec<u8> {
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header.bytes());
    bytes.resize(bytes.len() + n_data, 0);
    bytes
}

fn read(bytes: &[u8]) -> Result<BTreeMap<String, Entry>, LoadError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    fs_err::write(file.path(), bytes).unwrap();
    read_header(file.path())
}

fn tensor(shape: &str, start: u64, end: u64) -> String {
    format!(r#"{{"t": {{"dtype": "F32", "shape": {shape}, "data_offsets": [{start}, {end}]}}}}"#)
}

#[test]
fn a_file_is_read() {
    let tensors = read(&file(&tensor("[2, 3]", 0, 24), 24)).unwrap();
    let Ok(tensor) = &tensors["t"] else { panic!("F32 is read") };
    assert_eq!((tensor.shape.as_slice(), tensor.n_bytes), ([2, 3].as_slice(), 24));
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
        assert!(matches!(read, Err(LoadError::Malformed { .. })), "{header}: {read:?}");
    }
}

#[test]
fn short_files_say_what_is_missing() {
    let whole = file(&tensor("[2, 3]", 0, 24), 24);
    for n in 0..whole.len() {
        let read = read(&whole[..n]);
        assert!(matches!(read, Err(LoadError::Truncated { .. })), "{n} bytes: {read:?}");
    }
    let huge = u64::MAX.to_le_bytes();
    assert!(matches!(read(&huge), Err(LoadError::Malformed { .. })));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]
    #[test]
    fn no_header_panics(header in r#"[\{\}\[\]",:0-9a-z ]{0,80}"#, n_data in 0..64_usize) {
        let _ = read(&file(&header, n_data));
    }
}
