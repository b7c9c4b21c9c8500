//! What the program says where there is a terminal, or a full disk in its place.
#![cfg(target_os = "linux")]

use std::process::Command;

/// The exit code with standard output or standard error on a full disk.
fn code(arguments: &[&str], is_stdout: bool) -> Option<i32> {
    let full = fs_err::OpenOptions::new().write(true).open("/dev/full").unwrap().into_parts().0;
    let mut command = Command::new(env!("CARGO_BIN_EXE_lorgnette-window"));
    let command = command.args(arguments);
    let command = if is_stdout { command.stdout(full) } else { command.stderr(full) };
    command.output().unwrap().status.code()
}

#[test]
fn an_error_that_cannot_be_said_keeps_its_exit_code() {
    assert_eq!(code(&["--do", "nothing"], false), Some(2));
    assert_eq!(code(&["--version"], false), Some(0));
    assert_eq!(code(&["--version"], true), Some(1));
    assert_eq!(code(&["--help"], true), Some(1));
}
