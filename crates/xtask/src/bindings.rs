//! The page's contract: the commands and types of `src-tauri`, written as TypeScript.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// The page's only declaration of what crosses.
const PATH: &str = "ui/src/contract.ts";

/// Writes the page's contract. Needs the libraries of the system's webview.
#[derive(clap::Args)]
pub struct Args {
    /// Only compare, and fail when the contract is stale.
    #[arg(long)]
    check: bool,
}

impl Args {
    /// Writes or compares the contract.
    ///
    /// # Errors
    /// A contract that is stale, or a window that does not compile.
    pub fn run(&self) -> Result<()> {
        let path = Path::new(PATH);
        if !self.check {
            write(path)?;
            println!("wrote {PATH}");
            return Ok(());
        }
        let folder = tempfile::tempdir()?;
        let fresh = folder.path().join("contract.ts");
        write(&fresh)?;
        // As git has it on Windows, perhaps.
        let committed = fs_err::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
        if committed != fs_err::read_to_string(&fresh)? {
            bail!("{PATH} is stale: run `cargo xtask bindings`");
        }
        println!("{PATH} is fresh");
        Ok(())
    }
}

/// Runs an example of the window, so that other chores need no webview. It is built with the packages and
/// targets that every build here names: for others, cargo would build the dependencies once more.
fn write(path: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let what = ["--workspace", "--bins", "--tests", "--example", "bindings"];
    let mut build = Command::new(cargo);
    build.args(["build", "--quiet", "--locked"]).args(what);
    // This program lies where the build puts the example's folder.
    let name = format!("bindings{}", std::env::consts::EXE_SUFFIX);
    let program = std::env::current_exe()?.with_file_name("examples").join(name);
    let mut run = Command::new(program);
    run.arg(path);
    for mut command in [build, run] {
        if !command.status().context("cannot run cargo or what it built")?.success() {
            bail!("the contract cannot be made");
        }
    }
    Ok(())
}
