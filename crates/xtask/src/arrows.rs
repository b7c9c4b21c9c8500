//! The arrows between crates: `gguf <- kernels; image, kernels <- pixtral <- engine <- remote <- models
//! <- app`, `gguf <- weights <- models`, `engine <- chats`, `image <- reader`, and above them what the app
//! stands on: `chats, models, reader <- pictures; claims, pictures <- conversation <- app`, `chats, models,
//! speech <- settings <- app`. `serve` and `export` stand on the app. `interrupt` is below all that can be
//! stopped, `files` below all that writes files.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

/// The crates that each crate may use. It may also use what those use. Crates are called by their
/// folder.
const ARROWS: [(&str, &[&str]); 20] = [
    ("lorgnette-files", &[]),
    ("lorgnette-interrupt", &[]),
    ("lorgnette-image", &[]),
    ("lorgnette-gguf", &["lorgnette-files"]),
    ("lorgnette-kernels", &["lorgnette-gguf"]),
    ("lorgnette-pixtral", &["lorgnette-image", "lorgnette-interrupt", "lorgnette-kernels"]),
    ("lorgnette-engine", &["lorgnette-pixtral"]),
    ("lorgnette-weights", &["lorgnette-gguf", "lorgnette-interrupt"]),
    ("lorgnette-reader", &["lorgnette-image", "lorgnette-interrupt"]),
    ("lorgnette-speech", &[]),
    ("lorgnette-remote", &["lorgnette-engine"]),
    ("lorgnette-models", &["lorgnette-remote", "lorgnette-weights"]),
    ("lorgnette-chats", &["lorgnette-engine"]),
    ("lorgnette-claims", &["lorgnette-speech"]),
    ("lorgnette-desktop", &["lorgnette-image"]),
    ("lorgnette-releases", &[]),
    ("lorgnette-pictures", &["lorgnette-chats", "lorgnette-models", "lorgnette-reader"]),
    ("lorgnette-settings", &["lorgnette-chats", "lorgnette-models", "lorgnette-speech"]),
    ("lorgnette-conversation", &["lorgnette-claims", "lorgnette-pictures"]),
    (
        "lorgnette-app",
        &[
            "lorgnette-conversation",
            "lorgnette-desktop",
            "lorgnette-releases",
            "lorgnette-settings",
        ],
    ),
];
/// What the product does.
const APP: &str = "lorgnette-app";
/// The app for other programs, and its chats as files. They use the app alone, as shells do.
const ABOVE_APP: [&str; 2] = ["lorgnette-export", "lorgnette-serve"];
/// Shells use the app and what is above it, and nothing below the app: it offers what they need.
const SHELLS: [&str; 2] = ["lorgnette-cli", "src-tauri"];
/// Tests of any crate may write model files with the one and serve them with the other. These two
/// know no crate that is tested with them, so there is no circle.
const FOR_TESTS: [&str; 2] = ["lorgnette-weights", "lorgnette-loopback"];
/// Chores may use everything; nothing uses them.
const CHORES: &str = "xtask";

/// Checks which crate uses which, and prints each arrow that goes back.
#[derive(clap::Args)]
pub struct Args {}

impl Args {
    /// Returns an error if an arrow is forbidden.
    #[expect(clippy::unused_self, reason = "every chore runs from its arguments")]
    pub fn run(&self) -> Result<()> {
        let edges = edges(&cargo_metadata()?);
        let forbidden: Vec<_> = edges.iter().filter(|(from, to)| !allowed(from, to)).collect();
        for (from, to) in &forbidden {
            println!("{from} -> {to}");
        }
        if !forbidden.is_empty() {
            bail!("{} of {} arrows between crates are forbidden", forbidden.len(), edges.len());
        }
        println!("{} arrows between crates, all allowed", edges.len());
        Ok(())
    }
}

/// Returns whether `from` may use `to`. Only chores may use a crate that no list names.
fn allowed(from: &str, to: &str) -> bool {
    if from == CHORES {
        return true;
    }
    if ABOVE_APP.contains(&from) {
        return to == APP;
    }
    if SHELLS.contains(&from) {
        return to == APP || ABOVE_APP.contains(&to);
    }
    let arrows = ARROWS.iter().find(|(name, _)| *name == from).map_or(&[][..], |(_, to)| to);
    arrows.iter().any(|next| *next == to || allowed(next, to))
}

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    /// `dev`, `build`, or `None` for an ordinary dependency.
    kind: Option<String>,
    /// The folder of a crate of the workspace; crates from a registry have none.
    path: Option<String>,
}

fn cargo_metadata() -> Result<Metadata> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .output()
        .context("cannot run cargo metadata")?;
    if !output.status.success() {
        bail!("cargo metadata failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    serde_json::from_slice(&output.stdout).context("cargo metadata is not what it should be")
}

/// Returns which crate uses which, including build scripts and tests, except what all tests may use.
fn edges(metadata: &Metadata) -> Vec<(String, String)> {
    let folder = |path: &Path| {
        path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    };
    let mut edges = Vec::new();
    for package in &metadata.packages {
        let from = folder(Path::new(&package.manifest_path).parent().unwrap_or(Path::new("")));
        for dependency in &package.dependencies {
            let Some(to) = dependency.path.as_ref().map(|path| folder(Path::new(path))) else {
                continue;
            };
            if dependency.kind.as_deref() != Some("dev") || !FOR_TESTS.contains(&to.as_str()) {
                edges.push((from.clone(), to));
            }
        }
    }
    edges.sort();
    edges.dedup();
    edges
}

#[cfg(test)]
mod tests;
