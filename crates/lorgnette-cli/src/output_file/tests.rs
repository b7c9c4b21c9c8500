use super::*;

const OURS: OutputKind =
    OutputKind { name: "one of ours", is_one: |head| head.starts_with(b"ours") };

fn reason(path: &Path, inputs: &[PathBuf]) -> Option<String> {
    match OutputFile::new(path, &OURS, inputs) {
        Ok(_) => None,
        Err(Failure::NotReplaced { reason, .. }) => Some(reason),
        Err(failure) => Some(format!("{failure:?}")),
    }
}

#[test]
fn a_new_an_empty_and_our_own_file_may_be_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/folder/file");
    let file = OutputFile::new(&path, &OURS, &[]).unwrap();
    assert_eq!(file.read().unwrap(), None);
    assert!(fs_err::read_dir(folder.path()).unwrap().next().is_none(), "a look leaves nothing");
    file.write(b"ours 1").unwrap();
    file.write(b"ours 2").unwrap();
    assert_eq!(file.read().unwrap().unwrap(), b"ours 2");
    let empty = folder.path().join("empty");
    fs_err::write(&empty, "").unwrap();
    assert_eq!(reason(&empty, &[]), None);
    // In the folder where the program runs.
    assert_eq!(reason(Path::new("no such file"), &[]), None);
}

#[test]
fn what_is_not_ours_is_left_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let letter = folder.path().join("letter");
    fs_err::write(&letter, "Dear Ada").unwrap();
    assert_eq!(reason(&letter, &[]).unwrap(), "it is not one of ours");
    assert_eq!(reason(folder.path(), &[]).unwrap(), "it is a folder");
    assert!(reason(&letter.join("below"), &[]).is_some());
    let ours = folder.path().join("ours");
    fs_err::write(&ours, "ours").unwrap();
    assert_eq!(reason(&ours, std::slice::from_ref(&ours)).unwrap(), "this command reads it");
    let mut permissions = ours.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    fs_err::set_permissions(&ours, permissions).unwrap();
    assert_eq!(reason(&ours, &[]).unwrap(), "it is write-protected");

    // It came while the model was loaded.
    let late = folder.path().join("late");
    let file = OutputFile::new(&late, &OURS, &[]).unwrap();
    fs_err::write(&late, "Dear Ada").unwrap();
    assert!(file.write(b"ours").is_err());
    assert_eq!(fs_err::read(&late).unwrap(), b"Dear Ada");
}

#[cfg(unix)]
#[test]
fn links_stay_links_and_other_names_are_known() {
    use std::os::unix::fs::symlink;
    let folder = tempfile::tempdir().unwrap();
    let (ours, link) = (folder.path().join("ours"), folder.path().join("link"));
    fs_err::write(&ours, "ours 1").unwrap();
    symlink(&ours, &link).unwrap();
    OutputFile::new(&link, &OURS, &[]).unwrap().write(b"ours 2").unwrap();
    assert!(link.is_symlink());
    assert_eq!(fs_err::read(&ours).unwrap(), b"ours 2");

    let hard = folder.path().join("hard");
    fs_err::hard_link(&ours, &hard).unwrap();
    for other in [&link, &hard] {
        assert_eq!(reason(other, std::slice::from_ref(&ours)).unwrap(), "this command reads it");
    }
    let dangling = folder.path().join("dangling");
    symlink(folder.path().join("nothing"), &dangling).unwrap();
    assert!(reason(&dangling, &[]).unwrap().starts_with("it is a link to nothing"));
    assert_eq!(reason(Path::new("/dev/null"), &[]).unwrap(), "it is a device or a pipe");
}
