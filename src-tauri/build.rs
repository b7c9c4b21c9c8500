//! Tauri's part of the build, with a permission for each command.

use std::path::Path;

const COMMANDS: &[&str] = include!("src/command_names.rs");

/// For a check of the program without the page; a build of the page takes its place.
const NO_PAGE: &str =
    "<!doctype html><title>Lorgnette</title><p>Build the page first: npm run build in ui/";

fn main() {
    let page = Path::new("../ui/dist/index.html");
    if !page.exists() {
        let written =
            fs_err::create_dir_all("../ui/dist").and_then(|()| fs_err::write(page, NO_PAGE));
        written.expect("ui/dist can be written");
    }
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes)
        .expect("tauri.conf.json, capabilities and icons are in order");
}
