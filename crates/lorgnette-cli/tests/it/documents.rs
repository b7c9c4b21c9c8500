//! Documents: their passwords, and each page by itself.

use std::path::Path;

use super::{lorgnette, sample};

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
