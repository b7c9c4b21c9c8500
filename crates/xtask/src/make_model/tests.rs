use super::*;

use std::path::Path;

use lorgnette_pixtral::Checkpoint;

fn make(shape: Shape, format: Format, seed: u64, out: &Path) {
    Args { shape, format, out: out.to_owned(), seed }.run().expect("make-model");
}

/// GGUF has no room for two things: epsilon in 64 bits, and the picture token's id.
fn without_what_gguf_lacks(config: &ModelConfig) -> ModelConfig {
    let mut config = config.clone();
    config.text.rms_norm_eps = f64::from(config.text.rms_norm_eps as f32);
    if let Some(vision) = &mut config.vision {
        vision.image_token_id = None;
    }
    config
}

#[track_caller]
fn check_opens(shape: Shape, format: Format) {
    let dir = tempfile::tempdir().expect("temp dir");
    make(shape, format, 1, dir.path());
    let checkpoint = Checkpoint::open(dir.path()).expect("our own reader opens it");
    assert_eq!(
        without_what_gguf_lacks(checkpoint.config()),
        without_what_gguf_lacks(&shape.config())
    );
}

#[test]
fn a_gguf_pair_opens() {
    for format in [Format::GgufQ4KM, Format::GgufQ8_0, Format::GgufF16, Format::GgufF32] {
        check_opens(Shape::Tiny, format);
    }
    check_opens(Shape::TinyMistral3, Format::GgufQ4KM);
}

#[test]
fn a_hugging_face_folder_opens() {
    check_opens(Shape::Tiny, Format::SafetensorsBf16);
    check_opens(Shape::TinyMistral3, Format::SafetensorsF32);
}

#[test]
fn a_seed_is_the_same_bytes() {
    let dirs: Vec<_> = [1, 1, 2]
        .map(|seed| {
            let dir = tempfile::tempdir().expect("temp dir");
            make(Shape::Tiny, Format::GgufQ8_0, seed, dir.path());
            dir
        })
        .into();
    for file in ["tiny-q8_0.gguf", "mmproj-tiny-f16.gguf"] {
        let read = |dir: usize| fs_err::read(dirs[dir].path().join(file)).expect("read");
        assert!(read(0) == read(1), "{file}: one seed, two files");
        assert!(read(0) != read(2), "{file}: two seeds, one file");
    }
}
