use super::*;

#[track_caller]
fn check_opens(text: &str, address: &str) {
    assert_eq!(check(text), Link { address: address.into(), refused: None });
}

#[track_caller]
fn check_refused(text: &str) {
    assert!(check(text).refused.is_some(), "{text} would be opened");
}

#[test]
fn pages_and_mail_open_with_their_real_address() {
    check_opens("https://example.org/a?b#c", "https://example.org/a?b#c");
    check_opens(" HTTPS://EXAMPLE.ORG ", "https://example.org/");
    check_opens("mailto:a@example.org?subject=x", "mailto:a@example.org?subject=x");
    // Cyrillic а: what is looked up is shown.
    check_opens("https://ex\u{430}mple.org/", "https://xn--exmple-4nf.org/");
}

#[test]
fn nothing_else_opens() {
    for text in [
        "http://example.org/",
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        " data:text/html,<script>alert(1)</script>",
        "file:///etc/passwd",
        "FILE:///C:/Windows/System32/calc.exe",
        "smb://host/share",
        "\\\\host\\share",
        "//host/share",
        "ms-msdt:/id",
        "vbscript:x",
        "tauri://localhost/",
        "ipc://localhost/",
        "picture://localhost/x",
        "https:",
        "https://user:pass@example.org/",
        "https://google.com@example.org/",
        "https://example.org/\u{202e}gpj.exe",
        "https://exam\u{200b}ple.org/",
        "mailto:a@example.org?attach=/etc/passwd",
        "mailto:a@example.org?Attachment=x",
        "example.org",
        "",
    ] {
        check_refused(text);
    }
    check_refused(&format!("https://example.org/{}", "a".repeat(MAX_CHARS)));
}
