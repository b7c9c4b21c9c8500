//! What shells and manuals are told of the commands, for packages to install.

use clap::CommandFactory as _;
use lorgnette_app::AppError;

use crate::Ending;
use crate::args::{Arguments, Completions, Man};
use crate::output::{self, Failure};

/// Prints the completions for a shell.
pub fn completions(args: &Completions) -> Result<Ending, Failure> {
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, name, &mut script);
    output::print_bytes(&script)?;
    Ok(Ending::Done)
}

/// Prints the manual page, or writes those of all commands into a folder that was not there: so
/// nothing is written over.
pub fn man(args: &Man) -> Result<Ending, Failure> {
    let command = Arguments::command().disable_help_subcommand(true);
    if let Some(folder) = &args.folder {
        let made = fs_err::create_dir(folder);
        let written = made.and_then(|()| clap_mangen::generate_to(command, folder));
        written.map_err(AppError::Write)?;
    } else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page).map_err(AppError::Write)?;
        output::print_bytes(&page)?;
    }
    Ok(Ending::Done)
}
