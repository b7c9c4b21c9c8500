//! Chores of this workspace that need logic: `cargo xtask --help`.

mod arrows;
mod bandwidth;
mod bindings;
mod eval_pocket;
mod greedy;
mod make_chats;
mod make_model;
mod parity;
mod quantise;
mod qwen;
mod same_answer;
mod serve_model;
mod words;

use clap::Parser;

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    Arrows(arrows::Args),
    Bandwidth(bandwidth::Args),
    Bindings(bindings::Args),
    EvalPocket(eval_pocket::Args),
    Greedy(greedy::Args),
    MakeChats(make_chats::Args),
    MakeModel(make_model::Args),
    Parity(parity::Args),
    Quantise(quantise::Args),
    ServeModel(serve_model::Args),
    SameAnswer(same_answer::Args),
    Words(words::Args),
}

fn main() -> anyhow::Result<()> {
    match Chore::parse() {
        Chore::Arrows(args) => args.run(),
        Chore::Bandwidth(args) => args.run(),
        Chore::Bindings(args) => args.run(),
        Chore::EvalPocket(args) => args.run(),
        Chore::Greedy(args) => args.run(),
        Chore::MakeChats(args) => args.run(),
        Chore::MakeModel(args) => args.run(),
        Chore::Parity(args) => args.run(),
        Chore::Quantise(args) => args.run(),
        Chore::ServeModel(args) => args.run(),
        Chore::SameAnswer(args) => args.run(),
        Chore::Words(args) => args.run(),
    }
}
