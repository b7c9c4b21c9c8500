//! Chores that need logic: `cargo xtask --help`.

mod arrows;
mod greedy;
mod make_model;
mod parity;

use clap::Parser;

/// Chores of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Chore {
    Arrows(arrows::Args),
    Greedy(greedy::Args),
    MakeModel(make_model::Args),
    Parity(parity::Args),
}

fn main() -> anyhow::Result<()> {
    match Chore::parse() {
        Chore::Arrows(args) => args.run(),
        Chore::Greedy(args) => args.run(),
        Chore::MakeModel(args) => args.run(),
        Chore::Parity(args) => args.run(),
    }
}
