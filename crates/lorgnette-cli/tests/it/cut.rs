//! Answers that are not all that the model had to say.

use serde_json::Value;

use super::{ASK, lorgnette, sample};

fn describe(more: &[&str]) -> (Value, String) {
    let fixed = ["describe", &sample("scene.png"), "--model", "pocket", "--json"];
    let output = lorgnette(&[&fixed[..], &ASK, more].concat(), b"");
    assert_eq!(output.status.code(), Some(0));
    (serde_json::from_slice(&output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[track_caller]
fn check(more: &[&str], cut: &str, said: &str) {
    let (json, stderr) = describe(more);
    assert_eq!(json["cut"], cut, "{json}");
    assert!(json["answer"].as_str().unwrap().len() < "Three.".len(), "{json}");
    assert!(stderr.starts_with("note: the answer is cut") && stderr.contains(said), "{stderr}");
}

#[test]
fn a_cut_answer_says_that_it_is_cut() {
    let (whole, said) = describe(&[]);
    assert_eq!((&whole["cut"], said.as_str()), (&Value::Null, ""));
    check(&["--max-tokens", "2"], "tokens", "--max-tokens");
    check(&["--stop", "e"], "stop", "--stop");
    let n_read = whole["timings"]["n_read_tokens"].as_u64().unwrap();
    check(&["--context", &(n_read + 2).to_string()], "context", "--context");
}

#[test]
fn what_is_shortened_anyway_is_not_cut() {
    let alt = ["describe", &sample("scene.png"), "--model", "pocket", "--for", "alt", "--json"];
    let output = lorgnette(&alt, b"");
    let json: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(json["cut"], Value::Null, "{json}");
}
