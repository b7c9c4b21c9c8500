//! Files that earlier versions of the program wrote, opened by this one. They lie in a folder of
//! that version's name, as it wrote them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use lorgnette_loopback::LoopbackHub;
use lorgnette_models::speed::Speeds;
use lorgnette_models::{
    AddOptions, Cancel, Circumstances, Library, ModelSource, ModelState, ModelsError, Report,
    WeightsError,
};

use crate::{FILES, hub_settings, pocket};

const VERSIONS: [&str; 1] = ["0.1.0"];

fn fixture(version: &str, name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(version).join(name)
}

#[test]
fn an_installed_model_is_listed_verified_and_opened() {
    for version in VERSIONS {
        let folder = tempfile::tempdir().unwrap();
        let small = folder.path().join("small");
        fs_err::create_dir(&small).unwrap();
        fs_err::copy(fixture(version, "lorgnette.json"), small.join("lorgnette.json")).unwrap();
        for file in FILES {
            fs_err::copy(pocket(file), small.join(file)).unwrap();
        }
        let library = Library::at(folder.path());
        let listed = library.list().unwrap().into_iter().find(|model| model.name == "small");
        let listed = listed.unwrap();
        assert_eq!(
            (listed.licence.as_deref(), listed.n_bytes),
            (Some("apache-2.0"), Some(11_100_768))
        );
        let verdicts = library.verify("small", &Cancel::default(), &Report::none()).unwrap();
        let verdicts = verdicts.unwrap();
        assert!(verdicts.len() == 2 && verdicts.iter().all(|verdict| verdict.is_whole));

        let path = small.display().to_string();
        let circumstances = Circumstances {
            in_use: None,
            chosen: Some(&path),
            context: 8192,
            speeds: &Speeds::default(),
            calibration: None,
            fetches: &BTreeMap::new(),
            servers: &[],
        };
        let surveyed = library.survey(&circumstances);
        let model = surveyed.iter().find(|model| model.is_chosen).unwrap();
        assert!(matches!(model.state, ModelState::Installed { made_here: true }), "{model:?}");
        assert!(model.memory_bytes.unwrap() > model.n_bytes.unwrap());
    }
}

#[test]
fn what_a_source_was_is_remembered() {
    for version in VERSIONS {
        let hub = LoopbackHub::start();
        let files = FILES.map(|name| (name, fs_err::read(pocket(name)).unwrap()));
        hub.publish("owner/small", &files);
        hub.publish_wrong_hash(FILES[0]);
        let folder = tempfile::tempdir().unwrap();
        let lock = "sources.lock.json";
        fs_err::copy(fixture(version, lock), folder.path().join(lock)).unwrap();
        let options = AddOptions {
            hub: hub_settings(&hub, folder.path()),
            ..AddOptions::from_environment().unwrap()
        };
        let source: ModelSource = "hf:owner/small".parse().unwrap();
        let library = Library::at(folder.path());
        let prepared = library.prepare(&source, &options, &Cancel::default(), &Report::none());
        let Err(ModelsError::Weights(WeightsError::LockedHash { file, .. })) = prepared else {
            panic!("{version}: the published hash is not compared");
        };
        assert_eq!(file, FILES[0]);
    }
}

#[test]
fn measured_speeds_are_known() {
    for version in VERSIONS {
        let speed = Speeds::read(&fixture(version, "speeds.json")).of("/home/ada/models/imported");
        assert_eq!(speed.encode_flop_per_s, Some(25_429_255_467.537_006));
        assert_eq!(speed.prefill_tokens_per_s, Some(3_564.429_016_021_436));
        assert_eq!(speed.decode_tokens_per_s, None);
    }
}
