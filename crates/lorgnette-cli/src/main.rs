//! Lorgnette in a terminal: the app without a window.
//!
//! Answers go to standard output, everything else to standard error, which is a courtesy: what it
//! does not take is dropped. Exit codes: 0 done, 1 failed, 2 wrong usage, 3 done in part, 130
//! cancelled.
#![warn(clippy::print_stdout, clippy::print_stderr)]

mod alt;
mod args;
mod bench;
mod chat;
mod cut;
mod describe;
mod doctor;
mod each;
mod fetching;
mod inspect;
mod interrupt;
mod jobs;
mod models;
mod notes;
mod output;
mod output_file;
mod password;
mod picture_files;
mod progress;
mod read;
mod serve;
mod shells;
mod speak;
mod thoughts;

use std::process::ExitCode;

use clap::Parser as _;
use lorgnette_app::stderr::Stderr;
use lorgnette_app::{AppError, say};

use crate::args::{Arguments, Command};
use crate::output::Failure;

/// How a command ended, unless it failed.
enum Ending {
    Done,
    /// Some of what was to be done; what failed was said.
    Partly,
    /// None of what was to be done; it was said why.
    NotDone,
    Cancelled,
}

fn main() -> ExitCode {
    // On Windows no shell expands `*.png`.
    let arguments = match Arguments::try_parse_from(wild::args_os()) {
        Ok(arguments) => arguments,
        Err(usage) => return tell_usage(&usage),
    };
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LORGNETTE_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(Stderr::default)
        .without_time()
        .with_target(false)
        .init();
    // A panic on the engine's thread comes back as an error with this text, and one on the thread that
    // draws a page as an error of the document. Elsewhere it is a bug, reported in one line and not in
    // a page.
    std::panic::set_hook(Box::new(|panic| {
        if !matches!(std::thread::current().name(), Some("engine" | "page")) {
            say!("error: {panic}\nhint: this is a bug; please report it");
        }
    }));
    let ending = match &arguments.command {
        Command::Describe(describe) => describe::run(describe),
        Command::Alt(alt) => alt::run(alt),
        Command::Read(read) => read::run(read),
        Command::Chat(chat) => chat::run(chat),
        Command::Inspect(inspect) => inspect::run(inspect),
        Command::Doctor(doctor) => doctor::run(doctor),
        Command::Bench(bench) => bench::run(bench),
        Command::Serve(serve) => serve::run(serve),
        Command::Models(command) => models::run(command),
        Command::Completions(completions) => shells::completions(completions),
        Command::Man(man) => shells::man(man),
    };
    match ending {
        Ok(Ending::Done) => ExitCode::SUCCESS,
        Ok(Ending::Partly) => ExitCode::from(3),
        Ok(Ending::NotDone) => ExitCode::FAILURE,
        Ok(Ending::Cancelled) => ExitCode::from(130),
        Err(failure) => fail(&failure),
    }
}

/// Prints the help or the version that was asked for, or says what is wrong with the arguments.
fn tell_usage(usage: &clap::Error) -> ExitCode {
    match usage.print() {
        Err(error) if !usage.use_stderr() => fail(&output::not_written(&error)),
        _ => ExitCode::from(u8::try_from(usage.exit_code()).unwrap_or(2)),
    }
}

fn fail(failure: &Failure) -> ExitCode {
    match failure.message_and_hint() {
        Some((message, hint)) => {
            tell_error(&message, &hint);
            ExitCode::FAILURE
        }
        // Standard output was closed by its reader, so nothing more is wanted.
        None => ExitCode::SUCCESS,
    }
}

fn report(error: &AppError) {
    tell_error(&error.one_line(), &error.hint());
}

/// Says what went wrong, and what to do now.
fn tell_error(message: &str, hint: &str) {
    say!("error: {}\nhint: {hint}", output::printable(message));
}
