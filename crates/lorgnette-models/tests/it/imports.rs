//! Files on this machine that become models.

use lorgnette_models::{Cancel, ImportOptions, Library, ModelsError, Report};

use crate::{FILES, pocket};

#[test]
fn a_cancelled_import_leaves_nothing_behind() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::at(folder.path());
    for link in [false, true] {
        let options = ImportOptions { link, ..ImportOptions::default() };
        let import = library.prepare_import(&pocket(FILES[0]), &options).unwrap();
        let cancel = Cancel::default();
        cancel.cancel();
        assert!(import.run(&cancel, &Report::none()).unwrap().is_none());
        let left: Vec<_> = fs_err::read_dir(folder.path()).unwrap().flatten().collect();
        assert!(left.iter().all(|entry| entry.file_name() == ".lock"), "{left:?}");
    }
}

#[test]
fn no_file_takes_the_name_of_another_model() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::at(folder.path());
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for dir in [&here, &there] {
        for name in FILES {
            fs_err::copy(pocket(name), dir.path().join(name)).unwrap();
        }
    }
    let options = ImportOptions { name: Some("mine".into()), ..ImportOptions::default() };
    let import = |from: &tempfile::TempDir| {
        let import = library.prepare_import(&from.path().join(FILES[0]), &options)?;
        import.run(&Cancel::default(), &Report::none())
    };
    import(&here).unwrap();
    let refused = import(&there).unwrap_err();
    assert!(matches!(refused, ModelsError::NameTaken { name } if name == "mine"));
    // The same file once more is the same model.
    import(&here).unwrap();
}

#[test]
fn no_file_takes_the_name_of_the_built_in_model() {
    let folder = tempfile::tempdir().unwrap();
    let library = Library::at(folder.path());
    let options = ImportOptions { name: Some("pocket".into()), ..ImportOptions::default() };
    let refused = library.prepare_import(&pocket(FILES[0]), &options);
    assert!(matches!(refused.err(), Some(ModelsError::BuiltIn)));
}
