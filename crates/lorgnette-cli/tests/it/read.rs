//! `read`: the text in pictures, without a model.

use std::path::Path;

use serde_json::Value;

use super::{check_failure, lorgnette, sample};

fn fixture(name: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lorgnette-reader/tests/fixtures");
    fixtures.join(name).to_str().unwrap().to_owned()
}

/// Runs `read`: what it printed and what it said.
#[track_caller]
fn read(arguments: &[&str], expected: i32) -> (String, String) {
    let output = lorgnette(&[&["read"], arguments].concat(), b"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(expected), "{stderr}");
    (String::from_utf8(output.stdout).unwrap(), stderr)
}

#[test]
fn text_comes_in_reading_order_and_tables_by_rows() {
    let (text, said) = read(&[&fixture("receipt-13.png")], 0);
    assert!(text.starts_with("CAFE PAVILION\nTable 6"), "{text}");
    assert!(text.contains("\n1 Lemon tart\t4.80\n") && text.ends_with("Nr 0932\n"), "{text}");
    assert_eq!(said, "");
}

#[test]
fn json_has_each_line_with_its_place() {
    let (text, _) = read(&[&fixture("big-36.png"), "--json"], 0);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["text"].as_str().unwrap().lines().next(), Some("Night buses"));
    let lines = json["lines"].as_array().unwrap();
    assert_eq!(lines[0]["text"], "Night buses");
    assert!(lines[0]["confidence"].as_f64().unwrap() > 0.9 && lines[0]["paragraph"] == 0, "{json}");
    let corners: Vec<f64> = lines[0]["box"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|at| [&at[0], &at[1]])
        .map(|n| n.as_f64().unwrap())
        .collect();
    // From the upper left clockwise.
    assert_eq!(corners.len(), 8);
    assert!(corners[2] > corners[0] + 150.0 && corners[7] > corners[1] + 30.0, "{corners:?}");
    assert_eq!(json["unreadable"], serde_json::json!([]));
    assert!(json["seconds"].as_f64().unwrap() > 0.0);

    let (lines, _) = read(&[&fixture("big-36.png"), "--lines"], 0);
    let fields: Vec<&str> = lines.lines().next().unwrap().split('\t').collect();
    assert_eq!((fields.len(), fields[5]), (6, "Night buses"));
    assert!(fields[..4].iter().all(|field| field.parse::<i32>().is_ok()), "{fields:?}");
}

#[test]
fn what_it_cannot_read_is_said_and_not_passed_off_as_the_whole() {
    let (_, said) = read(&[&fixture("russian-15.png")], 3);
    assert!(said.contains("has letters that the reader does not know"), "{said}");
    let (text, _) = read(&[&fixture("russian-15.png"), "--json"], 3);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["unreadable"][0]["reason"], "unknownLetters", "{json}");
    assert_eq!(json["unreadable"][0]["box"].as_array().unwrap().len(), 4);
}

#[test]
fn a_picture_without_text_is_read_too() {
    let folder = tempfile::TempDir::new().unwrap();
    let blank = folder.path().join("blank.ppm");
    fs_err::write(&blank, [&b"P6 64 64 255\n"[..], &[200; 64 * 64 * 3]].concat()).unwrap();
    let (text, said) = read(&[blank.to_str().unwrap()], 0);
    assert_eq!((text.as_str(), said.as_str()), ("", "note: no text was found\n"));
}

#[test]
fn one_of_several_that_fails_stops_nothing() {
    let folder = tempfile::TempDir::new().unwrap();
    let pictures = folder.path().join("pictures");
    fs_err::create_dir(&pictures).unwrap();
    fs_err::copy(fixture("big-36.png"), pictures.join("b.png")).unwrap();
    fs_err::write(pictures.join("a.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    fs_err::write(pictures.join("c.txt"), b"Dear Ada").unwrap();
    let folder_name = pictures.to_str().unwrap();
    let (text, said) = read(&[folder_name], 3);
    assert!(text.contains("==> ") && text.contains("Night buses"), "{text}");
    assert!(said.contains("error: ") && said.contains("1 of 2 failed"), "{said}");

    let (text, _) = read(&[folder_name, "--json"], 3);
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(rows.len(), 2);
    assert!(rows[0]["error"].is_string() && rows[0]["hint"].is_string(), "{text}");
    assert!(rows[1]["text"].as_str().unwrap().starts_with("Night buses"), "{text}");

    fs_err::remove_file(pictures.join("b.png")).unwrap();
    fs_err::copy(pictures.join("a.png"), pictures.join("d.png")).unwrap();
    read(&[folder_name], 1);
    check_failure(&["read", "no such.png"], b"", "cannot read no such.png");
    check_failure(&["read", "-"], b"only words, not a picture", "standard input");
}

#[test]
fn standard_input_is_read() {
    let bytes = fs_err::read(fixture("big-36.png")).unwrap();
    let output = lorgnette(&["read", "-"], &bytes);
    assert!(output.stdout.starts_with(b"Night buses\n"));
}

#[test]
fn what_was_left_out_of_a_picture_is_said_with_its_text() {
    let bugs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lorgnette-image/tests/fixtures/bugs");
    let pages = bugs.join("tiff-three-pages.tif");
    let pages = pages.to_str().unwrap();
    let (text, _) = read(&[pages, "--page", "1"], 0);
    assert!(text.starts_with("(page 1 of 3 is shown)\n"), "{text}");
    let (text, _) = read(&[pages, "--page", "2", "--json"], 0);
    let json: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["notes"], serde_json::json!(["page 2 of 3 is shown"]));
    let (_, said) = read(&[pages, "--page", "4"], 1);
    assert!(said.contains("page 4 is not there: the file has 3"), "{said}");
}

fn document(name: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lorgnette-image/tests/fixtures");
    fixtures.join("documents").join(name).to_str().unwrap().to_owned()
}

#[test]
fn all_pages_of_a_document_are_read_in_turn_unless_some_are_chosen() {
    let (text, said) = read(&[&document("scan.pdf")], 0);
    assert!(text.starts_with("==> page 1 of 2 <==\nThe ferry leaves at nine"), "{text}");
    assert!(text.contains("\n\n==> page 2 of 2 <==\nThe ferry leaves at nine"), "{text}");
    assert!(!said.contains("error"), "{said}");

    let (text, _) = read(&[&document("scan.pdf"), "--pages", "2,1", "--json"], 0);
    let rows: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let pages = rows.iter().map(|row| (row["page"].as_u64(), row["pages"].as_u64()));
    assert_eq!(pages.collect::<Vec<_>>(), [(Some(2), Some(2)), (Some(1), Some(2))]);
    assert!(rows[0]["text"].as_str().unwrap().contains("Dogs travel free"), "{text}");

    // One page alone needs no heading.
    let (text, _) = read(&[&document("scan.pdf"), "--page", "1"], 0);
    assert!(text.starts_with("(page 1 of 2 is shown)\nThe ferry leaves at nine"), "{text}");
}

#[test]
fn a_page_that_is_not_there_stops_no_other() {
    let bugs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lorgnette-image/tests/fixtures/bugs");
    let pages = bugs.join("tiff-three-pages.tif");
    let (text, said) = read(&[pages.to_str().unwrap(), "--pages", "2-9"], 3);
    assert!(text.starts_with("==> page 2 of 3 <==\n"), "{text}");
    assert!(text.contains("\n==> page 3 of 3 <==\n"), "{text}");
    assert!(said.contains("page 9 is not there: the file has 3"), "{said}");
    assert!(said.contains("1 of 3 failed"), "{said}");
    read(&[pages.to_str().unwrap(), "--pages", "3-1"], 2);
    read(&[pages.to_str().unwrap(), "--pages", "1", "--page", "1"], 2);
}

#[test]
fn a_document_with_a_password_says_so() {
    let (_, said) = read(&[&document("user-password.pdf")], 1);
    assert!(said.contains("the document is encrypted and opens with a password only"), "{said}");
}

#[test]
fn a_language_is_refused_before_anything_is_read() {
    let picture = sample("dialog.png");
    let (_, said) = read(&[&picture, "--lang", "ru"], 2);
    assert!(said.contains("Russian"), "{said}");
    read(&[&picture, "--lang", "xx"], 2);
    read(&[&picture, "--lines", "--json"], 2);
    read(&[], 2);
    let (text, _) = read(&[&picture, "--lang", "en-GB"], 0);
    assert!(!text.is_empty());
}
