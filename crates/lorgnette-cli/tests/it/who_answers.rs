//! Which model answers when nobody names one, and what is said of better ones.

use std::path::Path;

use crate::ASK;
use crate::models::{Home, pocket, text};
use crate::sample;

const PAIR: [&str; 2] = ["pocket-q8_0.gguf", "mmproj-pocket-q8_0.gguf"];

/// Puts files of the built-in model into a folder.
fn put(folder: &Path, files: &[&str]) {
    fs_err::create_dir_all(folder).unwrap();
    for file in files {
        fs_err::copy(pocket(file), folder.join(file)).unwrap();
    }
}

/// Asks, and returns the path of the model that answered, from JSON.
fn answered(home: &Home) -> String {
    let scene = sample("scene.png");
    let output = home.check(&[&["describe", &scene, "--json"], &ASK[..]].concat());
    let json: serde_json::Value = serde_json::from_str(&output).unwrap();
    json["model"].as_str().unwrap().to_owned()
}

#[test]
fn a_text_model_is_never_chosen_for_a_picture() {
    let home = Home::new();
    put(&home.models().join("text"), &PAIR[..1]);
    assert_eq!(answered(&home), "pocket (built in)");
    put(&home.models().join("pair"), &PAIR);
    assert!(answered(&home).ends_with("pair"));
    // By its name it is opened, and says what it lacks.
    let scene = sample("scene.png");
    let text = home.models().join("text").display().to_string();
    home.check_failure(&["describe", &scene, "--model", &text], "reads no pictures");
}

/// A note where a person reads it, an error where nobody does.
#[track_caller]
fn check_said(home: &Home, name: &str, reason: &str) {
    let scene = sample("scene.png");
    let describe = [&["describe", &scene], &ASK[..]].concat();
    let output = home.run(&describe);
    let stderr = text(&output.stderr);
    assert_eq!((output.status.code(), text(&output.stdout).as_str()), (Some(0), "Three.\n"));
    let note = stderr.lines().find(|line| line.contains(&format!("note: {name} ")));
    assert!(note.is_some_and(|note| note.contains(reason)), "{stderr}");
    home.check_failure(
        &[&describe[..], &["--json"]].concat(),
        &format!("{name} cannot be opened, and another"),
    );
    let folder = home.dir.path().join("pictures");
    put(&folder, &[]);
    fs_err::copy(&scene, folder.join("scene.png")).unwrap();
    let (folder, table) = (folder.display().to_string(), home.dir.path().join("alt.csv"));
    let alt = ["alt", &folder, "--csv", table.to_str().unwrap()];
    home.check_failure(&alt, &format!("{name} cannot be opened, and another"));
    // Named, any model answers.
    home.check(&[&describe[..], &["--json", "--model", "pocket"]].concat());
}

#[test]
fn a_better_one_that_is_cut_is_named() {
    let home = Home::new();
    let big = home.models().join("big");
    put(&big, &PAIR);
    let file = big.join(PAIR[1]);
    let bytes = fs_err::read(&file).unwrap();
    fs_err::write(&file, &bytes[..bytes.len() - 100]).unwrap();
    check_said(&home, "big", "cut short");
}

#[test]
fn a_better_one_without_its_vision_part_is_named() {
    let home = Home::new();
    let file = pocket(PAIR[0]);
    home.check(&["models", "import", file.to_str().unwrap(), "--name", "big"]);
    fs_err::remove_file(home.models().join("big").join(PAIR[1])).unwrap();
    check_said(&home, "big", "mmproj-pocket-q8_0.gguf is missing");
}

#[cfg(unix)]
#[test]
fn a_linked_one_whose_folder_is_gone_is_named() {
    let home = Home::new();
    let drive = home.dir.path().join("drive");
    put(&drive, &PAIR);
    let file = drive.join(PAIR[0]);
    home.check(&["models", "import", "--link", file.to_str().unwrap(), "--name", "big"]);
    fs_err::remove_dir_all(&drive).unwrap();
    check_said(&home, "big", "which is not there");
}

#[cfg(unix)]
#[test]
fn models_on_a_drive_that_is_away_are_named() {
    let home = Home::new();
    fs_err::os::unix::fs::symlink("/media/no-such-drive/models", home.models()).unwrap();
    check_said(&home, "the models folder", "/media/no-such-drive/models, which is not there");
}
