use super::*;

/// A clipboard that has these.
#[derive(Default)]
struct Has {
    files: Vec<PathBuf>,
    text: String,
    picture: Vec<u8>,
}

impl Clipboard for Has {
    fn files(&mut self) -> Result<Vec<PathBuf>, String> {
        Ok(self.files.clone())
    }

    fn text(&mut self) -> Result<String, String> {
        Ok(self.text.clone())
    }

    fn picture(&mut self) -> Result<Vec<u8>, String> {
        Ok(self.picture.clone())
    }
}

#[track_caller]
fn check(mut has: Has, pasted: Copied, for_pictures: Copied) {
    assert_eq!(choose(&mut has, First::Text), Ok(pasted));
    assert_eq!(choose(&mut has, First::Picture), Ok(for_pictures));
}

#[test]
fn files_come_first_then_what_is_wanted() {
    let picture = || vec![1, 2, 3];
    let words = || "words".to_owned();
    let file = || vec![PathBuf::from("/nowhere/a folder")];
    check(Has::default(), Copied::Nothing, Copied::Nothing);
    check(
        Has { files: file(), text: words(), picture: picture() },
        Copied::Files(file()),
        Copied::Files(file()),
    );
    check(
        Has { text: words(), picture: picture(), ..Has::default() },
        Copied::Text(words()),
        Copied::Picture(picture()),
    );
    check(
        Has { picture: picture(), ..Has::default() },
        Copied::Picture(picture()),
        Copied::Picture(picture()),
    );
    let blank = Has { text: " \n".into(), picture: picture(), ..Has::default() };
    check(blank, Copied::Picture(picture()), Copied::Picture(picture()));
}

#[test]
fn only_texts_that_name_files_are_paths() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("te st é.png");
    fs_err::write(&file, "x").unwrap();
    let path = file.display().to_string();
    let url = Url::from_file_path(&file).unwrap().to_string();
    assert_eq!(named_by(&path), std::slice::from_ref(&file));
    assert_eq!(named_by(&format!("\"{path}\"\r\n{url}\n")), [file.clone(), file.clone()]);
    let of_gnome = format!("x-special/nautilus-clipboard\ncopy\n{url}\n");
    assert_eq!(named_by(&of_gnome), std::slice::from_ref(&file));
    assert!(named_by(&format!("{path}\nand words")).is_empty());
    assert!(named_by(&folder.path().display().to_string()).is_empty(), "a folder is no picture");
    assert!(named_by("te st é.png").is_empty());
    assert!(named_by("").is_empty());
}
