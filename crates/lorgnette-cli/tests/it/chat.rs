//! Chats by lines.

use super::{lorgnette, sample};

/// Answers and notes of a chat with the built-in model.
fn chat(more: &[&str], lines: impl AsRef<[u8]>) -> (String, String) {
    let fixed = ["chat", "--model", "pocket", "--temperature", "0"];
    let output = lorgnette(&[&fixed[..], more].concat(), lines.as_ref());
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    (String::from_utf8(output.stdout).unwrap(), stderr)
}

const ASK: &str = "How many shapes are there?";

#[test]
fn pictures_are_named_as_terminals_name_them() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("my scene.png");
    fs_err::copy(sample("scene.png"), &path).unwrap();
    let path = path.to_str().unwrap();
    let mut forms = vec![
        path.to_owned(),
        format!("\"{path}\""),
        url::Url::from_file_path(path).unwrap().into(),
    ];
    if !cfg!(windows) {
        forms.extend([format!("'{path}' "), path.replace(' ', "\\ ")]);
    }
    let lines =
        forms.iter().map(|form| format!("{form} {ASK}\n/new\n/picture {form}\n{ASK}\n/new\n"));
    let (answers, said) = chat(&[], lines.collect::<String>());
    assert_eq!(answers, "Three.\n".repeat(2 * forms.len()), "{said}");
    assert_eq!(said, "");
}

#[test]
fn nothing_is_asked_about_a_picture_that_is_missing() {
    let scene = sample("scene.png");
    for named in ["/picture none.png", "none.png", "/no/such/place what is it?"] {
        let (answers, said) =
            chat(&[], format!("{named}\n{ASK}\n{ASK}\n{scene}\n{ASK}\n/quit\n{ASK}\n"));
        assert_eq!(answers, "Three.\n", "{said}");
        assert!(said.starts_with("error: cannot read "), "{said}");
        assert_eq!(said.matches("error: nothing was asked").count(), 2, "{said}");
    }
    let (answers, _) = chat(&[&scene], format!("/picture none.png\n/skip\n{ASK}\n"));
    assert_eq!(answers, "Three.\n");
}

#[test]
fn a_line_that_is_no_text_is_an_error_about_that_line() {
    let scene = sample("scene.png");
    let mut lines = b"Und das f\xfcnfte?\n".to_vec();
    lines.extend(format!("{ASK}\n").bytes());
    let (answers, said) = chat(&[&scene], &lines);
    assert_eq!(answers, "Three.\n");
    assert_eq!(said.matches("error: this line is not UTF-8").count(), 1, "{said}");
    // Nor is it asked about nothing.
    lines.splice(..0, b"/picture caf\xe9.png\n".iter().copied());
    assert_eq!(chat(&[], &lines).0, "");
}

#[test]
fn a_full_chat_says_so_and_reads_no_more() {
    let lines = "Hello?\nAnd?\nAnd then?\n/new\nHello?\n";
    let (answers, said) = chat(&["--context", "12"], lines);
    assert_eq!(answers.lines().count(), 2, "{answers}");
    let (first, second) = answers.trim_end().split_once('\n').unwrap();
    // What is cut may end with a space.
    assert_eq!(first.trim_end(), second.trim_end());
    assert_eq!(
        said.matches("note: the answer is cut because the chat is full").count(),
        2,
        "{said}"
    );
    assert_eq!(
        said.matches("error: nothing was asked, because the chat is full").count(),
        2,
        "{said}"
    );
}

#[test]
fn the_pages_of_a_document_are_turned() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("report.pdf");
    fs_err::write(&path, super::documents::pdf(&["One".to_owned(), "Two".to_owned()])).unwrap();
    let path = path.to_str().unwrap();
    let (answers, said) = chat(&[path], format!("/page 2\n{ASK}\n"));
    assert_eq!(answers.matches("(page 2 of 2 is shown)").count(), 1, "{answers} {said}");
    assert!(!answers.contains("page 1 of 2"), "{answers}");
    // It stays the document in a new chat, and for pages that are named after a question.
    let lines = format!("/picture {path}\n{ASK}\n/page 2\n{ASK}\n/new\n/page 1\n{ASK}\n");
    let (answers, said) = chat(&[], lines);
    let pages = ["page 1 of 2", "page 2 of 2"].map(|page| answers.matches(page).count());
    assert_eq!(pages, [2, 1], "{answers} {said}");
    // What is not there is said, and the page before is asked about.
    let (answers, said) = chat(&[path], format!("/page 3\n{ASK}\n"));
    assert!(said.contains("page 3"), "{said}");
    assert!(answers.contains("page 1 of 2"), "{answers}");
    let (_, said) = chat(&[], "/page 2\n/help\n");
    assert!(said.contains("there is no document"), "{said}");
    assert!(said.contains("/page N"), "{said}");
    for line in ["/page", "/page x", "/page 0"] {
        assert!(chat(&[path], format!("{line}\n")).1.contains("/page N"), "{line}");
    }
}
