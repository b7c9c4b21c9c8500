//! `lorgnette models`, against a hub on loopback that has the built-in model's files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use lorgnette_loopback::{Behaviour, LoopbackHub};

use crate::{ASK, sample};

pub struct Home {
    pub dir: tempfile::TempDir,
    pub hub: LoopbackHub,
}

pub fn pocket(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/pocket").join(name)
}

impl Home {
    pub fn new() -> Self {
        let hub = LoopbackHub::start();
        let names = ["pocket-q8_0.gguf", "mmproj-pocket-q8_0.gguf"];
        let files = names.map(|name| (name, fs_err::read(pocket(name)).unwrap()));
        hub.publish("owner/small", &files);
        Self { dir: tempfile::tempdir().unwrap(), hub }
    }

    pub fn models(&self) -> PathBuf {
        self.dir.path().join("mödels with spaces")
    }

    pub fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env("LORGNETTE_HOME", self.dir.path())
            .env("LORGNETTE_MODELS", self.models())
            .env("HF_ENDPOINT", self.hub.endpoint())
            .env("HF_HOME", self.dir.path().join("hf"));
        for name in ["HF_TOKEN", "HF_TOKEN_PATH", "HF_HUB_CACHE", "HF_HUB_OFFLINE"] {
            command.env_remove(name);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(Path::new(env!("CARGO_BIN_EXE_lorgnette"))).args(arguments).output().unwrap()
    }

    #[track_caller]
    pub fn check(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", text(&output.stderr));
        text(&output.stdout)
    }

    #[track_caller]
    pub fn check_failure(&self, arguments: &[&str], expected: &str) {
        let output = self.run(arguments);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains(expected), "{stderr}");
        let last: Vec<&str> = stderr.lines().rev().take(2).collect();
        assert!(last[1].starts_with("error: ") && last[0].starts_with("hint: "), "{stderr}");
    }
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

const ADD: [&str; 6] = ["models", "add", "hf:owner/small", "--quant", "q8_0", "--yes"];

#[test]
fn a_model_is_added_used_checked_and_removed() {
    let home = Home::new();
    let path = home.check(&ADD);
    assert_eq!(Path::new(path.trim_end()), home.models().join("small"));
    assert_eq!(home.check(&["models", "path", "small"]), path);

    let scene = sample("scene.png");
    let describe = [&["describe", &scene, "--model", "small"], &ASK[..]].concat();
    assert_eq!(home.check(&describe), "Three.\n");

    let listed = home.check(&["models", "list", "--json"]);
    let listed: Vec<serde_json::Value> = serde_json::from_str(&listed).unwrap();
    let small = listed.iter().find(|model| model["name"] == "small").unwrap();
    assert_eq!((&small["installed"], &small["licence"]), (&true.into(), &"apache-2.0".into()));
    assert!(
        listed.iter().any(|model| model["name"] == "pixtral-12b" && model["installed"] == false)
    );

    home.check(&["models", "verify", "small"]);
    let file = home.models().join("small/pocket-q8_0.gguf");
    let mut bytes = fs_err::read(&file).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs_err::write(&file, bytes).unwrap();
    home.check_failure(&["models", "verify", "small"], "small is damaged");

    home.check(&["models", "remove", "small", "--yes"]);
    home.check_failure(&["models", "path", "small"], "no model small is installed");
}

#[test]
fn json_says_what_happens_line_by_line() {
    let home = Home::new();
    let lines = home.check(&[&ADD[..], &["--json"]].concat());
    let lines: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines[0]["event"], "plan");
    let plan = &lines[0]["plan"];
    assert_eq!(plan["source"], format!("hf:owner/small@{}", lorgnette_loopback::COMMIT));
    assert_eq!(plan["files"].as_array().unwrap().len(), 2);
    let n_verified = lines.iter().filter(|line| line["event"] == "proved").count();
    assert_eq!(n_verified, 2);
    assert_eq!(lines.last().unwrap()["event"], "installed");
}

#[test]
fn what_a_source_was_at_first_is_what_it_must_be() {
    let home = Home::new();
    home.check(&ADD);
    home.check(&["models", "remove", "small", "--yes"]);
    home.hub.publish_wrong_hash("pocket-q8_0.gguf");
    home.check_failure(&ADD, "has another hash than when it was first used");
    // On wish it is taken as it is now; here, that is a lie.
    home.check_failure(&[&ADD[..], &["--update"]].concat(), "does not match its published hash");
    assert!(!home.models().join("small").exists());
}

#[test]
fn two_processes_do_not_write_at_once() {
    let home = Home::new();
    // Slow enough for the second to come in the middle.
    home.hub.limit(4e6);
    let mut first = home.command(Path::new(env!("CARGO_BIN_EXE_lorgnette")));
    let first = first.args(ADD).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    while !home.models().join(".work/small/journal.json").exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    home.check_failure(&ADD, "another process is at work in");
    home.hub.limit(f64::INFINITY);
    let first = first.wait_with_output().unwrap();
    assert!(first.status.success(), "{}", text(&first.stderr));
    home.check(&["models", "verify", "small"]);
}

#[test]
fn nobody_is_asked_without_a_terminal() {
    let home = Home::new();
    home.check_failure(&ADD[..5], "needs an answer");
    home.check_failure(&["models", "remove", "small"], "needs an answer");
}

#[test]
fn sources_that_cannot_be_had() {
    let home = Home::new();
    home.check_failure(&["models", "add", "no-such"], "no model is called no-such");
    home.check_failure(&["models", "add", "pocket"], "part of the program");
    home.check_failure(&["models", "add", "hf:../x/y"], "is not a name for a repository");
    home.check_failure(&["models", "add", "hf:owner/none", "--yes"], "owner/none does not exist");
    let q6 = ["models", "add", "hf:owner/small", "--quant", "q6_k", "--yes"];
    home.check_failure(&q6, "q6_k GGUF file; it has q8_0");
    home.check_failure(&q6, "use --quant q8_0");
    home.hub.behave(|_| Behaviour::Status(403, vec![("X-Error-Code", "GatedRepo".into())]));
    home.check_failure(&ADD, "only for people who are logged in");
}

#[test]
fn files_on_this_machine_are_copied_or_linked() {
    let home = Home::new();
    let file = pocket("pocket-q8_0.gguf");
    let file = file.to_str().unwrap();
    for (name, link) in [("copied", &[][..]), ("linked", &["--link"][..])] {
        home.check(&[&["models", "import", file, "--name", name], link].concat());
        home.check(&["models", "verify", name]);
        let scene = sample("scene.png");
        let describe = [&["describe", &scene, "--model", name], &ASK[..]].concat();
        assert_eq!(home.check(&describe), "Three.\n");
    }
    home.check(&["models", "remove", "linked", "--yes"]);
    assert!(Path::new(file).exists(), "only the link is removed");
    home.check_failure(&["models", "import", "no/such"], "no model at");
}

#[cfg(target_os = "linux")]
mod linux {
    use std::collections::BTreeMap;
    use std::os::unix::process::CommandExt as _;

    use seccompiler::{BpfProgram, SeccompAction, SeccompFilter, TargetArch};

    use super::*;

    /// The command, which is killed when it makes a socket that leaves the program.
    #[expect(unsafe_code, reason = "the filter is set between fork and exec")]
    fn without_sockets(home: &Home, arguments: &[&str]) -> Output {
        let arch = TargetArch::try_from(std::env::consts::ARCH).unwrap();
        let rules = BTreeMap::from([(libc_socket(), Vec::new())]);
        let allow = SeccompAction::Allow;
        let filter = SeccompFilter::new(rules, allow, SeccompAction::KillProcess, arch).unwrap();
        let program: BpfProgram = filter.try_into().unwrap();
        let mut command = home.command(Path::new(env!("CARGO_BIN_EXE_lorgnette")));
        // SAFETY: `apply_filter` makes two system calls and allocates nothing.
        unsafe {
            command.pre_exec(move || {
                seccompiler::apply_filter(&program).map_err(|_| std::io::ErrorKind::Other.into())
            });
        }
        command.args(arguments).output().unwrap()
    }

    /// The number of `socket(2)`.
    const fn libc_socket() -> i64 {
        if cfg!(target_arch = "x86_64") { 41 } else { 198 }
    }

    #[test]
    fn a_model_is_added_where_nothing_can_be_said() {
        let home = Home::new();
        let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let mut command = home.command(Path::new(env!("CARGO_BIN_EXE_lorgnette")));
        let output = command.args(ADD).stderr(full.into_parts().0).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        assert_eq!(Path::new(text(&output.stdout).trim_end()), home.models().join("small"));
    }

    #[test]
    fn describing_a_picture_opens_no_socket() {
        let home = Home::new();
        // The filter works: fetching needs a socket and is killed for it.
        assert_eq!(without_sockets(&home, &ADD).status.code(), None);
        home.check(&ADD);
        let scene = sample("scene.png");
        let describe = [&["describe", &scene, "--model", "small"], &ASK[..]].concat();
        let output = without_sockets(&home, &describe);
        assert_eq!(text(&output.stdout), "Three.\n", "{}", text(&output.stderr));
    }

    #[test]
    fn a_full_disk_is_an_error_that_loses_nothing() {
        let home = Home::new();
        let models = home.models();
        fs_err::create_dir_all(&models).unwrap();
        // A disk of its own, in a name space where this user may mount it. It is full at one
        // moment after the other: in the first file, in the second, in the small ones.
        let script = r#"
            add() { "$PROGRAM" models add hf:owner/small --quant q8_0 --yes --force; }
            mount -t tmpfs -o size=64k none "$MODELS" || exit 77
            for size in 1 2 4 6 8 9 10 11; do
                add && break
                echo "full: $?"
                mount -o remount,size=${size}m "$MODELS" || exit 77
            done
            mount -o remount,size=64m "$MODELS" || exit 77
            add || exit 1
            "$PROGRAM" models verify small
        "#;
        let mut command = home.command(Path::new("unshare"));
        command.args(["-rm", "sh", "-c", script]).env("MODELS", &models);
        let output = command.env("PROGRAM", env!("CARGO_BIN_EXE_lorgnette")).output();
        let Ok(output) = output else { return eprintln!("not run: no unshare here") };
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        if output.status.code() == Some(77) || stderr.contains("unshare failed") {
            return eprintln!("not run: this user may mount nothing");
        }
        assert!(output.status.success(), "{stdout}{stderr}");
        let n_full = stdout.matches("full: 1\n").count();
        assert!(n_full >= 5 && !stdout.contains("full: 101"), "{n_full}: {stdout}{stderr}");
        assert!(stderr.contains("is full") && stderr.contains("free some space"), "{stderr}");
        assert!(stdout.contains("pocket-q8_0.gguf: whole"), "{stdout}");
    }
}
