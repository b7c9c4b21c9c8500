//! Tauri's part of the build, with a permission for each command and a capability for each window.

use std::io;
use std::path::Path;

/// Reads `src/commands/list.rs` as names of windows, each with the names of their commands.
macro_rules! commands {
    ($($($window:ident)&+ { $($module:ident::$name:ident),+ $(,)? })+) => {
        &[$((&[$(stringify!($window)),+], &[$(stringify!($name)),+])),+]
    };
}
const COMMANDS: &[(&[&str], &[&str])] = include!("src/commands/list.rs");

/// The windows, with what their pages may do.
const WINDOWS: [(&str, &str); 3] = [
    ("main", "The page may call these commands of ours, and nothing of Tauri's."),
    ("panel", "The panel shows an answer, says it, and can be closed: no more than that."),
    ("start", "The page says why the program cannot start, and takes one of the ways on."),
];

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
    write_capabilities().expect("the capabilities can be written");
    let names: Vec<&str> = COMMANDS.iter().flat_map(|(_, names)| *names).copied().collect();
    let manifest = tauri_build::AppManifest::new().commands(names.leak());
    let attributes = tauri_build::Attributes::new().app_manifest(manifest);
    tauri_build::try_build(attributes)
        .expect("tauri.conf.json, capabilities and icons are in order");
}

/// Writes the capability of each window. They are committed all the same, so that a change of what a
/// page may do is seen in review; `tests/locked_down.rs` judges them.
fn write_capabilities() -> io::Result<()> {
    for (window, description) in WINDOWS {
        let of_window = COMMANDS.iter().filter(|(windows, _)| windows.contains(&window));
        let names = of_window.flat_map(|(_, names)| *names);
        let mut permissions: Vec<String> =
            names.map(|name| format!("    \"allow-{}\"", name.replace('_', "-"))).collect();
        permissions.sort();
        let permissions = permissions.join(",\n");
        let text = format!(
            r#"{{
  "$schema": "../gen/schemas/desktop-schema.json",
  "identifier": "{window}",
  "description": "{description}",
  "windows": [
    "{window}"
  ],
  "permissions": [
{permissions}
  ]
}}
"#
        );
        let path = format!("capabilities/{window}.json");
        // Written only when it differs: Tauri builds anew what depends on it.
        if fs_err::read_to_string(&path).unwrap_or_default() != text {
            fs_err::write(&path, text)?;
        }
    }
    Ok(())
}
