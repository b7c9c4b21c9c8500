//! The command as a person types it.

mod alt;
mod chat;
mod cut;
mod documents;
mod imports;
mod models;
mod notes;
mod output_files;
mod private;
mod read;
mod serve;
mod servers;
mod shells;
mod sources;
#[cfg(target_os = "linux")]
mod speak;
#[cfg(target_os = "linux")]
mod streams;
mod version;
mod who_answers;

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output, Stdio};

/// Runs the command with folders of its own.
fn lorgnette(arguments: &[&str], input: &[u8]) -> Output {
    let home = tempfile::TempDir::new().unwrap();
    let mut running = command(home.path(), arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that fails early closes its input.
    let _ = running.stdin.take().unwrap().write_all(input);
    running.wait_with_output().unwrap()
}

/// The command with its folders below `home`.
fn command(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lorgnette"));
    command
        .args(arguments)
        .env("LORGNETTE_HOME", home)
        .env_remove("LORGNETTE_MODELS")
        .env("RUST_BACKTRACE", "full");
    command
}

/// The question to which the built-in model answers "Three." about `scene.png`.
const ASK: [&str; 4] = ["--ask", "How many shapes are there?", "--temperature", "0"];

fn sample(name: &str) -> String {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../assets/samples");
    samples.join(name).to_str().unwrap().to_owned()
}

/// Fails with one line and a hint.
#[track_caller]
fn check_failure(arguments: &[&str], input: &[u8], expected: &str) {
    let output = lorgnette(arguments, input);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(expected), "{stderr}");
    let lines: Vec<&str> = stderr.lines().collect();
    assert_eq!(lines.len(), 2, "{stderr}");
    assert!(lines[0].starts_with("error: ") && lines[1].starts_with("hint: "), "{stderr}");
    assert!(output.stdout.is_empty());
}

#[test]
fn pictures_that_cannot_be_read_fail_in_one_line() {
    check_failure(&["describe", "no such.png"], b"", "cannot read no such.png");
    check_failure(&["inspect", "-"], b"", "standard input");
    check_failure(&["inspect", "-"], b"only words, not a picture", "standard input");
    check_failure(&["inspect", "-"], b"\x89PNG\r\n\x1a\n\0\0", "standard input");
    check_failure(&["inspect", env!("CARGO_MANIFEST_DIR")], b"", "it is a folder");
}

/// Elsewhere a shell has done it, and what stands in quotes is a name.
#[test]
fn a_pattern_stands_for_files_where_no_shell_expands_it() {
    let output = lorgnette(&["inspect", &sample("sc*e.png")], b"");
    assert_eq!(output.status.success(), cfg!(windows), "{output:?}");
    // What fits nothing is a name.
    check_failure(&["inspect", "no*such.png"], b"", "no*such.png");
}

#[test]
fn models_that_cannot_be_read_fail_in_one_line() {
    let picture = sample("dialog.png");
    check_failure(&["describe", &picture, "--model", "no/such"], b"", "no model at no/such");
    check_failure(&["describe", &picture, "--model", &picture], b"", "not a model");
    let folder = tempfile::TempDir::new().unwrap();
    let path = folder.path().to_str().unwrap();
    check_failure(&["describe", &picture, "--model", path], b"", "holds no model");
    check_failure(&["bench", path], b"", "holds no model");
}

#[test]
fn without_a_model_the_built_in_one_answers() {
    let output = lorgnette(&[&["describe", &sample("scene.png")], &ASK[..]].concat(), b"");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Three.\n");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains("built-in demonstration model"), "{stderr}");

    // Chosen by name, it says nothing of others.
    let named = ["describe", &sample("scene.png"), "--model", "pocket", "--json"];
    let output = lorgnette(&[&named, &ASK[..]].concat(), b"");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["answer"], "Three.");
    assert!(output.stderr.is_empty());
}

/// No machine has a hundred cards.
#[test]
fn a_gpu_that_is_not_there_is_said_and_the_cpu_answers() {
    let device = ["--model", "pocket", "--device", "cuda:99"];
    let output = lorgnette(&[&["describe", &sample("scene.png")], &ASK[..], &device].concat(), b"");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "Three.\n");
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.starts_with("note: no CUDA device: "), "{stderr}");
    assert!(stderr.ends_with("; computing on the CPU\n"), "{stderr}");
}

#[test]
fn wrong_usage_ends_with_2() {
    for arguments in [
        &["describe"][..],
        &["describe", "p.png", "--device", "gpu"],
        &["describe", "p.png", "--gpu-layers", "-1"],
        &["chat", "--thoughts", "sometimes"],
        &["paint"],
        &["bench", "m", "--image", "1024"],
        &["bench", "m", "--load", "slowly"],
        &["describe", "p.png", "--private", "--keep", "f"],
        &["completions", "word"],
    ] {
        assert_eq!(lorgnette(arguments, b"").status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn inspect_says_what_a_picture_costs_and_saves_what_is_seen() {
    let folder = tempfile::TempDir::new().unwrap();
    let model_view = folder.path().join("seen.png");
    let save = ["--max-side", "512", "--save", model_view.to_str().unwrap(), "--json"];
    let bytes = fs_err::read(sample("page.png")).unwrap();
    let output = lorgnette(&[&["inspect", "-"], &save[..]].concat(), &bytes);
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["width"], 1024);
    assert_eq!((&json["seen_width"], &json["cost"]["n_tokens"]), (&512.into(), &1056.into()));

    let output = lorgnette(&["inspect", model_view.to_str().unwrap()], b"");
    insta::assert_snapshot!(String::from_utf8(output.stdout).unwrap(), @r"
    picture   512 × 512 pixels, PNG
    seen as   512 × 512 pixels
    grid      32 rows × 32 columns
    tokens    1056
    memory    165.00 MiB of keys and values
    work      0.93 TFLOP to encode, 23.40 TFLOP to read
    ");
}

#[test]
fn doctor_finds_the_machine() {
    let output = lorgnette(&["doctor", "--json"], b"");
    let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(json["processor"]["n_threads"].as_u64().unwrap() > 0);
    assert_eq!(json["models"], serde_json::json!([]));
    let devices = json["devices"].as_array().unwrap();
    assert_eq!(devices.iter().filter(|device| device["used"] == true).count(), 1, "{devices:?}");
    assert_eq!(devices.last().unwrap()["choice"], "cpu");
    assert!(lorgnette(&["doctor"], b"").status.success());
}
