//! What the command is connected to: full disks, closed pipes, pictures from pipes.

use std::io::Write as _;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Output, Stdio};

use super::{ASK, command, sample};

fn full() -> Stdio {
    fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap().into_parts().0.into()
}

/// A pipe that nobody reads.
fn broken_pipe() -> Stdio {
    std::io::pipe().unwrap().1.into()
}

fn run(arguments: &[&str], connect: impl FnOnce(&mut Command)) -> Output {
    let home = tempfile::TempDir::new().unwrap();
    let mut command = command(home.path(), arguments);
    command.stdin(Stdio::null());
    connect(&mut command);
    command.output().unwrap()
}

#[test]
fn what_cannot_be_said_is_dropped_and_nothing_else_changes() {
    let scene = sample("scene.png");
    let describe = [&["describe", &scene, "--max-tokens", "2"], &ASK[..]].concat();
    let cases: [(&[&str], i32); 4] = [
        (&describe, 0),
        (&["describe", "none.png"], 1),
        (&["paint"], 2),
        (&["models", "add", "none"], 1),
    ];
    for (arguments, code) in cases {
        let expected = run(arguments, |_| {});
        assert_eq!(expected.status.code(), Some(code), "{arguments:?}");
        for stderr in [full(), broken_pipe()] {
            let output = run(arguments, |command| {
                command.stderr(stderr).env("LORGNETTE_LOG", "trace");
            });
            assert_eq!(output.status.code(), Some(code), "{arguments:?}");
            assert_eq!(output.stdout, expected.stdout);
        }
    }
}

#[test]
fn closed_streams_change_nothing() {
    let home = tempfile::TempDir::new().unwrap();
    for (closed, expected) in
        [("2>&-", "Three.\n"), ("<&-", "Three.\n"), (">&-", ""), ("<&- >&- 2>&-", "")]
    {
        let script = format!("exec \"$0\" \"$@\" {closed}");
        let output = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_lorgnette"), "describe"])
            .arg(sample("scene.png"))
            .args(ASK)
            .env("LORGNETTE_HOME", home.path())
            .env_remove("LORGNETTE_MODELS")
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{closed}");
        assert_eq!(String::from_utf8(output.stdout).unwrap(), expected, "{closed}");
    }
}

#[test]
fn an_answer_that_cannot_be_written_is_an_error() {
    let scene = sample("scene.png");
    let describe = [&["describe", &scene], &ASK[..]].concat();
    let json = [&describe[..], &["--json"]].concat();
    for arguments in
        [&describe[..], &json, &["inspect", &scene], &["completions", "bash"], &["--help"]]
    {
        let output = run(arguments, |command| {
            command.stdout(full());
        });
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {stderr}");
        assert!(stderr.contains("error: "), "{stderr}");
        let both = run(arguments, |command| {
            command.stdout(full()).stderr(full());
        });
        assert_eq!(both.status.code(), Some(1), "{arguments:?}");
        // Who closes the pipe has read enough.
        let enough = run(arguments, |command| {
            command.stdout(broken_pipe());
        });
        assert_eq!(enough.status.code(), Some(0), "{arguments:?}");
    }
}

/// The commands that take a picture, each with what it answers.
fn check_picture(name: &str, connect: impl Fn(&mut Command)) {
    let describe = [&["describe", name, "--model", "pocket"], &ASK[..]].concat();
    let output = run(&describe, &connect);
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.stdout, b"Three.\n", "{name}: {stderr}");
    let output = run(&["inspect", name], &connect);
    assert_eq!(output.status.code(), Some(0), "{name}");
    // Away from the terminal, at which a person would be asked.
    let home = tempfile::TempDir::new().unwrap();
    let mut chat = Command::new("setsid");
    chat.args(["--wait", env!("CARGO_BIN_EXE_lorgnette"), "chat", name, "--model", "pocket"]);
    chat.env("LORGNETTE_HOME", home.path()).stdin(Stdio::null());
    connect(&mut chat);
    assert_eq!(chat.output().unwrap().status.code(), Some(0), "{name}");
}

#[test]
fn standard_input_is_a_picture_by_all_of_its_names() {
    let bytes = fs_err::read(sample("scene.png")).unwrap();
    for name in ["-", "/dev/stdin", "/dev/fd/0"] {
        check_picture(name, |command| {
            command.stdin(fs_err::File::open(sample("scene.png")).unwrap().into_parts().0);
        });
        // A socket cannot be opened by a name.
        check_picture(name, |command| {
            let (ours, theirs) = UnixStream::pair().unwrap();
            let bytes = bytes.clone();
            std::thread::spawn(move || (&ours).write_all(&bytes));
            command.stdin(OwnedFd::from(theirs));
        });
    }
}

#[test]
fn a_picture_comes_from_a_pipe() {
    let folder = tempfile::TempDir::new().unwrap();
    let pipe = folder.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    check_picture(pipe.to_str().unwrap(), |_| {
        let (pipe, bytes) = (pipe.clone(), fs_err::read(sample("scene.png")).unwrap());
        // Opening waits for the reader.
        std::thread::spawn(move || fs_err::write(pipe, bytes));
    });
    let script = format!("\"$0\" describe <(cat {}) {} '{}'", sample("scene.png"), ASK[0], ASK[1]);
    let home = tempfile::TempDir::new().unwrap();
    let output = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_lorgnette")])
        .env("LORGNETTE_HOME", home.path())
        .output();
    let Ok(output) = output else { return };
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
}
