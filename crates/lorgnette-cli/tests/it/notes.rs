//! What was left out of a picture, is missing or was changed is said with the answer.

use std::path::Path;

use serde_json::Value;

use super::{lorgnette, sample};

const POCKET: [&str; 4] = ["--model", "pocket", "--temperature", "0"];

fn fixture(name: &str) -> String {
    let bugs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lorgnette-image/tests/fixtures/bugs");
    bugs.join(name).to_str().unwrap().to_owned()
}

fn json(command: &str, picture: &str, more: &[&str]) -> Value {
    let output = lorgnette(&[&[command, picture, "--json"], more].concat(), b"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_page_of_several_is_said_everywhere() {
    let pages = fixture("tiff-three-pages.tif");
    let answer = json("describe", &pages, &POCKET);
    assert_eq!(answer["pictures"][0]["notes"], serde_json::json!(["page 1 of 3 is shown"]));
    let answer = json("describe", &pages, &[&POCKET[..], &["--page", "2"]].concat());
    assert_eq!(answer["pictures"][0]["notes"], serde_json::json!(["page 2 of 3 is shown"]));
    assert_eq!(json("inspect", &pages, &[])["notes"][0], "page 1 of 3 is shown");

    let output = lorgnette(&[&["describe", &pages], &POCKET[..]].concat(), b"");
    let stdout = String::from_utf8(output.stdout).unwrap();
    assert!(stdout.starts_with("(page 1 of 3 is shown)\n"), "{stdout}");

    let output = lorgnette(&[&["describe", &pages, "--page", "4"], &POCKET[..]].concat(), b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(
        String::from_utf8(output.stderr).unwrap().contains("page 4 is not there: the file has 3")
    );
}

#[test]
fn a_picture_of_which_half_is_missing_is_never_told_as_whole() {
    let half = fixture("jpeg-half-zeros.jpg");
    let answer = json("describe", &half, &POCKET);
    let notes = answer["pictures"][0]["notes"].to_string();
    assert!(notes.contains("missing"), "{notes}");

    let folder = tempfile::TempDir::new().unwrap();
    fs_err::copy(&half, folder.path().join("half.jpg")).unwrap();
    let csv = folder.path().join("alt.csv");
    let alt = ["alt", folder.path().to_str().unwrap(), "--csv", csv.to_str().unwrap()];
    assert_eq!(lorgnette(&alt, b"").status.code(), Some(0));
    let table = fs_err::read_to_string(csv).unwrap();
    assert!(table.lines().nth(1).unwrap().contains("missing"), "{table}");
}

#[test]
fn a_long_screenshot_is_looked_at_in_parts_and_says_so_first() {
    let tall = json("inspect", &fixture("tall-12000.png"), &[]);
    assert!(tall["parts"].as_u64().unwrap() > 1, "{tall}");
    assert!(tall["notes"][0].as_str().unwrap().contains("overlapping parts"), "{tall}");
    let answer = json("describe", &fixture("tall-12000.png"), &POCKET);
    let picture = &answer["pictures"][0];
    assert!(picture["parts"].as_u64().unwrap() > 1, "{picture}");
    assert!(picture["tokens"].as_u64().unwrap() <= 8192, "{picture}");
}

#[test]
fn an_ordinary_picture_has_no_notes() {
    let answer = json("describe", &sample("scene.png"), &POCKET);
    assert_eq!(answer["pictures"][0]["notes"], serde_json::json!([]));
    assert_eq!(answer["pictures"][0]["parts"], 1);
}

#[test]
fn the_smallest_pictures_are_answered() {
    let dir = tempfile::TempDir::new().unwrap();
    let path = dir.path().join("one.ppm");
    fs_err::write(&path, b"P6\n1 1\n255\n\xff\0\0").unwrap();
    json("describe", path.to_str().unwrap(), &POCKET);
    json("describe", &sample("scene.png"), &[&POCKET[..], &["--max-side", "16"]].concat());
}
