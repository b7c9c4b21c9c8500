//! The models folder.

use std::collections::BTreeMap;
use std::path::Path;

use lorgnette_interrupt::{Cancel, Interrupted};
use lorgnette_weights::checksum::Checksum;
use lorgnette_weights::install::record;
use lorgnette_weights::store::{LockedSource, Manifest, Store};
use lorgnette_weights::{Report, WeightsError};

fn manifest(name: &str, work: &Path) -> Manifest {
    let file = record(&work.join("model.gguf"), "model.gguf", &Cancel::default());
    Manifest {
        version: Manifest::VERSION,
        name: name.into(),
        title: name.into(),
        licence: None,
        source: "a test".into(),
        quantisation: None,
        sources: Vec::new(),
        files: vec![file.expect("record")],
    }
}

/// A finished model with this content, in the work folder of its name.
fn publish(store: &Store, name: &str, content: &[u8]) {
    let work = store.work_dir(name).expect("name");
    fs_err::create_dir_all(&work).expect("folder");
    fs_err::write(work.join("model.gguf"), content).expect("write");
    let lock = store.lock().expect("lock");
    store.publish(&lock, &work, &manifest(name, &work)).expect("publish");
    assert!(!work.exists());
}

#[test]
fn one_writer_at_a_time() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(&dir.path().join("mödels with spaces"));
    let lock = store.lock().expect("the first");
    match store.lock() {
        Err(WeightsError::Busy { .. }) => {}
        other => panic!("{other:?}"),
    }
    drop(lock);
    store.lock().expect("after it");
}

#[test]
fn a_model_is_there_whole_or_not_at_all() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(dir.path());
    publish(&store, "a", b"first");
    publish(&store, "a", b"second");
    let path = store.model_dir("a").expect("name").join("model.gguf");
    assert_eq!(fs_err::read(path).expect("read"), b"second");
    assert_eq!(store.models().len(), 1);
    let lock = store.lock().expect("lock");
    store.remove(&lock, "a").expect("remove");
    assert!(matches!(store.remove(&lock, "a"), Err(WeightsError::NotInstalled { .. })));
    assert!(store.models().is_empty());
}

#[test]
fn a_replacement_that_was_interrupted_is_taken_back() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(dir.path());
    publish(&store, "a", b"old");
    // Killed between the two renames: the old one is aside, the new one not yet there.
    fs_err::create_dir_all(store.work_dir("a").expect("name")).expect("folder");
    lorgnette_files::rename(&dir.path().join("a"), &dir.path().join(".old-a")).expect("rename");
    assert!(store.models().is_empty());
    drop(store.lock().expect("lock"));
    assert_eq!(store.models().len(), 1);
}

#[test]
fn what_could_not_be_removed_does_not_come_back() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(dir.path());
    // As a program on Windows leaves it that has the weights open; later the model is made anew.
    for name in [".old-a", ".old-a~2"] {
        fs_err::create_dir_all(dir.path().join(name)).expect("folder");
        fs_err::write(dir.path().join(name).join("model.gguf"), b"half of it").expect("write");
    }
    fs_err::create_dir_all(store.work_dir("a").expect("name")).expect("folder");
    drop(store.lock().expect("lock"));
    assert!(!dir.path().join("a").exists());
    assert!(!dir.path().join(".old-a").exists() && !dir.path().join(".old-a~2").exists());
}

/// Windows does not remove what is open; some of its file systems do not even move it.
#[test]
fn a_model_in_use_hinders_no_other_work() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(dir.path());
    publish(&store, "a", b"first");
    let path = store.model_dir("a").expect("name").join("model.gguf");
    for content in [&b"second"[..], b"third"] {
        let in_use = fs_err::File::open(&path).expect("open");
        let work = store.work_dir("a").expect("name");
        fs_err::create_dir_all(&work).expect("folder");
        fs_err::write(work.join("model.gguf"), content).expect("write");
        let lock = store.lock().expect("lock");
        match store.publish(&lock, &work, &manifest("a", &work)) {
            Ok(_) => assert_eq!(fs_err::read(&path).expect("read"), content),
            Err(WeightsError::InUse { name, .. }) if cfg!(windows) => assert_eq!(name, "a"),
            other => panic!("{other:?}"),
        }
        drop(lock);
        publish(&store, "b", b"another");
        drop(in_use);
    }
    drop(store.lock().expect("lock"));
    let names = fs_err::read_dir(dir.path()).expect("read").map(|entry| entry.expect("entry"));
    let names: Vec<_> = names.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    assert!(!names.iter().any(|name| name.starts_with(".old")), "{names:?}");
    assert_eq!(store.models().len(), 2);
}

#[test]
fn a_file_with_a_second_name_frees_nothing() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(&dir.path().join("models"));
    publish(&store, "a", b"content");
    let path = store.model_dir("a").expect("name").join("model.gguf");
    let manifest_bytes =
        fs_err::metadata(path.with_file_name("lorgnette.json")).expect("read").len();
    fs_err::hard_link(&path, dir.path().join("second.gguf")).expect("link");
    let lock = store.lock().expect("lock");
    assert_eq!(store.remove(&lock, "a").expect("remove"), manifest_bytes);
}

#[test]
fn verify_finds_what_has_changed() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(dir.path());
    publish(&store, "a", b"content");
    let verify = || store.verify("a", &Cancel::default(), &Report::none()).expect("verify");
    assert!(verify()[0].is_whole);
    let path = dir.path().join("a/model.gguf");
    for (content, because) in [(&b"contenT"[..], "changed"), (b"cont", "4 bytes instead of 7")] {
        fs_err::write(&path, content).expect("write");
        let verdict = &verify()[0];
        assert!(verdict.fault.as_ref().expect("a fault").contains(because), "{verdict:?}");
    }
    fs_err::remove_file(path).expect("remove");
    assert!(!verify()[0].is_whole);
}

#[test]
fn names_in_a_manifest_do_not_lead_out() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(dir.path());
    publish(&store, "a", b"content");
    let path = dir.path().join("a/lorgnette.json");
    let json = fs_err::read_to_string(&path).expect("read");
    fs_err::write(&path, json.replace("model.gguf", "../../etc/passwd")).expect("write");
    match store.verify("a", &Cancel::default(), &Report::none()) {
        Err(Interrupted::Failed(WeightsError::Name { .. })) => {}
        other => panic!("{other:?}"),
    }
    assert!(store.model_dir("../a").is_err());
}

#[test]
fn a_source_is_remembered() {
    let dir = tempfile::tempdir().expect("temp dir");
    let store = Store::new(dir.path());
    assert_eq!(store.locked("a/b@main"), None);
    let checksum = Checksum::sha256(&"0".repeat(64)).expect("a hash");
    let files = BTreeMap::from([("x".to_owned(), checksum)]);
    let source = LockedSource { commit: "c".into(), files };
    let lock = store.lock().expect("lock");
    store.remember(&lock, "a/b@main", source.clone()).expect("remember");
    assert_eq!(store.locked("a/b@main"), Some(source));
}
