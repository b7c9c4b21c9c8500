//! The types and commands that the window's page gets, from those that it is served by.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};

/// Where they lie.
const PATH: &str = "ui/src/backend/bindings.ts";

/// Writes the page's bindings. Needs the libraries of the system's webview.
#[derive(clap::Args)]
pub struct Args {
    /// Only compare; an error when they are stale.
    #[arg(long)]
    check: bool,
}

impl Args {
    /// An error when they are stale, or the window does not compile.
    pub fn run(&self) -> Result<()> {
        let path = Path::new(PATH);
        if !self.check {
            write(path)?;
            println!("wrote {PATH}");
            return Ok(());
        }
        let folder = tempfile::tempdir()?;
        let fresh = folder.path().join("bindings.ts");
        write(&fresh)?;
        // As git has it on Windows, perhaps.
        let kept = fs_err::read_to_string(path).unwrap_or_default().replace("\r\n", "\n");
        if kept != fs_err::read_to_string(&fresh)? {
            bail!("{PATH} is stale: run `cargo xtask bindings`");
        }
        println!("{PATH} is fresh");
        Ok(())
    }
}

/// By a program of the window's own, so that other chores need no webview.
fn write(path: &Path) -> Result<()> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let status = Command::new(cargo)
        .args([
            "run",
            "--quiet",
            "--locked",
            "--package",
            "lorgnette-window",
            "--example",
            "bindings",
            "--",
        ])
        .arg(path)
        .status()
        .context("cannot run cargo")?;
    if !status.success() {
        bail!("the bindings cannot be made");
    }
    Ok(())
}
