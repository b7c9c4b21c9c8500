use super::*;

use std::path::Path;

use lorgnette_app::models::{
    AddOptions, Cancel, Library, ModelChoice, ModelSource, ModelsError, OpenOptions, Prepared,
    Report,
};
use lorgnette_pixtral::{
    Checkpoint, Device, Kernels, KvFormat, Level, LoadMode, LoadOptions, ModelConfig, Pixtral,
    Placement, Prompt,
};

fn make(shape: Shape, format: Format, seed: u64, out: &Path) {
    Args {
        shape,
        format,
        vision: Vision::F16,
        out: out.to_owned(),
        positions: None,
        seed,
        says: None,
        thinks: None,
        endless: false,
    }
    .run()
    .expect("make-model");
}

/// Leaves out what GGUF cannot hold: epsilon in 64 bits, and the picture token's id.
fn without_what_gguf_lacks(config: &ModelConfig) -> ModelConfig {
    let mut config = config.clone();
    config.text.rms_norm_eps = f64::from(config.text.rms_norm_eps as f32);
    if let Some(scale) = &mut config.text.attention_scale {
        scale.beta = f64::from(scale.beta as f32);
    }
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
    check_opens(Shape::TinyLightOnOcr, Format::GgufQ8_0);
}

#[test]
fn a_hugging_face_folder_opens() {
    check_opens(Shape::Tiny, Format::SafetensorsBf16);
    check_opens(Shape::TinyMistral3, Format::SafetensorsF32);
    check_opens(Shape::TinyMistral3, Format::SafetensorsFp8);
    check_opens(Shape::TinyLightOnOcr, Format::SafetensorsBf16);
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

/// Returns the logits of every position of a prompt, of the model loaded with these options.
fn logits(dir: &Path, kernels: Kernels, mode: LoadMode) -> Vec<f32> {
    let checkpoint = Checkpoint::open(dir).expect("our own reader opens it");
    let options = LoadOptions { kernels: Some(kernels), mode, exact: true };
    let placement = Placement::all_on(&Device::Cpu);
    let model = Pixtral::load_with(&checkpoint, &placement, &options, &mut |_| {}).expect("load");
    let ids = [1, 3, 1084, 2410, 1317, 3925, 1046, 1032, 2187, 1536, 4];
    let prompt = Prompt { ids: &ids, image_token: None, pictures: &[] };
    let mut cache = model.new_cache(ids.len(), KvFormat::F32).expect("a cache");
    let all = model.prefill_all_logits(&prompt, &mut cache, ids.len()).expect("prefill");
    all.flatten_all().and_then(|all| all.to_vec1()).expect("f32 logits")
}

/// Returns the largest difference as a part of the largest logit.
fn difference(a: &[f32], b: &[f32]) -> f32 {
    let most = b.iter().fold(0.0_f32, |most, x| most.max(x.abs()));
    a.iter().zip(b).fold(0.0_f32, |far, (a, b)| far.max((a - b).abs())) / most
}

#[test]
fn every_kernel_and_every_way_to_load_computes_the_same_network() {
    for format in [Format::GgufQ4KM, Format::GgufQ8_0] {
        let dir = tempfile::tempdir().expect("temp dir");
        make(Shape::Tiny, format, 1, dir.path());
        let expected = logits(dir.path(), Kernels::Own(Level::Scalar), LoadMode::Read);
        for level in Level::ALL.into_iter().filter(|level| level.is_supported()) {
            for mode in [LoadMode::Read, LoadMode::Map] {
                let far = difference(&logits(dir.path(), Kernels::Own(level), mode), &expected);
                assert!(far < 1e-4, "{level} {mode}: {far}");
            }
        }
        // Candle rounds the activations otherwise.
        if Kernels::Candle.is_supported() {
            let far = difference(&logits(dir.path(), Kernels::Candle, LoadMode::Read), &expected);
            assert!(far < 0.05, "candle: {far}");
        }
    }
}

/// A checkpoint on a hub is fetched, quantised while it comes, and installed. It must be the pair that
/// is written from the same numbers directly, byte by byte.
#[test]
fn a_fetched_checkpoint_becomes_the_pair_that_is_written_directly() {
    use lorgnette_app::models::{
        AddOptions, Cancel, HubSettings, Library, ModelSource, QuantScheme, Report,
    };

    let hub = lorgnette_loopback::LoopbackHub::start();
    let dir = tempfile::tempdir().expect("temp dir");
    for (shape, repo) in [(Shape::Tiny, "owner/tiny"), (Shape::TinyMistral3, "owner/tiny-mistral3")]
    {
        let checkpoint = dir.path().join("checkpoint");
        make(shape, Format::SafetensorsF32, 7, &checkpoint);
        let files: Vec<(String, Vec<u8>)> = fs_err::read_dir(&checkpoint)
            .expect("folder")
            .map(|entry| {
                let path = entry.expect("entry").path();
                let name = path.file_name().expect("name").to_str().expect("UTF-8").to_owned();
                (name, fs_err::read(path).expect("read"))
            })
            .collect();
        let named: Vec<_> =
            files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        hub.publish(repo, &named);

        let library = Library::at(&dir.path().join("models"));
        let options = AddOptions {
            scheme: QuantScheme::Q4KM,
            vision: VisionFormat::F16,
            name: None,
            projector: None,
            source_idx: 0,
            context: 1024,
            keep_source: true,
            update: false,
            fetch: lorgnette_app::models::FetchOptions::default(),
            hub: HubSettings {
                endpoint: hub.endpoint().parse().expect("address"),
                token: None,
                cache: dir.path().join("cache"),
                offline: false,
            },
            install: lorgnette_weights::install::InstallOptions::default(),
        };
        let source: ModelSource = format!("hf:{repo}").parse().expect("source");
        let (control, report) = (Cancel::default(), Report::none());
        let prepared = library.prepare(&source, &options, &control, &report);
        let prepared = prepared.expect("prepared").expect("not cancelled");
        let installed = prepared.run(&control, &report).expect("made").expect("not cancelled");

        let direct = dir.path().join(shape.name());
        make(shape, Format::GgufQ4KM, 7, &direct);
        for file in
            [format!("{}-q4_k_m.gguf", shape.name()), format!("mmproj-{}-f16.gguf", shape.name())]
        {
            let (made, written) = (installed.path.join(&file), direct.join(&file));
            check_same_tensors(&made, &written);
        }
        assert!(installed.path.join("source/model.safetensors").is_file(), "the source is kept");
        assert!(Checkpoint::open(&installed.path).is_ok());
    }
}

/// Compares two files that differ only in their titles, which have different lengths.
#[track_caller]
fn check_same_tensors(a: &Path, b: &Path) {
    let tensors = |path: &Path| {
        let mut file = fs_err::File::open(path).expect("open");
        let content = candle_core::quantized::gguf_file::Content::read(&mut file).expect("GGUF");
        let mut names: Vec<_> = content.tensor_infos.keys().cloned().collect();
        names.sort();
        let tensors = names.into_iter().map(|name| {
            let tensor = content.tensor(&mut file, &name, &Device::Cpu).expect("tensor");
            (name, tensor.dtype(), tensor.data().expect("data").into_owned())
        });
        tensors.collect::<Vec<_>>()
    };
    let (a, b) = (tensors(a), tensors(b));
    assert_eq!(a.len(), b.len());
    for (a, b) in a.iter().zip(&b) {
        assert_eq!((&a.0, a.1), (&b.0, b.1));
        assert!(a.2 == b.2, "{} differs", a.0);
    }
}

/// Asks what a folder holds, as `models add` does.
fn prepare(folder: &Path, home: &Path) -> Result<Prepared, ModelsError> {
    let source: ModelSource = folder.to_str().expect("UTF-8").parse().expect("a folder");
    let options = AddOptions::from_environment().expect("options");
    let prepared =
        Library::at(home).prepare(&source, &options, &Cancel::default(), &Report::none());
    prepared.map(|prepared| prepared.expect("nobody cancelled"))
}

/// What the codes stand for would be a guess.
#[test]
fn fp8_that_the_configuration_does_not_name_is_not_quantised() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("temp dir"));
    let [folder, home] = dirs.each_ref().map(tempfile::TempDir::path);
    make(Shape::TinyMistral3, Format::SafetensorsFp8, 1, folder);
    prepare(folder, home).unwrap_or_else(|error| panic!("{error}"));
    let config = folder.join("config.json");
    let text = fs_err::read_to_string(&config).expect("read");
    fs_err::write(&config, text.replace("quantization_config", "unknown")).expect("written");
    let error = prepare(folder, home).err().expect("refused").to_string();
    assert!(error.contains("FP8 without quantization_config"), "{error}");
}

/// Its tokenizer has fewer tokens than the network has rows for them.
#[test]
fn light_on_ocr_is_quantised_with_its_tokenizer() {
    let dirs = [(); 2].map(|()| tempfile::tempdir().expect("temp dir"));
    let [folder, home] = dirs.each_ref().map(tempfile::TempDir::path);
    make(Shape::TinyLightOnOcr, Format::SafetensorsBf16, 1, folder);
    let prepared = prepare(folder, home).unwrap_or_else(|error| panic!("{error}"));
    let installed = prepared.run(&Cancel::default(), &Report::none());
    let installed = installed.expect("made").expect("nobody cancelled");
    let model = ModelChoice::At(installed.path);
    let opened = OpenOptions { model, ..OpenOptions::default() }.open_local(&mut |_, _| {});
    let opened = opened.unwrap_or_else(|error| panic!("{error}"));
    assert!(opened.config.only_reads_pages());
    let found = opened.engine.with(|generator| {
        let tokenizer = generator.tokenizer();
        Ok((tokenizer.vocab_size(), tokenizer.encode_text("Total due"), *tokenizer.control()))
    });
    let (vocab_size, ids, control) = found.recv().expect("an engine").expect("no error");
    assert_eq!((vocab_size, ids, control.img), (151_936, vec![7595, 4152], Some(151_655)));
    assert!(control.ends_answer(151_643) && control.ends_answer(151_645));
}
