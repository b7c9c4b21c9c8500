//! `--private` leaves nothing on the disk.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::{ASK, command, sample};

/// All files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

/// What `describe` leaves in all folders that it may know.
fn left_by(more: &[&str]) -> Vec<PathBuf> {
    let home = tempfile::TempDir::new().unwrap();
    let scene = sample("scene.png");
    let arguments = [&["describe", &scene], &ASK[..], more].concat();
    let mut command = command(home.path(), &arguments);
    for name in ["HOME", "TMPDIR", "TMP", "TEMP", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env(name, home.path());
    }
    let output = command
        .env("LORGNETTE_LOG", "debug")
        .current_dir(home.path())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(output.stdout, b"Three.\n");
    files(home.path())
}

#[test]
fn a_private_question_leaves_no_file() {
    assert!(!left_by(&[]).is_empty(), "the test looks where files are");
    assert_eq!(left_by(&["--private"]), Vec::<PathBuf>::new());
}
