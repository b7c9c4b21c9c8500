//! Documents: their passwords, and each page by itself.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{ASK, command, lorgnette, sample};

fn document(name: &str) -> String {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("../lorgnette-image/tests/fixtures");
    fixtures.join("documents").join(name).to_str().unwrap().to_owned()
}

/// Runs a command: what it printed and what it said.
#[track_caller]
fn run(arguments: &[&str], expected: i32) -> (String, String) {
    let output = lorgnette(arguments, b"");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(expected), "{stderr}");
    (String::from_utf8(output.stdout).unwrap(), stderr)
}

#[test]
fn a_document_opens_with_a_password_from_a_file() {
    let folder = tempfile::TempDir::new().unwrap();
    let password = folder.path().join("password");
    let from = ["--password-from", password.to_str().unwrap()];
    let locked = document("user-password.pdf");
    fs_err::write(&password, "secret\n").unwrap();
    let (with, _) = run(&[&["inspect", &locked], &from[..]].concat(), 0);
    let (without, _) = run(&["inspect", &document("form.pdf")], 0);
    assert_eq!(with, without);
    for command in ["inspect", "read", "describe"] {
        fs_err::write(&password, "Secret\n").unwrap();
        let (_, said) = run(&[&[command, locked.as_str()], &from[..]].concat(), 1);
        assert!(said.contains("the password does not open the document"), "{said}");
        // Nobody is there to be asked.
        let (_, said) = run(&[command, &locked], 1);
        assert!(said.contains("opens with a password only"), "{said}");
        assert!(said.contains("give its password"), "{said}");
    }
    fs_err::remove_file(&password).unwrap();
    let (_, said) = run(&[&["read", &locked], &from[..]].concat(), 1);
    assert!(said.contains("cannot read the password in"), "{said}");
    let (_, said) = run(&["read", &locked, "--password-from", "env:LORGNETTE_NO_SUCH"], 1);
    assert!(said.contains("the variable LORGNETTE_NO_SUCH"), "{said}");
}

#[test]
fn a_folder_with_encrypted_documents_is_described_with_their_password() {
    let folder = tempfile::TempDir::new().unwrap();
    let (pictures, csv) = (folder.path().join("pictures"), folder.path().join("alt.csv"));
    fs_err::create_dir(&pictures).unwrap();
    fs_err::copy(document("user-password.pdf"), pictures.join("locked.pdf")).unwrap();
    let alt = ["alt", pictures.to_str().unwrap(), "--csv", csv.to_str().unwrap()];
    let table = || fs_err::read_to_string(&csv).unwrap();
    run(&alt, 1);
    assert!(table().contains("locked.pdf,,") && table().contains("password"), "{}", table());
    let password = folder.path().join("password");
    let from = ["--password-from", password.to_str().unwrap()];
    fs_err::write(&password, "Secret\n").unwrap();
    run(&[&alt[..], &from].concat(), 1);
    assert!(table().contains("the password does not open the document"), "{}", table());
    fs_err::write(&password, "secret\n").unwrap();
    run(&[&alt[..], &from, &["--pages", "1-"]].concat(), 0);
    let row = table().lines().nth(1).unwrap().to_owned();
    assert!(row.starts_with("locked.pdf,") && !row.starts_with("locked.pdf,,"), "{row}");
}

const EACH: [&str; 5] = ["--each", "--ask", "Describe this picture.", "--max-tokens", "8"];

#[test]
fn each_page_has_an_answer_of_its_own_and_a_run_goes_on() {
    let folder = tempfile::TempDir::new().unwrap();
    let cairo = document("cairo.pdf");
    for name in ["pages.md", "pages.csv"] {
        let out = folder.path().join(name);
        let arguments = |more: &[&'static str]| -> Vec<String> {
            let fixed = ["describe", cairo.as_str()].into_iter().chain(EACH);
            let fixed = fixed.chain(["--temperature", "0", "--out", out.to_str().unwrap()]);
            fixed.chain(more.iter().copied()).map(str::to_owned).collect()
        };
        let each = |more: &[&'static str]| {
            let arguments = arguments(more);
            let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
            // An answer of eight tokens may be cut, which is no failure of the document.
            let output = lorgnette(&arguments, b"");
            let said = String::from_utf8(output.stderr).unwrap();
            assert!(matches!(output.status.code(), Some(0 | 1 | 3)), "{said}");
            (fs_err::read_to_string(&out).unwrap(), said)
        };
        let (first, said) = each(&["--pages", "2"]);
        assert!(said.starts_with("1 pages, 1 of them have no answer yet"), "{said}");
        let n_pages = |text: &str| {
            if name == "pages.md" {
                text.matches("\n## cairo.pdf, page ").count()
            } else {
                text.matches("cairo.pdf,").count()
            }
        };
        assert_eq!(n_pages(&first), 1, "{first}");
        let (all, said) = each(&[]);
        assert!(said.starts_with("3 pages, "), "{said}");
        assert_eq!(n_pages(&all), 3, "{all}");
        for page in 1..=3 {
            let mark = if name == "pages.md" {
                format!("page {page} of 3")
            } else {
                format!("cairo.pdf,{page},3,")
            };
            assert_eq!(all.matches(&mark).count(), 1, "{all}");
        }
    }
}

#[test]
fn each_page_goes_to_the_terminal_as_markdown() {
    let (scan, sign) = (document("scan.pdf"), sample("sign.png"));
    let arguments = [&["describe", &scan, &sign][..], &EACH].concat();
    let output = lorgnette(&arguments, b"");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(text.starts_with("## scan.pdf, page 1 of 2\n\n"), "{text}");
    assert!(text.contains("\n\n## scan.pdf, page 2 of 2\n\n"), "{text}");
    assert!(text.contains("\n\n## sign.png\n\n"), "{text}");
}

#[test]
fn what_each_would_write_over_is_left_as_it_is() {
    let folder = tempfile::TempDir::new().unwrap();
    let mine = folder.path().join("mine.md");
    fs_err::write(&mine, "# Mine\n").unwrap();
    let cairo = document("cairo.pdf");
    let (_, said) = run(&["describe", &cairo, "--each", "--out", mine.to_str().unwrap()], 1);
    assert!(said.contains("is not written over"), "{said}");
    assert_eq!(fs_err::read_to_string(&mine).unwrap(), "# Mine\n");
    run(&["describe", &cairo, "--out", mine.to_str().unwrap()], 2);
    run(&["describe", &cairo, "--each", "--json"], 2);
}

/// A document whose pages have a word each.
pub(super) fn pdf(words: &[String]) -> Vec<u8> {
    let n = words.len();
    let mut kids = String::new();
    for i in 0..n {
        write!(kids, "{} 0 R ", 4 + 2 * i).unwrap();
    }
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Count {n} /Kids [{kids}] >>"),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_owned(),
    ];
    for (i, word) in words.iter().enumerate() {
        let contents = format!("BT /F 30 Tf 20 60 Td ({word}) Tj ET");
        let resources = "/Resources << /Font << /F 3 0 R >> >>";
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 300 120] {resources} /Contents {} 0 R >>",
            5 + 2 * i
        ));
        objects.push(format!("<< /Length {} >>\nstream\n{contents}\nendstream", contents.len()));
    }
    let mut file = "%PDF-1.7\n".to_owned();
    let mut table = format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1);
    for (i, object) in objects.iter().enumerate() {
        writeln!(table, "{:010} 00000 n ", file.len()).unwrap();
        write!(file, "{} 0 obj\n{object}\nendobj\n", i + 1).unwrap();
    }
    let size = objects.len() + 1;
    let at = file.len();
    file += &table;
    write!(file, "trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{at}\n%%EOF\n").unwrap();
    file.into_bytes()
}

#[test]
fn a_run_that_is_killed_three_times_goes_on_and_has_each_page_once() {
    const N_PAGES: usize = 30;
    let folder = tempfile::TempDir::new().unwrap();
    let report = folder.path().join("report.pdf");
    let words: Vec<String> = (1..=N_PAGES).map(|page| format!("Boiler {page}")).collect();
    fs_err::write(&report, pdf(&words)).unwrap();
    let out = folder.path().join("pages.csv");
    let paths = [report.to_str().unwrap(), out.to_str().unwrap()];
    let arguments =
        [&["describe", paths[0], "--each", "--out", paths[1], "--max-side", "128"][..], &ASK]
            .concat();
    let n_rows = || {
        let table = fs_err::read_to_string(&out).unwrap_or_default();
        // What is there is whole, whenever the run was killed.
        assert!(table.is_empty() || table.ends_with('\n'), "{table}");
        table.lines().count().saturating_sub(1)
    };
    for n_before in [1, 8, 17] {
        let mut running = command(folder.path(), &arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let begun = Instant::now();
        while n_rows() < n_before {
            assert!(begun.elapsed() < Duration::from_mins(3), "{} rows", n_rows());
            std::thread::sleep(Duration::from_millis(2));
        }
        // SIGKILL on Unix, TerminateProcess on Windows.
        running.kill().unwrap();
        running.wait().unwrap();
        assert!((n_before..N_PAGES).contains(&n_rows()), "{} rows", n_rows());
    }
    let output = command(folder.path(), &arguments).output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.starts_with("30 pages, ") && !said.starts_with("30 pages, 30 of"), "{said}");
    let table = fs_err::read_to_string(&out).unwrap();
    let rows: Vec<&str> = table.lines().skip(1).collect();
    assert_eq!(rows.len(), N_PAGES, "{table}");
    for (page, row) in (1..).zip(rows) {
        assert!(row.starts_with(&format!("report.pdf,{page},30,")), "{row}");
    }
}

#[test]
fn the_letters_of_a_document_are_taken_where_they_fit_what_is_seen() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("report.pdf");
    let words = ["Boiler inspection", "Signature"].map(str::to_owned);
    fs_err::write(&path, pdf(&words)).unwrap();
    let path = path.to_str().unwrap();
    let (text, said) = run(&["read", path], 0);
    assert_eq!(text, "==> page 1 of 2 <==\nBoiler inspection\n\n==> page 2 of 2 <==\nSignature\n");
    let whose = "the letters are those within the document";
    assert_eq!(said, format!("note: page 1 of 2: {whose}\nnote: page 2 of 2: {whose}\n"));
    let (text, said) = run(&["read", path, "--json", "--page", "2"], 0);
    assert!(text.contains(r#""lines_from_document":1"#), "{text}");
    assert_eq!(said, "note: page 2 of 2 is shown\n");
    // A scan has none.
    let (text, said) = run(&["read", &document("scan.pdf"), "--json", "--page", "1"], 0);
    assert!(!text.contains("lines_from_document"), "{text}");
    assert!(!said.contains("within the document"), "{said}");
}

#[test]
fn a_long_picture_is_read_whole_or_as_pages() {
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().join("long.ppm");
    let mut long = b"P6 700 7000 255\n".to_vec();
    long.resize(long.len() + 3 * 700 * 7000, 255);
    fs_err::write(&path, long).unwrap();
    let path = path.to_str().unwrap();
    let n_lines = |more: &[&str], expected| {
        let output = lorgnette(&[&["read", path, "--json"][..], more].concat(), b"");
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(expected), "{text}");
        (text.lines().count(), text)
    };
    assert_eq!(n_lines(&[], 0).0, 1);
    let (n, text) = n_lines(&["--pages", "2-3"], 0);
    assert_eq!(n, 2, "{text}");
    assert!(text.contains(r#""page":2,"pages":8"#), "{text}");
    assert_eq!(n_lines(&["--pages", "1-"], 0).0, 8);
    let (_, text) = n_lines(&["--pages", "9"], 1);
    assert!(text.is_empty() || text.contains("page"), "{text}");
}
