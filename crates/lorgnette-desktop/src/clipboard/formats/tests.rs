use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use super::*;

/// A program that offers these, in this order.
struct Copied(&'static [(&'static str, &'static [u8])]);

impl Selection for Copied {
    fn formats(&mut self) -> Result<Vec<String>, String> {
        Ok(self.0.iter().map(|(format, _)| (*format).to_owned()).collect())
    }

    fn read(&mut self, format: &str) -> Result<Vec<u8>, String> {
        let found = self.0.iter().find(|(offered, _)| *offered == format);
        found.map(|(_, bytes)| bytes.to_vec()).ok_or_else(|| format!("{format} is not offered"))
    }
}

fn formats(offers: &'static [(&'static str, &'static [u8])]) -> Formats<Copied> {
    Formats::of(Copied(offers)).unwrap()
}

#[track_caller]
fn check_files(format: &'static str, list: &'static [u8], expected: &[&str]) {
    let offers = Box::leak(Box::new([(format, list)]));
    let files = formats(offers).files().unwrap();
    assert_eq!(files, expected.iter().map(PathBuf::from).collect::<Vec<_>>());
}

#[test]
fn lists_of_file_managers_are_files() {
    let gnome = "x-special/gnome-copied-files";
    check_files(gnome, b"copy\nfile:///a%20b.png\nfile:///c", &["/a b.png", "/c"]);
    check_files(gnome, b"cut\nfile:///folder\0", &["/folder"]);
    // A file that is elsewhere is refused by its name, and not passed over.
    check_files(gnome, b"copy\nsftp://host/c.png", &["sftp://host/c.png"]);
    check_files(gnome, b"copy", &[]);
}

#[test]
fn a_list_of_addresses_is_files_if_one_of_them_is() {
    check_files(URI_LIST, b"# made by hand\r\nfile:///a.png\r\n\r\n", &["/a.png"]);
    check_files(URI_LIST, b"file://localhost/a.png\n/b.png\n", &["/a.png", "/b.png"]);
    check_files(URI_LIST, b"https://example.org/a.png\r\n", &[]);
    check_files(
        URI_LIST,
        b"file:///a.png\r\nfile://server/b.png\r\n",
        &["/a.png", "file://server/b.png"],
    );
}

#[test]
fn names_that_are_no_utf_8_stay_as_they_are() {
    let files = formats(&[(URI_LIST, b"file:///caf%E9.png")]).files().unwrap();
    assert_eq!(files[0].as_os_str(), OsStr::from_bytes(b"/caf\xe9.png"));
}

#[test]
fn of_several_formats_the_one_that_keeps_most_is_read() {
    let picture = |offers| formats(offers).picture().unwrap();
    assert_eq!(picture(&[("image/jpeg", b"jpeg"), ("image/png", b"png")]), b"png");
    assert_eq!(picture(&[("image/png", b""), ("image/bmp", b"bmp")]), b"bmp");
    assert_eq!(picture(&[("image/svg+xml", b"svg"), ("image/x-ms-bmp", b"bmp")]), b"bmp");
    assert_eq!(picture(&[("image/svg+xml", b"svg")]), b"svg");
    assert_eq!(picture(&[("text/html", b"<img>")]), b"");
}

#[test]
fn texts_are_read_in_an_encoding_that_is_known() {
    const BOTH: &[(&str, &[u8])] =
        &[("STRING", b"caf\xe9"), ("UTF8_STRING", "caf\u{e9}!".as_bytes())];
    let text = |offers| formats(offers).text().unwrap();
    assert_eq!(text(BOTH), "café!");
    assert_eq!(text(&[("STRING", b"caf\xe9")]), "café");
    assert_eq!(text(&[("text/plain", b"\x89PNG\xff")]), "");
    assert_eq!(text(&[]), "");
}
