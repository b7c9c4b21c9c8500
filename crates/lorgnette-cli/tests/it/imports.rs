//! Files on this machine that become models: names, parts, vision parts, room.

use std::path::{Path, PathBuf};

use lorgnette_loopback::gguf::{BF16, F16, F32, Gguf};

use crate::ASK;
use crate::models::{Home, pocket};
use crate::sample;

fn text_file() -> Vec<u8> {
    fs_err::read(pocket("pocket-q8_0.gguf")).unwrap()
}

fn vision() -> Gguf {
    Gguf::read(&fs_err::read(pocket("mmproj-pocket-q8_0.gguf")).unwrap())
}

/// A vision part whose rows have half as many numbers as the text model takes.
fn other_vision() -> Gguf {
    let mut other = vision();
    for tensor in other.tensors.iter_mut().filter(|tensor| tensor.name == "mm.1.weight") {
        tensor.dims[1] /= 2;
        tensor.bytes.truncate(tensor.bytes.len() / 2);
    }
    other
}

impl Home {
    /// Writes files into a folder of this home.
    fn write(&self, folder: &str, files: &[(&str, Vec<u8>)]) -> PathBuf {
        let folder = self.dir.path().join(folder);
        fs_err::create_dir_all(&folder).unwrap();
        for (name, bytes) in files {
            fs_err::write(folder.join(name), bytes).unwrap();
        }
        folder
    }

    #[track_caller]
    fn check_import(&self, path: &Path, more: &[&str]) -> PathBuf {
        let path = path.to_str().unwrap();
        let printed = self.check(&[&["models", "import", path], more].concat());
        PathBuf::from(printed.trim_end())
    }

    #[track_caller]
    fn check_not_imported(&self, path: &Path, more: &[&str], expected: &str) {
        let path = path.to_str().unwrap();
        self.check_failure(&[&["models", "import", path], more].concat(), expected);
        self.check_nothing_left();
    }

    /// No model, finished or not.
    #[track_caller]
    fn check_nothing_left(&self) {
        let Ok(entries) = fs_err::read_dir(self.models()) else { return };
        let names = entries.map(|entry| entry.unwrap().file_name());
        let left: Vec<_> = names.filter(|name| name != ".lock").collect();
        assert!(left.is_empty(), "{left:?}");
    }

    #[track_caller]
    fn check_answers(&self, model: &Path, more: &[&str]) {
        let (scene, model) = (sample("scene.png"), model.to_str().unwrap());
        let describe = ["describe", &scene, "--model", model];
        assert_eq!(self.check(&[&describe[..], more, &ASK].concat()), "Three.\n");
    }
}

fn names(folder: &Path) -> Vec<String> {
    let names = fs_err::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
    let mut names: Vec<_> = names.map(|name| name.into_string().unwrap()).collect();
    names.retain(|name| name != "lorgnette.json");
    names.sort();
    names
}

#[test]
fn any_file_name_makes_a_model() {
    let home = Home::new();
    let mut paths = Vec::new();
    for (i, name) in ["My model (1) [final].v1.2.gguf", "модель.gguf", "画像.gguf", "con.gguf"]
        .into_iter()
        .enumerate()
    {
        let files = [(name, text_file()), ("mmproj модель.gguf", vision().bytes())];
        let folder = home.write(&i.to_string(), &files);
        let link = if i == 0 { &["--link"][..] } else { &[] };
        paths.push(home.check_import(&folder.join(name), link));
    }
    let names: Vec<_> =
        paths.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(names, ["my-model-1-final-v1.2", "model", "model-2", "model-3"]);
    for path in &paths {
        home.check_answers(path, &[]);
        home.check(&["models", "verify", path.file_name().unwrap().to_str().unwrap()]);
    }
    // The same file again is the same model.
    let again = home.check_import(&home.dir.path().join("1").join("модель.gguf"), &[]);
    assert_eq!(again, paths[1]);
}

#[test]
fn parts_are_imported_together() {
    let home = Home::new();
    let parts = Gguf::read(&text_file()).parts(3);
    let part = |n: usize| format!("Big one-{n:05}-of-00003.gguf");
    let part_names: Vec<_> = (1..=3).map(part).collect();
    let mut files: Vec<_> = part_names.iter().map(String::as_str).zip(parts).collect();
    files.push(("mmproj-F16.gguf", vision().bytes()));
    let folder = home.write("parts", &files);
    for (n, path) in [folder.clone(), folder.join(part(1)), folder.join(part(3))].iter().enumerate()
    {
        let installed = home.check_import(path, &["--name", &format!("m{n}")]);
        assert_eq!(names(&installed).len(), 4, "{}", path.display());
        home.check_answers(&installed, &[]);
        home.check_answers(path, &[]);
        home.check(&["models", "remove", &format!("m{n}"), "--yes"]);
    }
    home.check_nothing_left();
    fs_err::remove_file(folder.join(part(2))).unwrap();
    for path in [folder.clone(), folder.join(part(1)), folder.join(part(3))] {
        home.check_not_imported(&path, &[], "Big one-00002-of-00003.gguf is missing");
    }
    let renamed = folder.join("renamed.gguf");
    lorgnette_app::models::whole_file::rename(&folder.join(part(3)), &renamed).unwrap();
    home.check_not_imported(&renamed, &[], "is one of 3 parts");
}

#[test]
fn of_several_vision_parts_the_best_that_fits_is_taken() {
    let home = Home::new();
    let vision = vision();
    let mut gemma = vision.in_format(F16);
    gemma.set_text("clip.projector_type", "gemma3");
    let folder = home.write(
        "several",
        &[
            ("pocket-Q8_0.gguf", text_file()),
            ("mmproj-pocket-BF16.gguf", vision.in_format(BF16).bytes()),
            ("mmproj-pocket-F16.gguf", vision.in_format(F16).bytes()),
            ("mmproj-pocket-F32.gguf", vision.in_format(F32).bytes()),
            ("mmproj-pocket-gemma-F16.gguf", gemma.bytes()),
            ("mmproj-pocket-other-F16.gguf", other_vision().in_format(F16).bytes()),
            ("mmproj-pocket-cut-F16.gguf", vision.bytes()[..100_000].to_vec()),
        ],
    );
    for path in [folder.join("pocket-Q8_0.gguf"), folder.clone()] {
        home.check_answers(&path, &[]);
        let installed = home.check_import(&path, &["--name", "m"]);
        assert_eq!(names(&installed), ["mmproj-pocket-F16.gguf", "pocket-Q8_0.gguf"]);
        home.check(&["models", "remove", "m", "--yes"]);
    }
    let named = |name: &str| folder.join(name).display().to_string();
    let text = folder.join("pocket-Q8_0.gguf");
    home.check_answers(&text, &["--mmproj", &named("mmproj-pocket-F32.gguf")]);
    let installed =
        home.check_import(&text, &["--name", "m", "--mmproj", &named("mmproj-pocket-BF16.gguf")]);
    assert_eq!(names(&installed), ["mmproj-pocket-BF16.gguf", "pocket-Q8_0.gguf"]);
    home.check(&["models", "remove", "m", "--yes"]);
    for (name, expected) in [
        ("mmproj-pocket-other-F16.gguf", "its rows have 128 numbers"),
        ("mmproj-pocket-gemma-F16.gguf", "gemma3"),
        ("mmproj-pocket-cut-F16.gguf", "cut short"),
        ("pocket-Q8_0.gguf", "it is no vision part"),
        ("none.gguf", "none.gguf"),
    ] {
        home.check_not_imported(&text, &["--mmproj", &named(name)], expected);
    }
    // Two that are equally good are for the person to choose from.
    let same = vision.in_format(F16).bytes();
    fs_err::write(folder.join("mmproj-pocket-F16-v2.gguf"), same).unwrap();
    home.check_not_imported(&text, &[], "--mmproj");
}

#[test]
fn a_text_model_is_imported_only_on_request() {
    let home = Home::new();
    let folder = home.write("text", &[("lonely.gguf", text_file())]);
    let path = folder.join("lonely.gguf");
    for more in [&[][..], &["--yes"], &["--json"], &["--link"]] {
        home.check_not_imported(&path, more, "has no vision part");
    }
    home.check_import(&path, &["--text-only"]);
    // Another family's vision part is none.
    fs_err::write(folder.join("mmproj-other.gguf"), other_vision().bytes()).unwrap();
    let scene = sample("scene.png");
    let describe = ["describe", &scene, "--model", path.to_str().unwrap()];
    home.check_failure(&describe, "its rows have 128 numbers, and the text model takes 256");
}

#[test]
fn what_is_not_whole_leaves_nothing_behind() {
    let home = Home::new();
    let whole = vision().bytes();
    let mut lacking = Gguf::read(&text_file());
    lacking.tensors.retain(|tensor| !tensor.name.contains("ffn_down"));
    let cut = whole[..whole.len() - 1].to_vec();
    for (folder, text, vision, expected) in [
        ("cut-vision", text_file(), cut, "cut short"),
        ("cut-text", text_file()[..3_000_000].to_vec(), whole.clone(), "cut short"),
        ("lacking", lacking.bytes(), whole.clone(), "more are missing"),
    ] {
        let folder = home.write(folder, &[("m.gguf", text), ("mmproj-m.gguf", vision)]);
        for link in [&[][..], &["--link"]] {
            home.check_not_imported(&folder, link, expected);
            home.check_not_imported(&folder.join("m.gguf"), link, expected);
        }
    }
    let pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n".to_vec();
    let folder = home.write("lfs", &[("m.gguf", pointer)]);
    home.check_not_imported(&folder, &[], "Git LFS pointer");
    home.check_not_imported(&folder.join("m.gguf"), &[], "git lfs pull");
}

#[test]
fn room_is_looked_at_before_anything_is_copied() {
    let home = Home::new();
    let files = [("huge.gguf", text_file()), ("mmproj-huge.gguf", vision().bytes())];
    let folder = home.write("huge", &files);
    let file = fs_err::OpenOptions::new().write(true).open(folder.join("huge.gguf")).unwrap();
    // A file with a hole: it takes no room here, and its copy would.
    if file.set_len(1 << 43).is_err() {
        return eprintln!("not run: no such files on this disk");
    }
    home.check_not_imported(&folder, &[], "is free");
}
