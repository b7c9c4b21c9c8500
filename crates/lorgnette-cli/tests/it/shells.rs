//! Completions and manual pages.

use super::lorgnette;

#[test]
fn every_shell_has_completions() {
    for shell in ["bash", "zsh", "fish", "powershell"] {
        let output = lorgnette(&["completions", shell], b"");
        assert_eq!(output.status.code(), Some(0), "{shell}");
        let script = String::from_utf8(output.stdout).unwrap();
        for word in ["lorgnette", "describe", "max-side", "completions"] {
            assert!(script.contains(word), "{shell}: {word}");
        }
    }
}

#[test]
fn each_command_has_a_manual_page() {
    let output = lorgnette(&["man"], b"");
    let page = String::from_utf8(output.stdout).unwrap();
    assert!(page.contains(".TH lorgnette 1") && page.contains("Exit codes"), "{page}");
    let folder = tempfile::TempDir::new().unwrap();
    let pages = folder.path().join("pages");
    let run = || lorgnette(&["man", pages.to_str().unwrap()], b"").status.code();
    assert_eq!(run(), Some(0));
    for name in ["lorgnette.1", "lorgnette-describe.1", "lorgnette-models-add.1"] {
        assert!(pages.join(name).is_file(), "{name}");
    }
    // A folder that is there may be anybody's.
    assert_eq!(run(), Some(1));
}
