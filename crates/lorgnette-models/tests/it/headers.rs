//! What the headers of GGUF files say before the files are fetched.

use lorgnette_loopback::LoopbackHub;
use lorgnette_models::fit::memory_bytes;
use lorgnette_models::{
    AddOptions, Cancel, Library, ModelSource, ModelsError, Prepared, QuantScheme, Report, open,
};

use crate::{FILES, hub_settings, pocket};

/// Asks a hub with these files for a model of another context than the usual one.
fn prepare(files: &[(&str, Vec<u8>)]) -> Result<Prepared, ModelsError> {
    let hub = LoopbackHub::start();
    hub.publish("owner/small", files);
    let folder = tempfile::tempdir().unwrap();
    let options = AddOptions {
        hub: hub_settings(&hub, folder.path()),
        scheme: QuantScheme::Q8_0,
        context: 4096,
        ..AddOptions::from_environment().unwrap()
    };
    let source: ModelSource = "hf:owner/small".parse().unwrap();
    let library = Library::at(folder.path());
    let prepared = library.prepare(&source, &options, &Cancel::default(), &Report::none());
    prepared.map(|prepared| prepared.expect("nobody cancelled"))
}

#[test]
fn a_file_on_the_hub_says_what_memory_it_takes() {
    let files = FILES.map(|name| (name, fs_err::read(pocket(name)).unwrap()));
    let advised = prepare(&files).unwrap().summary.fit.memory_needed_bytes;
    let checkpoint = open::probe(&pocket(FILES[0])).unwrap();
    assert_eq!(advised, memory_bytes(checkpoint.n_bytes(), checkpoint.config(), 4096));
}

#[test]
fn a_file_that_is_no_model_is_refused_before_it_is_fetched() {
    let mut bytes = fs_err::read(pocket(FILES[0])).unwrap();
    bytes[..4].copy_from_slice(b"JPEG");
    let refused = prepare(&[(FILES[0], bytes)]);
    assert!(matches!(refused.err(), Some(ModelsError::Load(_))));
}
