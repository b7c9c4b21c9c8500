use super::*;
use crate::folders::Folders;

/// The file of the built-in model.
fn pocket(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/pocket").join(name)
}

#[test]
fn a_model_that_reads_no_pictures_is_used_when_the_person_says_so() {
    let home = tempfile::tempdir().unwrap();
    let app = App::open(Folders::below(home.path()), |_| {}).unwrap();
    let model = home.path().join("pocket-q8_0.gguf");
    fs_err::copy(pocket("pocket-q8_0.gguf"), &model).unwrap();
    let error = app.use_model_at(&model, false).unwrap_err();
    let AppError::Models(ModelsError::TextOnly { name }) = error else { panic!("{error}") };
    assert_eq!(name, "pocket-q8_0.gguf");
    assert_eq!(app.settings().model, None, "nothing changes before the person has said so");
    app.use_model_at(&model, true).unwrap();
    assert_eq!(app.settings().model, Some(model.display().to_string()));

    // With its vision part beside it nobody is asked.
    let vision = "mmproj-pocket-q8_0.gguf";
    fs_err::copy(pocket(vision), home.path().join(vision)).unwrap();
    app.use_model_at(&model, false).unwrap();
    app.close();
}

#[test]
fn what_is_no_model_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let app = App::open(Folders::below(home.path()), |_| {}).unwrap();
    let letter = home.path().join("letter.gguf");
    fs_err::write(&letter, "Dear Sir").unwrap();
    assert!(app.use_model_at(&letter, true).is_err());
    assert_eq!(app.settings().model, None);
}
