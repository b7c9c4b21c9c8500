//! What a person's options write, and never write over.

use std::path::{Path, PathBuf};

use super::{ASK, lorgnette, sample};

struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        Self(tempfile::TempDir::new().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A copy of a sample.
    fn picture(&self, name: &str) -> PathBuf {
        let path = self.path(name);
        fs_err::copy(sample("scene.png"), &path).unwrap();
        path
    }
}

fn run(arguments: &[&str], option: &str, path: &Path) -> (i32, String) {
    let output = lorgnette(&[arguments, &[option, path.to_str().unwrap()]].concat(), b"");
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

/// Fails before anything is loaded, and leaves the file as it was.
#[track_caller]
fn check_left(arguments: &[&str], option: &str, path: &Path) {
    let before = (fs_err::read(path).ok(), path.symlink_metadata().unwrap().permissions());
    let (code, stderr) = run(arguments, option, path);
    assert_eq!(code, 1, "{stderr}");
    assert!(stderr.contains("is not written over: "), "{stderr}");
    assert_eq!(stderr.lines().count(), 2, "{stderr}");
    let after = (fs_err::read(path).ok(), path.symlink_metadata().unwrap().permissions());
    assert_eq!(before, after);
}

#[track_caller]
fn check_written(arguments: &[&str], option: &str, path: &Path) -> String {
    let (code, stderr) = run(arguments, option, path);
    assert_eq!(code, 0, "{stderr}");
    assert!(fs_err::metadata(path).unwrap().len() > 0);
    stderr
}

#[test]
fn a_photo_and_a_letter_are_not_written_over() {
    let folder = Folder::new();
    let photo = folder.picture("photo.png");
    let protected = folder.picture("protected.jpg");
    let mut permissions = protected.metadata().unwrap().permissions();
    permissions.set_readonly(true);
    fs_err::set_permissions(&protected, permissions).unwrap();
    let letter = folder.path("letter");
    fs_err::write(&letter, "Dear Ada").unwrap();
    let (scene, pictures) = (sample("scene.png"), folder.0.path().to_str().unwrap());
    for path in [&photo, &protected, &letter] {
        check_left(&["describe", &scene, "--model", "pocket"], "--keep", path);
        check_left(&["chat", "--model", "pocket"], "--keep", path);
        check_left(&["inspect", &scene], "--save", path);
        check_left(&["bench", "pocket"], "--save", path);
        check_left(&["alt", pictures], "--csv", path);
    }
}

#[test]
fn an_input_is_not_written_over_by_any_of_its_names() {
    let folder = Folder::new();
    // One that inspect wrote could be replaced, were it not the input.
    let view = folder.path("view.png");
    check_written(&["inspect", &sample("scene.png")], "--save", &view);
    let shown = view.to_str().unwrap();
    check_left(&["inspect", shown], "--save", &view);
    #[cfg(unix)]
    {
        let (hard, link) = (folder.path("hard.png"), folder.path("link.png"));
        fs_err::hard_link(&view, &hard).unwrap();
        std::os::unix::fs::symlink(&view, &link).unwrap();
        check_left(&["inspect", shown], "--save", &hard);
        check_left(&["inspect", shown], "--save", &link);
    }
    // It is replaced as an output.
    check_written(&["inspect", &sample("sign.png")], "--save", &view);
}

#[test]
fn what_an_option_wrote_it_may_write_again() {
    let folder = Folder::new();
    let scene = sample("scene.png");
    let describe = [&["describe", &scene, "--model", "pocket"], &ASK[..]].concat();
    let snapshot = folder.path("new folder/snapshot");
    assert_eq!(check_written(&describe, "--keep", &snapshot), "");
    let said = check_written(&describe, "--keep", &snapshot);
    assert!(said.starts_with("note: ") && said.ends_with(" tokens were read before\n"), "{said}");
    let empty = folder.path("empty");
    fs_err::write(&empty, "").unwrap();
    assert_eq!(check_written(&describe, "--keep", &empty), "");
    let bench = ["bench", "pocket", "--prefill", "8", "--decode", "2"];
    for _ in 0..2 {
        check_written(&["inspect", &scene], "--save", &folder.path("view.png"));
        check_written(&bench, "--save", &folder.path("bench.json"));
    }
    // Each is somebody else's to the other options.
    check_left(&["inspect", &scene], "--save", &snapshot);
    check_left(&describe, "--keep", &folder.path("view.png"));
}

#[test]
fn a_place_that_cannot_be_written_is_said_before_anything_is_loaded() {
    let folder = Folder::new();
    let file = folder.picture("photo.png");
    let below = file.join("snapshot");
    let scene = sample("scene.png");
    let (code, stderr) = run(&["describe", &scene], "--keep", &below);
    assert_eq!((code, stderr.lines().count()), (1, 2), "{stderr}");
}
