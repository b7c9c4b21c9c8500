//! Lorgnette in a terminal: the app without a window.
//!
//! Answers go to standard output, everything else to standard error. Exit codes: 0 done, 1
//! failed, 2 wrong usage, 130 cancelled.

mod alt;
mod args;
mod bench;
mod chat;
mod describe;
mod doctor;
mod fetching;
mod inspect;
mod interrupt;
mod models;
mod output;
mod progress;
mod speak;

use std::process::ExitCode;

use clap::Parser as _;
use lorgnette_app::AppError;

use crate::args::{Arguments, Command};
use crate::output::Failure;

/// How a command ended, unless it failed.
enum Ending {
    Done,
    Cancelled,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_env_filter(
            tracing_subscriber::EnvFilter::try_from_env("LORGNETTE_LOG")
                .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn")),
        )
        .with_writer(std::io::stderr)
        .without_time()
        .with_target(false)
        .init();
    // A panic on the engine's thread comes back as an error with this text. Elsewhere it is a bug,
    // reported in one line and not in a page.
    std::panic::set_hook(Box::new(|panic| {
        if std::thread::current().name() != Some("engine") {
            eprintln!("error: {panic}\nhint: this is a bug; please report it");
        }
    }));
    let ending = match &arguments.command {
        Command::Describe(describe) => describe::run(describe),
        Command::Alt(alt) => alt::run(alt),
        Command::Chat(chat) => chat::run(chat),
        Command::Inspect(inspect) => inspect::run(inspect),
        Command::Doctor(doctor) => doctor::run(doctor),
        Command::Bench(bench) => bench::run(bench),
        Command::Models(command) => models::run(command),
    };
    match ending {
        // Standard output was closed by its reader, so nothing more is wanted.
        Ok(Ending::Done) | Err(Failure::OutputClosed) => ExitCode::SUCCESS,
        Ok(Ending::Cancelled) => ExitCode::from(130),
        Err(Failure::App(error)) => {
            report(&error);
            ExitCode::FAILURE
        }
        Err(Failure::AltTable { path, reason }) => {
            let path = path.display();
            let message = format!("{path} cannot be used as a table of alt texts: {reason}");
            say(&message, "name another file with --csv; this one was left as it is");
            ExitCode::FAILURE
        }
    }
}

fn report(error: &AppError) {
    say(&error.one_line(), &error.hint());
}

fn say(message: &str, hint: &str) {
    eprintln!("error: {}\nhint: {hint}", output::printable(message));
}
