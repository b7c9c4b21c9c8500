//! The public face of models, against a hub on loopback that has the built-in model's files.

mod downloads;
mod headers;
mod imports;
mod stored_forms;
mod together;

use std::path::{Path, PathBuf};

use lorgnette_loopback::LoopbackHub;
use lorgnette_models::HubSettings;

const FILES: [&str; 2] = ["pocket-q8_0.gguf", "mmproj-pocket-q8_0.gguf"];

fn pocket(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models/pocket").join(name)
}

fn hub_settings(hub: &LoopbackHub, folder: &Path) -> HubSettings {
    HubSettings {
        endpoint: hub.endpoint().parse().unwrap(),
        token: None,
        cache: folder.join("hub"),
        offline: false,
    }
}
