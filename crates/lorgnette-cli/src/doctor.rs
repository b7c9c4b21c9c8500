//! `lorgnette doctor` prints what this machine has.

use lorgnette_app::releases::{Source, VARIABLE};
use lorgnette_app::{AppError, doctor, say};

use crate::Ending;
use crate::args::Doctor;
use crate::output::{self, Failure, printable};

/// Prints the report, as text or as JSON.
pub fn run(args: &Doctor) -> Result<Ending, Failure> {
    if args.check_version {
        return check_version();
    }
    let report = doctor::examine()?;
    if args.json {
        output::print_json(&report)?;
    } else {
        output::print(&printable(&format!("{report}\n")))?;
    }
    Ok(Ending::Done)
}

/// Asks for the newest version, and says whom.
fn check_version() -> Result<Ending, Failure> {
    const OWN: &str = env!("CARGO_PKG_VERSION");
    let Some(source) = Source::here().map_err(AppError::from)? else {
        say!("this program was not told where it is published: {VARIABLE} names the address");
        return Ok(Ending::NotDone);
    };
    say!("asking {}", printable(source.host()));
    let release = source.newest().map_err(AppError::from)?;
    let told = if release.is_newer() {
        format!("{} is there; this is {OWN}. {}\n", release.version, release.page)
    } else {
        format!("{OWN} is the newest version\n")
    };
    output::print(&printable(&told))?;
    Ok(Ending::Done)
}
