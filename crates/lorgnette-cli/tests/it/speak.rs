//! `--speak` with the real speech service.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use super::sample;

#[test]
fn an_answer_is_spoken_sentence_by_sentence() {
    let folder = tempfile::TempDir::new().unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scripts/quiet-speech");
    let mut service = Command::new(script);
    let mut service =
        service.arg(folder.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(service.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "ready\n");

    let describe = |address: &Path| {
        Command::new(env!("CARGO_BIN_EXE_lorgnette"))
            .args(["describe", &sample("dialog.png"), "--model", "pocket", "--temperature", "0"])
            .args(["--speak", "--rate", "60"])
            .env("LORGNETTE_HOME", folder.path())
            .env("LORGNETTE_LOG", "lorgnette_speech=info")
            .env("NO_COLOR", "1")
            .env("SPEECHD_ADDRESS", format!("unix_socket:{}", address.display()))
            .output()
            .unwrap()
    };
    let output = describe(&folder.path().join("speech"));
    let answer = String::from_utf8(output.stdout).unwrap();
    let log = String::from_utf8(output.stderr).unwrap();
    assert!(output.status.success(), "{log}");
    // Fields stand behind the words.
    let words = |line| {
        let (_, rest): (&str, &str) = str::split_once(line, "speaks: ")?;
        let end = [" language=", " from="].into_iter().filter_map(|field| rest.rfind(field)).min();
        Some(&rest[..end.unwrap_or(rest.len())])
    };
    let spoken: Vec<&str> = log.lines().filter_map(words).collect();
    assert!(spoken.len() > 1, "{log}");
    let letters = |text: &str| text.chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    assert_eq!(letters(&spoken.concat()), letters(&answer), "all of it, in order");
    let service_log = fs_err::read(folder.path().join("log/speech-dispatcher.log")).unwrap();
    let n_handed = String::from_utf8_lossy(&service_log)
        .matches("Command sent to output module: |<speak>")
        .count();
    assert_eq!(n_handed, spoken.len());
    let heard = fs_err::read(folder.path().join("said.wav")).unwrap();
    let loud = heard[44..]
        .as_chunks::<2>()
        .0
        .iter()
        .filter(|pair| i16::from_le_bytes(**pair).unsigned_abs() > 50)
        .count();
    assert!(loud > 22_050 / 2, "{loud} samples of sound");

    // Without a service the answer is still there, and the reason.
    let output = describe(&folder.path().join("nobody"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), answer);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr.contains("error: this system has no voice") && stderr.contains("hint: "),
        "{stderr}"
    );
    drop(service.stdin.take());
    service.wait().unwrap();
}
