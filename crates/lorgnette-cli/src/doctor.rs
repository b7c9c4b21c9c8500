//! `lorgnette doctor` prints what this machine has.

use lorgnette_app::doctor;

use crate::Ending;
use crate::args::Doctor;
use crate::output::{self, Failure, printable};

/// Prints the report, as text or as JSON.
pub fn run(args: &Doctor) -> Result<Ending, Failure> {
    let report = doctor::examine()?;
    if args.json {
        output::print_json(&report)?;
    } else {
        output::print(&printable(&format!("{report}\n")))?;
    }
    Ok(Ending::Done)
}
