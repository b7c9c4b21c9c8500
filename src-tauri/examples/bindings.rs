//! Writes the page's contract to a path: `cargo xtask bindings` knows which.

use std::error::Error;
use std::path::Path;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("no path is given")?;
    lorgnette_window::contract::write(Path::new(&path))
}
