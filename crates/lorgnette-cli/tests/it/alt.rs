//! A folder to alt texts.

use super::{lorgnette, sample};

#[test]
fn a_folder_becomes_a_table_that_goes_on_where_it_was() {
    let folder = tempfile::TempDir::new().unwrap();
    let pictures = folder.path().join("pictures");
    fs_err::create_dir(&pictures).unwrap();
    for name in ["scene.png", "sign.png"] {
        fs_err::copy(sample(name), pictures.join(name)).unwrap();
    }
    fs_err::write(pictures.join("broken.png"), b"\x89PNG\r\n\x1a\n\0\0").unwrap();
    let csv = folder.path().join("alt.csv");
    let run = |more: &[&str]| {
        let fixed = ["alt", pictures.to_str().unwrap(), "--csv", csv.to_str().unwrap()];
        let output = lorgnette(&[&fixed[..], more].concat(), b"");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(0), "{stderr}");
        (stderr, fs_err::read_to_string(&csv).unwrap())
    };
    let (said, table) = run(&["--temperature", "0"]);
    let rows: Vec<&str> = table.lines().collect();
    assert_eq!(rows.len(), 4, "{table}");
    assert_eq!(rows[0], "file,alt,error");
    // One that fails stops nothing, and says why.
    assert!(rows[1].starts_with("broken.png,,") && rows[1].len() > 20, "{table}");
    assert!(rows[2].starts_with("scene.png,") && rows[2].ends_with(','), "{table}");
    assert!(said.contains("1 of 3 failed"), "{said}");
    for row in &rows[2..] {
        assert!(row.chars().count() < 125 + 20, "{row}");
    }
    let (said, again) = run(&["--temperature", "0"]);
    assert!(said.starts_with("3 pictures, 1 of them have no alt text yet"), "{said}");
    assert_eq!(again, table);
    fs_err::remove_file(pictures.join("broken.png")).unwrap();
    let (said, _) = run(&[]);
    assert_eq!(said, "2 pictures, 0 of them have no alt text yet\n");
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
