use super::*;

/// A folder with pictures whose names are as people have them.
struct Pictures(tempfile::TempDir);

const NAMES: [&str; 5] = ["a.png", "my photo.png", "it's.png", "a (1) & b.png", "tür 50%.png"];

impl Pictures {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in NAMES {
            fs_err::write(folder.path().join(name), "").unwrap();
        }
        Self(folder)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().unwrap().to_owned()
    }

    #[track_caller]
    fn check(&self, line: &str, names: &[&str], question: &str) {
        let pictures = names.iter().map(|name| self.path(name)).collect();
        assert_eq!(Line::of(line), Line::Ask { pictures, question }, "{line}");
    }
}

#[track_caller]
fn check_question(line: &str) {
    assert_eq!(Line::of(line), Line::Ask { pictures: vec![], question: line });
}

#[test]
fn a_name_is_found_between_brackets_and_behind_the_question() {
    let pictures = Pictures::new();
    for name in NAMES {
        let path = pictures.text(name);
        for form in [
            format!("“{path}”"),
            format!("«{path}»"),
            format!("<{path}>"),
            format!("![]({path})"),
            format!("![a picture]({path})"),
        ] {
            // Such a name is itself in brackets.
            if name.contains('(') && form.starts_with('!') {
                continue;
            }
            pictures.check(&form, &[name], "");
            pictures.check(&format!("{form} What's it?"), &[name], "What's it?");
            pictures.check(&format!("What's it? {form}"), &[name], "What's it?");
        }
        pictures.check(&format!("What's it? {path}"), &[name], "What's it?");
        pictures.check(&format!("Is it the same? {path} {path}"), &[name, name], "Is it the same?");
        pictures.check(&format!("{path} Is it like {path}"), &[name, name], "Is it like");
        let pasted = format!("\u{1b}[200~{path}\u{1b}[201~What's it?");
        pictures.check(&without_paste_marks(&pasted), &[name], "What's it?");
    }
    check_question("What is <b> in HTML?");
    check_question("What's in Bob's.png");
    check_question("“Save” is where?");
    check_question("Where is /no/such/file.png");
    check_question("Is it like a.txt");
}

#[test]
fn a_name_is_read_as_terminals_write_it() {
    let pictures = Pictures::new();
    for name in NAMES {
        let path = pictures.text(name);
        let address = Url::from_file_path(&path).unwrap();
        let quoted = format!("'{}'", path.replace('\'', "'\\''"));
        let special = |c: char| " '()&%".contains(c);
        let escaped: String =
            path.chars().flat_map(|c| special(c).then_some('\\').into_iter().chain([c])).collect();
        let mut forms = vec![path.clone(), address.to_string(), format!("\"{path}\"")];
        if !cfg!(windows) {
            forms.extend([quoted, escaped, address.as_str().replace("///", "//localhost/")]);
        }
        for form in forms {
            for before in ["", "/picture ", " \u{FEFF}"] {
                pictures.check(&format!("{before}{form}"), &[name], "");
                pictures.check(&format!("{before}{form} "), &[name], "");
                pictures.check(&format!("{before}{form} What's it?"), &[name], "What's it?");
            }
        }
    }
}

#[test]
fn several_pictures_may_come_before_the_question() {
    let pictures = Pictures::new();
    let line = format!(
        "{} '{}' {} What differs?",
        pictures.text("a.png"),
        pictures.text("my photo.png"),
        pictures.text("tür 50%.png")
    );
    pictures.check(&line, &["a.png", "my photo.png", "tür 50%.png"], "What differs?");
}

#[test]
fn a_path_to_nothing_is_no_question() {
    let pictures = Pictures::new();
    let none = pictures.text("none.png");
    pictures.check(&none, &["none.png"], "");
    pictures.check(&format!("{none} What is it?"), &["none.png"], "What is it?");
    pictures.check(&format!("'{none}' What is it?"), &["none.png"], "What is it?");
    pictures.check(
        &format!("{} {none} Well?", pictures.text("a.png")),
        &["a.png", "none.png"],
        "Well?",
    );
    let ask = |path: &str, question| Line::Ask { pictures: vec![path.into()], question };
    assert_eq!(Line::of("none.jpg What is it?"), ask("none.jpg", "What is it?"));
    assert_eq!(Line::of("./none What is it?"), ask("./none", "What is it?"));
    assert_eq!(Line::of("/picture my none"), ask("my none", ""));
    assert_eq!(Line::of("/picture 'my none'"), ask("my none", ""));
    let home = std::env::home_dir().unwrap();
    assert_eq!(
        Line::of("~/none Well?"),
        Line::Ask { pictures: vec![home.join("none")], question: "Well?" }
    );
    // A folder is told to be one.
    pictures.check(pictures.0.path().to_str().unwrap(), &[""], "");
}

#[test]
fn a_question_stays_a_question() {
    for line in [
        "What is it?",
        "\"Market lane\" - what does it mean?",
        "'Tis a sign?",
        "~5 people, or more?",
        "e.g. the left one",
        "and/or what?",
        "C. Is it so?",
        "src what?",
    ] {
        check_question(line);
    }
}

#[test]
fn commands_are_commands() {
    for (line, expected) in [
        ("", Line::Nothing),
        (" \t\r\n", Line::Nothing),
        ("/quit\r\n", Line::Quit),
        ("/new", Line::New),
        ("/skip", Line::Skip),
        ("/picture", Line::Help),
        ("/picture ", Line::Help),
        ("/help", Line::Help),
        ("/pictures a.png", Line::Help),
        ("/ what?", Line::Help),
    ] {
        assert_eq!(Line::of(line), expected, "{line:?}");
    }
}
