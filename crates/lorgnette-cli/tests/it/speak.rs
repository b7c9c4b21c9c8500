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

/// A speech service that takes texts and never tells that they are said, as Debian's own does on a
/// machine without sound. It counts the texts.
fn mute_service(path: &Path) -> std::sync::Arc<std::sync::atomic::AtomicUsize> {
    use std::io::Write as _;
    use std::os::unix::net::UnixListener;
    use std::sync::atomic::{AtomicUsize, Ordering};

    let n_texts = std::sync::Arc::new(AtomicUsize::new(0));
    let (listener, count) = (UnixListener::bind(path).unwrap(), n_texts.clone());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            let mut reply = stream.try_clone().unwrap();
            let mut in_text = false;
            for line in BufReader::new(stream).lines() {
                let Ok(line) = line else { break };
                let answer = match line.as_str() {
                    "." if in_text => {
                        in_text = false;
                        format!(
                            "225-{}\r\n225 OK MESSAGE QUEUED",
                            1 + count.fetch_add(1, Ordering::SeqCst)
                        )
                    }
                    _ if in_text => continue,
                    "SPEAK" => {
                        in_text = true;
                        "230 OK RECEIVING DATA".into()
                    }
                    _ => "200 OK".into(),
                };
                if write!(reply, "{answer}\r\n").is_err() {
                    break;
                }
            }
        }
    });
    n_texts
}

#[test]
fn a_service_that_never_reports_is_given_up() {
    let folder = tempfile::TempDir::new().unwrap();
    let socket = folder.path().join("speech");
    let n_texts = mute_service(&socket);
    let begun = std::time::Instant::now();
    let output = Command::new(env!("CARGO_BIN_EXE_lorgnette"))
        .args(["describe", &sample("dialog.png"), "--model", "pocket", "--temperature", "0"])
        .arg("--speak")
        .env("LORGNETTE_HOME", folder.path())
        .env("NO_COLOR", "1")
        .env("SPEECHD_ADDRESS", format!("unix_socket:{}", socket.display()))
        .output()
        .unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(!output.stdout.is_empty(), "the answer is there all the same");
    assert!(stderr.contains("said nothing for") && stderr.contains("hint: "), "{stderr}");
    assert!(begun.elapsed() < std::time::Duration::from_mins(2));
    assert_eq!(n_texts.load(std::sync::atomic::Ordering::SeqCst), 1, "one sentence is enough");
}
