//! A folder to alt texts.

use std::path::Path;

use super::{lorgnette, sample};

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0";

/// Runs `alt` for a folder; what it said, and the table.
#[track_caller]
fn alt(pictures: &Path, csv: &Path, more: &[&str], expected: i32) -> (String, String) {
    let fixed = ["alt", pictures.to_str().unwrap(), "--csv", csv.to_str().unwrap()];
    let output = lorgnette(&[&fixed[..], &["--temperature", "0"], more].concat(), b"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(expected), "{stderr}");
    (stderr, fs_err::read_to_string(csv).unwrap_or_default())
}

#[test]
fn a_folder_becomes_a_table_that_goes_on_where_it_was() {
    let folder = tempfile::TempDir::new().unwrap();
    let pictures = folder.path().join("pictures");
    fs_err::create_dir(&pictures).unwrap();
    for name in ["scene.png", "sign.png"] {
        fs_err::copy(sample(name), pictures.join(name)).unwrap();
    }
    fs_err::write(pictures.join("broken.png"), PNG).unwrap();
    let csv = folder.path().join("alt.csv");
    let (said, table) = alt(&pictures, &csv, &[], 3);
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 4, "{table}");
    assert_eq!(rows[0], "file,alt,error,note");
    // One that fails stops nothing, and says why.
    assert!(rows[1].starts_with("broken.png,,") && rows[1].len() > 20, "{table}");
    assert!(rows[2].starts_with("scene.png,") && rows[2].ends_with(','), "{table}");
    assert!(said.contains("1 of 3 failed"), "{said}");
    for row in &rows[2..] {
        assert!(row.chars().count() < 125 + 20, "{row}");
    }
    let (said, again) = alt(&pictures, &csv, &[], 3);
    assert!(said.starts_with("3 pictures, 1 of them have no alt text yet"), "{said}");
    assert_eq!(again, table);
    fs_err::remove_file(pictures.join("broken.png")).unwrap();
    let (said, _) = alt(&pictures, &csv, &[], 0);
    assert_eq!(said, "2 pictures, 0 of them have no alt text yet\n");
}

#[test]
fn pictures_are_found_by_what_is_in_them() {
    let folder = tempfile::TempDir::new().unwrap();
    let pictures = folder.path().join("pictures");
    fs_err::create_dir(&pictures).unwrap();
    for name in ["scene", "scene.jfif", "scene.txt"] {
        fs_err::copy(sample("scene.png"), pictures.join(name)).unwrap();
    }
    let others: [(&str, &[u8]); 7] = [
        ("archive.zip", b"PK\x03\x04"),
        ("letter.txt", b"Dear Ada"),
        ("pointer.png", b"version https://git-lfs.github.com/spec/v1\n"),
        ("empty.jpg", b""),
        ("document", b"%PDF-1.7\n"),
        ("leaflet.pdf", b"no document at all"),
        ("phone", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic"),
    ];
    for (name, content) in others {
        fs_err::write(pictures.join(name), content).unwrap();
    }
    let (_, table) = alt(&pictures, &folder.path().join("alt.csv"), &[], 3);
    let rows = table.lines().skip(1).map(|row| row.split_once(',').unwrap());
    let (failed, done): (Vec<_>, Vec<_>) = rows.partition(|(_, row)| row.starts_with(','));
    let names = |rows: Vec<(&str, _)>| rows.into_iter().map(|(name, _)| name.to_owned()).collect();
    let (failed, done): (Vec<String>, Vec<String>) = (names(failed), names(done));
    assert_eq!(failed, ["document", "empty.jpg", "leaflet.pdf", "phone", "pointer.png"], "{table}");
    assert_eq!(done, ["scene", "scene.jfif", "scene.txt"], "{table}");
}

#[test]
fn where_nothing_is_described_it_fails() {
    let folder = tempfile::TempDir::new().unwrap();
    let csv = folder.path().join("alt.csv");
    alt(folder.path(), &csv, &[], 0);
    fs_err::write(folder.path().join("broken"), PNG).unwrap();
    let (_, table) = alt(folder.path(), &csv, &[], 1);
    assert!(table.lines().nth(1).unwrap().starts_with("broken,,"), "{table}");
    alt(&folder.path().join("none"), &csv, &[], 1);
}

#[test]
fn a_cut_text_is_not_done() {
    let folder = tempfile::TempDir::new().unwrap();
    let csv = folder.path().join("alt.csv");
    fs_err::copy(sample("scene.png"), folder.path().join("scene.png")).unwrap();
    let (_, table) = alt(folder.path(), &csv, &["--max-tokens", "3"], 1);
    assert!(table.contains("the answer is cut after 3 tokens"), "{table}");
    let (said, table) = alt(folder.path(), &csv, &[], 0);
    assert!(said.starts_with("1 pictures, 1 of them have no alt text yet"), "{said}");
    assert!(table.ends_with(",\n"), "{table}");
}

/// Only Linux has such names.
#[cfg(target_os = "linux")]
#[test]
fn two_names_are_two_rows() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::TempDir::new().unwrap();
    for name in [b"caf\xe8.png", b"caf\xe9.png"] {
        let path = folder.path().join(std::ffi::OsStr::from_bytes(name));
        fs_err::copy(sample("scene.png"), path).unwrap();
    }
    let (_, table) = alt(folder.path(), &folder.path().join("alt.csv"), &[], 0);
    let names: Vec<_> = table.lines().skip(1).map(|row| row.split(',').next().unwrap()).collect();
    assert_eq!(names, ["caf\\xE8.png", "caf\\xE9.png"]);
}

#[test]
fn a_purpose_asks_its_question_and_keeps_its_length() {
    let output =
        lorgnette(&["describe", &sample("dialog.png"), "--for", "alt", "--model", "pocket"], b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(text.lines().count(), 1, "{text}");
    assert!((10..=126).contains(&text.chars().count()), "{text}");
    let wrong = lorgnette(&["describe", &sample("dialog.png"), "--for", "poem"], b"");
    assert_eq!(wrong.status.code(), Some(2));
}

#[test]
fn a_check_says_what_the_picture_does_not_have() {
    // The built-in model repeats what it is asked to say only by chance, so the answer is looked at.
    let question = ["--ask", "What is the total?", "--temperature", "0", "--check=2"];
    let receipt = sample("receipt.png");
    let describe = [&["describe", &receipt, "--model", "pocket"], &question[..]].concat();
    let output = lorgnette(&[&describe[..], &["--json"]].concat(), b"");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let answer = json["answer"].as_str().unwrap();
    let claims = json["claims"].as_array().unwrap();
    assert!(!claims.is_empty(), "{json}");
    for claim in claims {
        let (start, end) = (&claim["source"]["start"], &claim["source"]["end"]);
        let (start, end) = (start.as_u64().unwrap() as usize, end.as_u64().unwrap() as usize);
        assert_eq!(&answer[start..end], claim["text"].as_str().unwrap());
    }
    let is_found =
        |claim: &&serde_json::Value| claim["places"].as_array().is_some_and(|all| !all.is_empty());
    let total = claims.iter().find(is_found).unwrap_or_else(|| panic!("{json}"));
    assert_eq!((&total["kind"], &total["text"]), (&"number".into(), &"14.15".into()));
    assert_eq!(total["places"][0]["picture"], receipt);
}

#[test]
fn a_check_says_how_many_answers_agree() {
    let asked =
        ["--ask", "How many shapes are there?", "--temperature", "0", "--check=3", "--json"];
    let output = lorgnette(
        &[&["describe", &sample("scene.png"), "--model", "pocket"], &asked[..]].concat(),
        b"",
    );
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["answer"], "Three.");
    let checked = &json["checked"][0];
    assert_eq!((&checked["shown"], &checked["n_samples"]), (&"Three.".into(), &3.into()));
}

#[test]
fn a_document_has_the_row_of_its_first_page_or_one_for_each() {
    let folder = tempfile::TempDir::new().unwrap();
    let pictures = folder.path().join("pictures");
    fs_err::create_dir(&pictures).unwrap();
    fs_err::copy(sample("scene.png"), pictures.join("scene.png")).unwrap();
    let words = ["One", "Two", "Three"].map(str::to_owned);
    fs_err::write(pictures.join("report.pdf"), super::documents::pdf(&words)).unwrap();
    let csv = folder.path().join("alt.csv");
    let names = |table: &str| -> Vec<String> {
        table.lines().skip(1).filter_map(|row| Some(row.split_once(',')?.0.to_owned())).collect()
    };
    let (_, table) = alt(&pictures, &csv, &[], 0);
    assert_eq!(names(&table), ["report.pdf", "scene.png"], "{table}");
    assert!(table.contains("page 1 of 3 is shown"), "{table}");
    let (said, table) = alt(&pictures, &csv, &["--pages", "1-2"], 0);
    assert!(said.starts_with("3 pictures, 2 of them have no alt text yet"), "{said}");
    let all = ["report.pdf", "report.pdf#page=1", "report.pdf#page=2", "scene.png"];
    assert_eq!(names(&table), all, "{table}");
    assert!(table.contains("page 2 of 3 is shown"), "{table}");
    // What is not there is no error of a shorter document.
    let (said, _) = alt(&pictures, &csv, &["--pages", "2-9"], 0);
    assert!(said.starts_with("3 pictures, 1 of them have no alt text yet"), "{said}");
}
